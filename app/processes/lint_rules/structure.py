"""Whether the drawing holds together: kinds of elements that run, starts, flows that lead somewhere."""

from collections.abc import Iterator

from app.errors import Problem
from app.processes.elements import SUB_PROCESSES, Diagram, Element
from app.processes.lint_rules.rule import Known, named, rule

RUNS = frozenset([
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent", "task", "userTask",
    "manualTask", "serviceTask", "scriptTask", "businessRuleTask", "sendTask", "receiveTask", "callActivity",
    "subProcess", "exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway",
])  # fmt: skip
EVENTS = {
    "startEvent": frozenset(["", "message", "timer"]),
    "endEvent": frozenset(["", "message", "signal", "error", "escalation", "terminate"]),
    "intermediateCatchEvent": frozenset(["message", "timer", "signal", "link"]),
    "intermediateThrowEvent": frozenset(["", "message", "signal", "escalation", "link"]),
    "boundaryEvent": frozenset(["message", "timer", "signal", "error", "escalation"]),
}
_INSTEAD = {
    "complexGateway": "Use an inclusive gateway, or a multi-instance activity with a completion condition.",
    "adHocSubProcess": "Use a parallel gateway, or a multi-instance user task.",
    "transaction": "Use a sub-process with error boundary events.",
    "compensate": "Draw what undoes the work as a path from an error boundary event.",
    "cancel": "Use an error end event and an error boundary event.",
    "conditional": "Use an exclusive gateway, or wait for a message that tells of the change.",
    "multiple": "Use one event for each of its triggers, behind an event-based gateway.",
}

UNSUPPORTED = rule("unsupported-element", "An element, event or attribute that is not carried out.")
UNDEFINED = rule("undefined-reference", "A reference to a message, signal, error or escalation that is not defined.")
NO_START = rule("missing-start", "A process or sub-process without a start event.", "warning")
MANY_STARTS = rule("many-starts", "Several start events without a trigger on one level.")
NO_END = rule("missing-end", "A process or sub-process without an end event.", "warning")
LOOSE_FLOW = rule("loose-flow", "A flow that does not connect two elements of the same level.")
LOOSE_LINK = rule("loose-link", "A link event without exactly one partner to catch it.")
LOOSE_BOUNDARY = rule("loose-boundary", "A boundary event that is attached to nothing that works.")
UNREACHABLE = rule("unreachable", "An element that no path leads to.")
DEAD_END = rule("dead-end", "An element other than an end event at which a path stops.", "warning")


def check(diagram: Diagram, known: Known) -> Iterator[Problem]:
    """Look at every element and level."""
    for element in diagram.elements.values():
        yield from _runs(diagram, element)
        if element.undefined:
            yield UNDEFINED.at(diagram, element, f"{named(element)} refers to {_list(element.undefined)}, which is not "
                               "defined.", "Choose the message, signal, error or escalation again.")  # fmt: skip
        yield from _attached(diagram, element)
        yield from _linked(diagram, element)
    yield from _flows(diagram)
    for parent in _levels(diagram):
        yield from _level(diagram, parent)
    yield from _reached(diagram)


def _runs(diagram: Diagram, element: Element) -> Iterator[Problem]:
    reason = ""
    advice = "Draw it with elements that are carried out; docs/linter.md lists them."
    if element.type not in RUNS:
        reason, advice = f"a {element.type} is not carried out", _INSTEAD.get(element.type, advice)
    elif element.type in EVENTS and element.event not in EVENTS[element.type]:
        kind = element.event or "plain"
        reason = f"a {element.type} of the kind '{kind}' is not carried out"
        advice = _INSTEAD.get(kind, "Choose one of: " + ", ".join(sorted(EVENTS[element.type] - {""})) + ".")
    elif element.type == "startEvent" and element.parent and element.event:
        reason, advice = "inside a sub-process only a plain start event is carried out", "Remove its trigger."
    elif element.event_sub_process:
        reason, advice = "event sub-processes are not carried out", "Use boundary events on a sub-process."
    elif element.attributes.get("isForCompensation") == "true":
        reason, advice = "compensation is not carried out", _INSTEAD["compensate"]
    elif any(element.attributes.get(name, "1") != "1" for name in ("startQuantity", "completionQuantity")):
        reason, advice = "quantities of tokens are not carried out", "Remove startQuantity and completionQuantity."
    elif element.loop is not None and element.loop.attributes.get("behavior", "All") != "All":
        reason, advice = "events thrown by multi-instance rounds are not carried out", "Remove 'behavior'."
    if reason:
        yield UNSUPPORTED.at(diagram, element, f"{named(element)}: {reason}.", advice)


def _attached(diagram: Diagram, element: Element) -> Iterator[Problem]:
    if element.type != "boundaryEvent":
        return
    host = diagram.elements.get(element.attached_to)
    if host is None or not host.is_activity or host.parent != element.parent:
        yield LOOSE_BOUNDARY.at(diagram, element, f"{named(element)} is not attached to an activity.",
                                "Place it on the border of a task or sub-process.")  # fmt: skip


def _linked(diagram: Diagram, element: Element) -> Iterator[Problem]:
    if element.event != "link" or element.type != "intermediateThrowEvent":
        return
    partners = [other for other in diagram.inside(element.parent) if _catches(other, element)]
    if len(partners) != 1:
        yield LOOSE_LINK.at(diagram, element, f"{len(partners)} events catch the link '{element.link}' instead of one.",
                            "Draw one catching link event of this name on the same level.")  # fmt: skip


def _catches(other: Element, element: Element) -> bool:
    return other.type == "intermediateCatchEvent" and other.event == "link" and other.link == element.link


def _flows(diagram: Diagram) -> Iterator[Problem]:
    for flow in diagram.flows.values():
        source, target = diagram.elements.get(flow.source), diagram.elements.get(flow.target)
        if source is None or target is None or not source.parent == target.parent == flow.parent:
            yield LOOSE_FLOW.at(diagram, flow, f"The flow {named(flow)} does not connect two elements of one level.",
                                "Draw it again between two elements of one process or sub-process.")  # fmt: skip
        elif target.type in ("startEvent", "boundaryEvent") or source.type == "endEvent":
            yield LOOSE_FLOW.at(diagram, flow, f"The flow from {named(source)} to {named(target)} leads into a start "
                                "or boundary event or out of an end event.", "Remove it.")  # fmt: skip


def _levels(diagram: Diagram) -> list[str]:
    return ["", *(element.id for element in diagram.elements.values() if element.type in SUB_PROCESSES)]


def _level(diagram: Diagram, parent: str) -> Iterator[Problem]:
    place = diagram.elements[parent] if parent else None
    where = f"The sub-process {named(place)}" if place else "The process"
    inside, starts = diagram.inside(parent), diagram.starts(parent)
    plain = [start for start in starts if not start.event]
    if not starts:
        yield NO_START.at(diagram, place, f"{where} has no start event.", "Add a start event with a flow out of it.")
    if len(plain) > 1:
        yield MANY_STARTS.at(diagram, plain[1], f"{where} has {len(plain)} start events without a trigger.",
                             "Keep one; give the others a message or timer.")  # fmt: skip
    if not any(element.type == "endEvent" for element in inside):
        yield NO_END.at(diagram, place, f"{where} has no end event.", "Let each path end at an end event.")


def _reached(diagram: Diagram) -> Iterator[Problem]:
    reached: set[str] = set()
    waiting = [element.id for element in diagram.elements.values() if element.type == "startEvent"]
    for parent in _levels(diagram):
        if not diagram.starts(parent):  # then a level begins with whatever no flow leads to
            waiting += [
                element.id for element in diagram.inside(parent) if not element.incoming and not element.attached_to
            ]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in diagram.elements:
            continue
        reached.add(name)
        waiting += [flow.target for flow in diagram.outgoing(name)]
        waiting += [event.id for event in diagram.boundaries(name)]
        element = diagram.elements[name]
        if element.event == "link" and element.type == "intermediateThrowEvent":
            waiting += [other.id for other in diagram.inside(element.parent) if _catches(other, element)]
    for element in diagram.elements.values():
        if element.id not in reached and element.type not in ("boundaryEvent", "startEvent"):
            yield UNREACHABLE.at(diagram, element, f"No path leads to {named(element)}.",
                                 "Draw a flow to it, or remove it.")  # fmt: skip
        elif not element.outgoing and not _may_stop(element) and element.id in reached:
            yield DEAD_END.at(diagram, element, f"The path stops at {named(element)}.",
                              "Draw a flow to what comes next, or to an end event.")  # fmt: skip


def _may_stop(element: Element) -> bool:
    return element.type == "endEvent" or (element.type == "intermediateThrowEvent" and element.event == "link")


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(f"'{name}'" for name in names)
