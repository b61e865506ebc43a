"""A diagram without fault, and for each rule of the linter one that breaks it."""

import json
from typing import Literal

from app.expressions import load_decision
from app.forms import load_form
from app.operations import OperationContext, OperationGroup, Registry
from app.processes.definition import Diagram, read_diagram
from app.processes.lint import Known
from tests.processes.drawings import drawing, drawn, flow, properties
from tests.processes.library_files import DECISION

incident = OperationGroup("incident")


@incident.operation("open", title="Open")
def open_incident(context: OperationContext, summary: str, priority: Literal["P1", "P2"] = "P2") -> int:
    """Open an incident."""
    return 1


@incident.operation("close", title="Close")
def close_incident(context: OperationContext) -> None:
    """Close the incident."""


FIELDS = [
    {"type": "textfield", "key": "title", "label": "Title", "id": "f1", "properties": {"variable": "title"}},
    {"type": "textfield", "key": "impact", "label": "Impact", "id": "f2", "properties": {"variable": "impact"}},
]
FORM = load_form(json.dumps({"type": "default", "id": "look", "title": "Look", "components": FIELDS}), "incidents/look")
NOWHERE = {"type": "radio", "key": "x", "label": "X", "properties": {"optionsFrom": "list:no.where"}}
LISTED = load_form(json.dumps({"components": [*FIELDS, NOWHERE]}), "incidents/listed")
PRIORITY = load_decision(DECISION.format(key="priority", value="site").encode())

DATA = (
    '<bpmn:ioSpecification><bpmn:dataInput id="subject"/><bpmn:dataOutput id="answer"/>'
    '<bpmn:inputSet id="is"/><bpmn:outputSet id="os"/></bpmn:ioSpecification>'
)
START = '<bpmn:startEvent id="begin"/>'
LOOK = '<bpmn:userTask id="look" name="Look"/>'
OPEN = (
    '<bpmn:serviceTask id="open" name="Open"><bpmn:extensionElements><spiffworkflow:serviceTaskOperator '
    'id="incident.open" resultVariable="number"><spiffworkflow:parameters>'
    '<spiffworkflow:parameter id="summary" type="any" value="title"/></spiffworkflow:parameters>'
    "</spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"
)
SCRIPT = '<bpmn:scriptTask id="note" name="Note"><bpmn:script>answer = number + 1</bpmn:script></bpmn:scriptTask>'
CHOICE = '<bpmn:exclusiveGateway id="choice" name="Bad?" default="choice_done"/>'
BAD = flow("choice", "look", "impact == &quot;site&quot;")
REST = '<bpmn:endEvent id="done"/>' + flow("begin", "look") + flow("look", "open") + flow("open", "note")
LANE = (
    f'<bpmn:laneSet id="lanes"><bpmn:lane id="staff" name="Staff">{properties(role="incidents.process_staff")}'
    + "".join(f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef>" for name in ("look", "open", "note", "choice"))
    + "</bpmn:lane></bpmn:laneSet>"
)
BODY = "\n".join([LANE, START, LOOK, OPEN, SCRIPT, CHOICE, BAD, REST, flow("note", "choice"), flow("choice", "done")])
BESIDE = (
    '<bpmn:message id="m1" name="customer.asks"/><bpmn:message id="m2" name="incident.unheard_of"/>'
    '<bpmn:error id="e2" errorCode="Not Good"/>'
)


def diagram(body: str = BODY, *, beside: str = BESIDE, key: str = "walk", **values: str) -> Diagram:
    """Return a drawn diagram without fault, unless the body or the properties have one."""
    values = {"owner_role": "incidents.process_owner", "start_roles": "shared.anyone", **values}
    return read_diagram(drawn(drawing(body, key=key, beside=beside, **values)), f"bpmn/incidents/{key}.bpmn")


def changed(old: str, new: str, **values: str) -> Diagram:
    """Return the diagram without fault after one replacement."""
    assert old in BODY, old
    return diagram(BODY.replace(old, new, 1), **values)


def after_note(element: str, name: str = "more") -> Diagram:
    """Return the diagram with one more element between the script and the choice."""
    body = BODY.replace(flow("note", "choice"), element + flow("note", name) + flow(name, "choice"))
    return diagram(
        body.replace("<bpmn:flowNodeRef>open<", f"<bpmn:flowNodeRef>{name}</bpmn:flowNodeRef><bpmn:flowNodeRef>open<")
    )


def with_properties(element: str, **values: str) -> str:
    """Return an element's start tag with properties inside."""
    return element.replace("/>", f">{properties(**values)}</bpmn:{element[6:].split()[0]}>", 1)


def boundary(definition: str, values: str = "") -> Diagram:
    """Return the diagram with an event on the border of the first task."""
    event = f'<bpmn:boundaryEvent id="edge" name="Edge" attachedToRef="look">{values}{definition}</bpmn:boundaryEvent>'
    return diagram(BODY + event + flow("edge", "open"))


def call(key: str) -> Diagram:
    """Return the diagram with a call activity."""
    return after_note(f'<bpmn:callActivity id="more" name="More" calledElement="{key}"/>')


def thrown(event: str, values: str = "") -> Diagram:
    """Return the diagram with a throwing event."""
    return after_note(
        f'<bpmn:intermediateThrowEvent id="more" name="More">{values}{event}</bpmn:intermediateThrowEvent>'
    )


def timer(text: str, kind: str = "timeDuration") -> str:
    """Return a timer event definition."""
    return f"<bpmn:timerEventDefinition><bpmn:{kind}>{text}</bpmn:{kind}></bpmn:timerEventDefinition>"


def message(name: str = "m1") -> str:
    """Return a message event definition."""
    return f'<bpmn:messageEventDefinition messageRef="{name}"/>'


def started(name: str, value: str) -> Diagram:
    """Return the diagram with a schedule that has a property."""
    event = f'<bpmn:startEvent id="begin">{properties(**{name: value})}{timer("R/P1M", "timeCycle")}</bpmn:startEvent>'
    return changed(START, event)


GOOD = diagram()
CALLED = diagram(
    DATA + START + '<bpmn:scriptTask id="note"><bpmn:script>answer = subject</bpmn:script></bpmn:scriptTask>'
    '<bpmn:endEvent id="done"/>' + flow("begin", "note") + flow("note", "done"),
    key="called",
)  # fmt: skip
LOOPING = diagram(
    DATA + START + '<bpmn:callActivity id="again" calledElement="walk"/><bpmn:endEvent id="done"/>'
    + flow("begin", "again") + flow("again", "done"),
    key="looping",
)  # fmt: skip
DIAGRAMS = {"called": CALLED, "looping": LOOPING, "walk": GOOD}

KNOWN = Known(
    registry=Registry(incident),
    form={"incidents/look": FORM, "incidents/listed": LISTED}.get,
    decision={"priority": PRIORITY}.get,
    diagram=DIAGRAMS.get,
    record_kinds={"incident": "INC", "known_error": "KER"},
    lists={"incident.category"},
)

PARALLEL = (
    START + '<bpmn:exclusiveGateway id="choice" default="choice_a"/><bpmn:task id="a"/><bpmn:task id="b"/>'
    '<bpmn:parallelGateway id="join" name="Both"/><bpmn:endEvent id="done"/>' + flow("begin", "choice")
    + flow("choice", "a") + flow("choice", "b", "1 == 1") + flow("a", "join") + flow("b", "join") + flow("join", "done")
)  # fmt: skip
STANDARD_LOOP = "<bpmn:standardLoopCharacteristics/>"
ROUNDS = "<bpmn:multiInstanceLoopCharacteristics/>"

EXAMPLES: dict[str, tuple[Diagram, str]] = {
    "unsupported-element": (after_note('<bpmn:complexGateway id="more" name="More"/>'), "more"),
    "undefined-reference": (thrown(message("nowhere")), "more"),
    "missing-start": (diagram(BODY.replace(START, "").replace(flow("begin", "look"), "")), "walk"),
    "many-starts": (diagram(BODY + '<bpmn:startEvent id="other"/>' + flow("other", "look")), "other"),
    "missing-end": (diagram(BODY.replace('<bpmn:endEvent id="done"/>', '<bpmn:task id="done"/>')), "walk"),
    "loose-flow": (changed(flow("look", "open"), flow("look", "open") + flow("look", "nowhere")), "look_nowhere"),
    "loose-link": (thrown('<bpmn:linkEventDefinition name="there"/>'), "more"),
    "loose-boundary": (diagram(BODY + '<bpmn:boundaryEvent id="edge" attachedToRef="choice">'
                               f"{timer('PT1H')}</bpmn:boundaryEvent>" + flow("edge", "open")), "edge"),
    "unreachable": (diagram(BODY + '<bpmn:task id="island"/>' + flow("island", "done")), "island"),
    "dead-end": (diagram(BODY + '<bpmn:task id="stop"/>' + flow("note", "stop")), "stop"),
    "flow-without-condition": (changed(BAD, flow("choice", "look")), "choice_look"),
    "no-default-flow": (diagram(
        BODY.replace(' default="choice_done"', "").replace(flow("choice", "done"), flow("choice", "done", "1 == 2"))),
        "choice"),
    "ignored-condition": (changed(flow("choice", "done"), flow("choice", "done", "1 == 1")), "choice_done"),
    "choice-into-join": (diagram(PARALLEL), "join"),
    "unknown-role": (changed("incidents.process_staff", "incidents.proces_staff"), "staff"),
    "lane-without-role": (changed("incidents.process_staff", ""), "staff"),
    "task-outside-lane": (changed("<bpmn:flowNodeRef>look</bpmn:flowNodeRef>", ""), "look"),
    "diagram-without-owner": (diagram(owner_role=""), "walk"),
    "nobody-may-start": (diagram(start_roles=""), "walk"),
    "unknown-form": (changed(LOOK, with_properties(LOOK, form="shared/look")), "look"),
    "unknown-list": (changed(LOOK, with_properties(LOOK, form="incidents/listed")), "look"),
    "unknown-record": (diagram(record="incidnet"), "walk"),
    "unknown-outcome": (changed(LOOK, with_properties(LOOK, outcome="verdict")), "look"),
    "unknown-property": (changed(LOOK, with_properties(LOOK, requirement_refs="PR9.1")), "look"),
    "unknown-identifier": (changed(LOOK, with_properties(LOOK, requirement="PR99.1")), "look"),
    "unknown-evidence": (changed(LOOK, with_properties(LOOK, evidence="photo")), "look"),
    "unknown-move": (changed(LOOK, with_properties(LOOK, due="working_days(1)", moves="weather")), "look"),
    "bad-number-prefix": (diagram(record="incident", number_prefix="Maj-1"), "walk"),
    "prefix-without-record": (diagram(number_prefix="MAJ"), "walk"),
    "bad-reminder": (changed(LOOK, with_properties(LOOK, remind="[duration('P1D'), 'soon']")), "look"),
    "idle-escalation": (changed(LOOK, with_properties(LOOK, escalate_to="incidents.process_manager")), "look"),
    "missing-operation": (after_note('<bpmn:serviceTask id="more" name="More"/>'), "more"),
    "unknown-operation": (changed('id="incident.open"', 'id="incident.opne"'), "open"),
    "unknown-parameter": (changed("</spiffworkflow:parameters>", '<spiffworkflow:parameter id="urgency" type="any" '
                                  'value="1"/></spiffworkflow:parameters>'), "open"),
    "missing-parameter": (changed('<spiffworkflow:parameter id="summary" type="any" value="title"/>', ""), "open"),
    "bad-parameter": (changed("</spiffworkflow:parameters>", '<spiffworkflow:parameter id="priority" type="any" '
                              'value="&quot;P9&quot;"/></spiffworkflow:parameters>'), "open"),
    "operation-without-result": (diagram(BODY.replace('id="incident.open"', 'id="incident.close"').replace(
        '<spiffworkflow:parameter id="summary" type="any" value="title"/>', "")), "open"),
    "missing-call": (call(""), "more"),
    "unknown-diagram": (call("nowhere"), "more"),
    "called-without-data": (call("walk"), "more"),
    "call-loop": (call("looping"), "more"),
    "missing-decision": (after_note('<bpmn:businessRuleTask id="more" name="More"/>'), "more"),
    "unknown-decision": (after_note('<bpmn:businessRuleTask id="more"><bpmn:extensionElements>'
                                    "<spiffworkflow:calledDecisionId>severity</spiffworkflow:calledDecisionId>"
                                    "</bpmn:extensionElements></bpmn:businessRuleTask>"), "more"),
    "missing-message": (thrown("<bpmn:messageEventDefinition/>"), "more"),
    "unknown-message": (thrown(message("m2")), "more"),
    "missing-message-key": (after_note('<bpmn:receiveTask id="more" name="More" messageRef="m1"/>'), "more"),
    "message-payload": (thrown(message("m1"), properties(key="number", payload="{'wrong': 1}")), "more"),
    "timer-without-value": (boundary("<bpmn:timerEventDefinition/>"), "edge"),
    "bad-timer": (boundary(timer("PT4X")), "edge"),
    "bad-misfire": (started("misfire", "twice"), "begin"),
    "unknown-subjects": (started("for_each", "agreement.due"), "begin"),
    "bad-code": (boundary('<bpmn:errorEventDefinition errorRef="e2"/>'), "edge"),
    "bad-expression": (changed(BAD, flow("choice", "look", "impact = 1")), "choice_look"),
    "bad-script": (changed("answer = number + 1", "import os"), "note"),
    "empty-script": (changed("answer = number + 1", ""), "note"),
    "rounds-without-number": (changed(LOOK, LOOK.replace("/>", f">{ROUNDS}</bpmn:userTask>")), "look"),
    "loop-without-bound": (changed(LOOK, LOOK.replace("/>", f">{STANDARD_LOOP}</bpmn:userTask>")), "look"),
    "unknown-name": (changed(BAD, flow("choice", "look", "impcat == 1")), "choice_look"),
    "missing-input": (call("called"), "more"),
    "missing-output": (diagram(DATA + BODY.replace("answer =", "reply =")), "walk"),
    "bad-variable": (changed('resultVariable="number"', 'resultVariable="case"'), "open"),
    "not-drawn": (read_diagram(drawing(BODY, owner_role="incidents.process_owner", start_roles="shared.anyone"),
                               "bpmn/incidents/walk.bpmn"), "walk"),
}  # fmt: skip
