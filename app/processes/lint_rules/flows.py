"""Whether the ways out of an element say when they are taken."""

from collections.abc import Iterator

from app.errors import Problem
from app.processes.elements import Diagram, Element
from app.processes.lint_rules.rule import Known, named, rule

NO_CONDITION = rule("flow-without-condition", "A way out of an exclusive gateway without a condition.")
NO_DEFAULT = rule("no-default-flow", "A gateway whose conditions may all fail.", "warning")
IGNORED = rule("ignored-condition", "A condition that is never asked.", "warning")
DEADLOCK = rule("choice-into-join", "A parallel join waits for two branches of one exclusive choice.", "warning")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at every gateway and its flows."""
    for element in diagram.elements.values():
        flows = diagram.outgoing(element.id)
        if element.type in ("exclusiveGateway", "inclusiveGateway") and len(flows) > 1:
            yield from _choice(diagram, element)
        ignores = len(flows) == 1 or element.type in ("parallelGateway", "eventBasedGateway")
        for flow in flows:
            if flow.condition and (flow.default or (ignores and element.type.endswith("Gateway"))):
                why = "it is the default" if flow.default else f"{named(element)} takes it in any case"
                yield IGNORED.at(diagram, flow, f"The condition of the flow {named(flow)} is never asked: {why}.",
                                 "Remove the condition, or draw an exclusive gateway.")  # fmt: skip
        if element.type == "parallelGateway" and len(element.incoming) > 1:
            yield from _join(diagram, element)


def _choice(diagram: Diagram, gateway: Element) -> Iterator[Problem]:
    flows = diagram.outgoing(gateway.id)
    bare = [flow for flow in flows if flow.default or not flow.condition]
    if gateway.type == "exclusiveGateway" and len(bare) > 1:
        for flow in bare:
            if flow.default:
                continue
            target = diagram.elements.get(flow.target)
            to = named(target) if target else f"'{flow.target}'"
            yield NO_CONDITION.at(diagram, flow, f"The flow from {named(gateway)} to {to} has no condition.",
                                  "Give it a condition, or mark it as the default flow.")  # fmt: skip
    if not bare:
        yield NO_DEFAULT.at(diagram, gateway, f"No flow out of {named(gateway)} is the default: where none of the "
                            "conditions holds, the case gets stuck.",
                            "Remove the condition of one flow and mark it as the default.")  # fmt: skip


def _join(diagram: Diagram, join: Element) -> Iterator[Problem]:
    """Follow each incoming flow back to where it parted from others; one choice behind two of them is a deadlock."""
    origins: dict[str, Element] = {}
    for name in join.incoming:
        choice = _choice_behind(diagram, name)
        if choice is not None and choice.id in origins:
            yield DEADLOCK.at(diagram, join, f"{named(join)} waits for two branches of {named(choice)}, of which only "
                              "one is ever taken.", "Join the branches with an exclusive gateway.")  # fmt: skip
            return
        if choice is not None:
            origins[choice.id] = choice


def _choice_behind(diagram: Diagram, flow: str) -> Element | None:
    seen: set[str] = set()
    while flow not in seen:
        seen.add(flow)
        source = diagram.elements.get(diagram.flows[flow].source)
        if source is None or source.type == "boundaryEvent":
            return None
        if source.type == "exclusiveGateway" and len(source.outgoing) > 1:
            return source
        if len(source.incoming) != 1 or len(source.outgoing) != 1:
            return None
        flow = source.incoming[0]
    return None
