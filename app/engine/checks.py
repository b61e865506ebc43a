"""What a diagram must be like to run at all, checked before anything is compiled, in words that help its owner."""

from collections.abc import Iterator

from app.errors import Problem
from app.processes.definition import Diagram, Element

ACTIVITIES = frozenset([
    "userTask", "manualTask", "task", "scriptTask", "serviceTask", "businessRuleTask", "sendTask", "receiveTask",
    "subProcess", "callActivity",
])  # fmt: skip
GATEWAYS = frozenset(["exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"])
EVENTS: dict[str, frozenset[str]] = {
    "startEvent": frozenset(["", "timer", "message", "signal"]),
    "intermediateCatchEvent": frozenset(["timer", "message", "signal", "link"]),
    "intermediateThrowEvent": frozenset(["", "message", "signal", "escalation", "link"]),
    "boundaryEvent": frozenset(["timer", "message", "signal", "error", "escalation"]),
    "endEvent": frozenset(["", "message", "signal", "error", "escalation", "terminate"]),
}
NEEDS = {"message": "message", "signal": "signal", "error": "error", "timer": "timer", "escalation": "escalation"}
Found = Iterator[tuple[str, str, str]]
"""Rule, message, advice."""


def check_structure(diagram: Diagram) -> list[Problem]:
    """Return why a diagram cannot run; empty when nothing speaks against it."""
    problems = [
        Problem(rule, message, advice, diagram.file, element.id, element.line)
        for element in diagram.elements.values()
        for rule, message, advice in _check(diagram, element)
    ]
    for flow in diagram.flows.values():
        for end, what in ((flow.source, "begins"), (flow.target, "ends")):
            other = diagram.elements.get(end)
            if other is None or other.parent != flow.parent:
                where = "at nothing" if other is None else f"at '{end}', inside or outside of a sub-process"
                advice = "Connect it to an element of the same level; go in and out through start and end events."
                message = f"The flow '{flow.id}' {what} {where}."
                problems.append(Problem("flow", message, advice, diagram.file, flow.id, flow.line))
    if not diagram.elements:
        message = "The diagram has no elements."
        problems.append(Problem("empty", message, "Draw something.", diagram.file, diagram.key, diagram.line))
    return problems


def _check(diagram: Diagram, element: Element) -> Found:
    name = f"'{element.name or element.id}'"
    if element.type in EVENTS:
        yield from _check_event(diagram, element, name)
    elif element.type in GATEWAYS:
        yield from _check_gateway(diagram, element, name)
    elif element.type in ACTIVITIES:
        yield from _check_activity(diagram, element, name)
    else:
        advice = {
            "complexGateway": "Use an inclusive or a parallel gateway.",
            "transaction": "Use a sub-process with an error boundary event.",
            "adHocSubProcess": "Use a sub-process with a parallel gateway, or a user task that offers the choice.",
        }.get(element.type, "Use one of the elements that the editor offers.")
        yield "unsupported", f"{name} is a {element.type}, which cannot run here.", advice
    if element.undefined:
        wanted = ", ".join(f"'{ref}'" for ref in element.undefined)
        yield "undefined", f"{name} refers to {wanted}, which this file does not define.", "Choose or define it."


def _check_event(diagram: Diagram, element: Element, name: str) -> Found:
    if element.event not in EVENTS[element.type]:
        kind = "several event definitions" if element.event == "multiple" else f"a {element.event or 'none'} event"
        allowed = ", ".join(sorted(event or "none" for event in EVENTS[element.type]))
        yield "unsupported", f"{name} is a {element.type} with {kind}, which cannot run here.", f"Possible: {allowed}."
        return
    if element.type == "startEvent":
        inner = [other for other in diagram.starts(element.parent) if not other.event]
        if element.parent and element.event:
            yield "start", f"{name} starts a sub-process by an event.", "A sub-process begins with a plain start event."
        if len(inner) > 1 and inner[0] is not element and not element.event:
            yield "start", f"{name} is a second start without a trigger.", "Keep one of them."
        if element.incoming:
            yield "start", f"A flow leads into the start event {name}.", "Lead it to the element behind the start."
        return
    if element.event == "escalation" and element.type == "boundaryEvent":
        pass  # without a code it catches all
    elif element.event == "error" and element.type == "boundaryEvent":
        pass
    elif element.event in NEEDS and not getattr(element, NEEDS[element.event]) and not element.undefined:
        what = {"timer": "a date, duration or cycle"}.get(element.event, f"a {element.event} with a name or code")
        yield element.event, f"{name} has no {element.event}.", f"Give it {what}."
    if element.timer.lower().startswith("cron("):
        yield "timer", f"{name} uses cron(…), which only timer start events may.", "Use a duration or an ISO cycle."
    if element.type == "boundaryEvent":
        host = diagram.elements.get(element.attached_to)
        if host is None or host.type not in ACTIVITIES or host.parent != element.parent:
            yield "boundary", f"{name} is not attached to an activity.", "Put it on the border of an activity."
        if element.incoming:
            yield "boundary", f"A flow leads into the boundary event {name}.", "Flows only lead out of it."
    if element.type == "endEvent" and element.outgoing:
        yield "end", f"A flow leads out of the end event {name}.", "Use an intermediate event."
    if element.event == "link":
        yield from _check_link(diagram, element, name)


def _check_link(diagram: Diagram, element: Element, name: str) -> Found:
    same = [other for other in diagram.inside(element.parent) if other.event == "link" and other.link == element.link]
    catches = [other for other in same if other.type == "intermediateCatchEvent"]
    if element.type == "intermediateThrowEvent" and len(catches) != 1:
        message = f"The link {name} needs one catching link '{element.link}' on its level; there are {len(catches)}."
        yield "link", message, "Give both the same name."
    if element.type == "intermediateCatchEvent" and len(same) == len(catches):
        yield "link", f"Nothing leads to the link {name}.", "Draw a throwing link of the same name, or remove it."


def _check_gateway(diagram: Diagram, element: Element, name: str) -> Found:
    flows = diagram.outgoing(element.id)
    if element.default and element.default not in element.outgoing:
        yield "default", f"The default flow of {name} does not leave it.", "Choose one of its own flows."
    if element.type == "exclusiveGateway" and len(flows) > 1:
        free = [flow for flow in flows if not flow.condition and flow.id != element.default]
        if len(free) > (0 if element.default else 1):
            names = ", ".join(f"'{flow.name or flow.id}'" for flow in free)
            message = f"The flows {names} out of {name} need a condition."
            yield "condition", message, "Write one for each; a single flow without condition is the default."
    if element.type == "eventBasedGateway":
        if not flows:
            yield "events", f"Nothing follows the event gateway {name}.", "Draw the events that it waits for."
        for flow in flows:
            target = diagram.elements.get(flow.target)
            if target is None:
                continue
            if target.type not in ("intermediateCatchEvent", "receiveTask") or target.event == "link":
                message = f"{name} leads to '{target.name or target.id}', which is no event to wait for."
                yield "events", message, "Only catching timers, messages, signals and receive tasks may follow."
            elif len(target.incoming) > 1:
                message = f"'{target.name or target.id}' follows the event gateway {name} and something else too."
                yield "events", message, "Give the event gateway events of its own."


def _check_activity(diagram: Diagram, element: Element, name: str) -> Found:
    if element.event_sub_process:
        advice = "Use boundary events on a sub-process around the elements."
        yield "unsupported", f"{name} is an event sub-process, which cannot run here.", advice
        return
    match element.type:
        case "serviceTask" if not element.operator:
            yield "operation", f"{name} calls no operation.", "Choose one in the properties panel."
        case "businessRuleTask" if not element.decision:
            yield "decision", f"{name} asks no decision table.", "Choose one in the properties panel."
        case "callActivity" if not element.calls:
            yield "call", f"{name} calls no diagram.", "Choose one in the properties panel."
        case "sendTask" if not element.message and not element.operator and not element.undefined:
            yield "message", f"{name} sends no message.", "Choose one in the properties panel."
        case "receiveTask" if not element.message and not element.undefined:
            yield "message", f"{name} waits for no message.", "Choose one in the properties panel."
    if element.attributes.get("isForCompensation") == "true":
        yield "unsupported", f"{name} is a compensation handler, which cannot run here.", "Draw the way back."
    for quantity in ("startQuantity", "completionQuantity"):
        if element.attributes.get(quantity, "1") != "1":
            yield "unsupported", f"{name} has a {quantity} other than 1.", "Use a multi-instance activity."
    if element.loop:
        yield from _check_loop(element, name)


def _check_loop(element: Element, name: str) -> Found:
    loop = element.loop
    assert loop is not None
    if loop.kind == "standard":
        if loop.maximum and not loop.maximum.isdecimal():
            yield "loop", f"The maximum of the loop {name} is '{loop.maximum}'.", "It must be a whole number."
        if not loop.maximum and not loop.condition:
            yield "loop", f"The loop {name} would never end.", "Give it a condition or a maximum."
        return
    if bool(loop.cardinality) == bool(loop.collection):
        advice = "Say how many times it runs, or over which list: one of both."
        yield "loop", f"{name} is carried out several times, but it is not clear how often.", advice
    if bool(loop.result) != bool(loop.result_item):
        advice = "Name the list of results and the variable of one result, or neither."
        yield "loop", f"{name} names only one half of where its results go.", advice
    if loop.attributes.get("behavior", "All") != "All":
        yield "unsupported", f"{name} throws events between its rounds, which cannot run here.", "Use behaviour 'All'."
