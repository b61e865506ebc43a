"""Reading a diagram: everything that the engine, the linter and the pages need to know of it."""

import pytest

from app.errors import Refused
from app.processes.definition import Diagram, read_diagram
from tests.processes.drawings import drawing, flow, properties, simple


def read(body: str, beside: str = "", **values: str) -> Diagram:
    return read_diagram(drawing(body, beside=beside, **values), "bpmn/incidents/walk.bpmn")


def test_process_properties_become_attributes() -> None:
    diagram = read_diagram(simple(record="incident", start_roles="shared.anyone, incidents.process_staff"))
    assert (diagram.key, diagram.name, diagram.area, diagram.record) == ("walk", "Walk", "incidents", "incident")
    assert diagram.start_roles == ("shared.anyone", "incidents.process_staff")
    assert diagram.meta()["starts"] == [{"element": "begin", "name": "", "event": "", "form": ""}]


def test_form_is_named_like_the_task_unless_it_says_otherwise() -> None:
    other = f'<bpmn:userTask id="b">{properties(form="shared/approval")}</bpmn:userTask>'
    start = f'<bpmn:startEvent id="s">{properties(form="report")}</bpmn:startEvent>'
    diagram = read(start + '<bpmn:userTask id="a"/>' + other + '<bpmn:manualTask id="m"/>')
    references = {name: element.form_reference("incidents") for name, element in diagram.elements.items()}
    assert references == {"s": "incidents/report", "a": "incidents/a", "b": "shared/approval", "m": ""}
    assert diagram.forms == {"incidents/report", "incidents/a", "shared/approval"}


def test_innermost_lane_gives_the_role_also_inside_sub_processes_and_on_borders() -> None:
    lanes = (
        f'<bpmn:laneSet id="ls"><bpmn:lane id="desk" name="Desk">{properties(role="team.desk")}'
        "<bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>sub</bpmn:flowNodeRef>"
        '<bpmn:childLaneSet id="inner">'
        f'<bpmn:lane id="first" name="First">{properties(role="team.first")}'
        "<bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>"
        '<bpmn:lane id="plain"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane>'
        "</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
    )
    body = (
        lanes
        + '<bpmn:userTask id="a"/><bpmn:userTask id="b"/>'
        + '<bpmn:subProcess id="sub"><bpmn:subProcess id="deep"><bpmn:userTask id="c"/></bpmn:subProcess>'
        + '</bpmn:subProcess><bpmn:boundaryEvent id="late" attachedToRef="a"/><bpmn:userTask id="nowhere"/>'
    )
    elements = read(body).elements
    assert {name: element.role for name, element in elements.items()} == {
        "a": "team.first", "b": "team.desk", "sub": "team.desk", "deep": "team.desk", "c": "team.desk",
        "late": "team.first", "nowhere": "",
    }  # fmt: skip
    assert elements["c"].parent == "deep"
    assert list(read(body).ancestors("c")) == ["deep", "sub"]


def test_service_task_operator_with_parameters() -> None:
    task = """<bpmn:serviceTask id="open"><bpmn:extensionElements>
      <spiffworkflow:serviceTaskOperator id="incident.open" resultVariable="opened"><spiffworkflow:parameters>
        <spiffworkflow:parameter id="summary" type="str" value="title"/>
        <spiffworkflow:parameter id="priority" type="str" value="&quot;P1&quot;"/>
      </spiffworkflow:parameters></spiffworkflow:serviceTaskOperator></bpmn:extensionElements></bpmn:serviceTask>"""
    diagram = read(task)
    element = diagram.elements["open"]
    assert (element.operator, element.result) == ("incident.open", "opened")
    assert element.parameters == {"summary": "title", "priority": '"P1"'}
    assert diagram.operations == {"incident.open"}


def test_decision_call_and_scripts() -> None:
    diagram = read(
        '<bpmn:businessRuleTask id="rate"><bpmn:extensionElements><spiffworkflow:calledDecisionId>priority'
        "</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>"
        '<bpmn:callActivity id="ask" calledElement="approve_item"/>'
        '<bpmn:scriptTask id="sum"><bpmn:script> a = 1 </bpmn:script></bpmn:scriptTask>'
    )
    assert diagram.decisions == {"priority"}
    assert diagram.calls == {"approve_item"}
    assert diagram.elements["sum"].script == "a = 1"


@pytest.mark.parametrize("kind", ["Date", "Duration", "Cycle"])
def test_timers_of_all_three_kinds(kind: str) -> None:
    event = (
        '<bpmn:boundaryEvent id="late" attachedToRef="a" cancelActivity="false"><bpmn:timerEventDefinition id="t">'
        f"<bpmn:time{kind}>working_days(5)</bpmn:time{kind}></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    diagram = read('<bpmn:userTask id="a"/>' + event)
    late = diagram.elements["late"]
    assert (late.event, late.timer, late.timer_kind) == ("timer", "working_days(5)", kind.lower())
    assert (late.interrupting, late.attached_to) == (False, "a")
    assert diagram.boundaries("a") == [late]


def test_messages_signals_errors_and_escalations_carry_name_or_code() -> None:
    beside = (
        '<bpmn:message id="m1" name="information.provided"/><bpmn:signal id="s1" name="fire"/>'
        '<bpmn:error id="e1" name="Closed" errorCode="incident.already_closed"/><bpmn:escalation id="x1" name="up"/>'
    )
    body = (
        '<bpmn:intermediateCatchEvent id="wait">' + properties(key="case.number", payload="answer = text") +
        '<bpmn:messageEventDefinition messageRef="m1"/></bpmn:intermediateCatchEvent>'
        '<bpmn:intermediateThrowEvent id="sig"><bpmn:signalEventDefinition signalRef="tns:s1"/>'
        "</bpmn:intermediateThrowEvent>"
        '<bpmn:endEvent id="err"><bpmn:errorEventDefinition errorRef="e1"/></bpmn:endEvent>'
        '<bpmn:endEvent id="esc"><bpmn:escalationEventDefinition escalationRef="x1"/></bpmn:endEvent>'
        '<bpmn:sendTask id="send" messageRef="m1"/><bpmn:receiveTask id="get" messageRef="gone"/>'
    )  # fmt: skip
    elements = read(body, beside).elements
    assert (elements["wait"].message, elements["wait"].key) == ("information.provided", "case.number")
    assert elements["wait"].payload == "answer = text"
    assert elements["sig"].signal == "fire"
    assert elements["err"].error == "incident.already_closed"
    assert elements["esc"].escalation == "up"
    assert elements["send"].message == "information.provided"
    assert elements["get"].undefined == ("gone",)


def test_event_definitions_by_reference_and_several_at_once() -> None:
    beside = '<bpmn:signalEventDefinition id="d1" signalRef="s1"/><bpmn:signal id="s1" name="fire"/>'
    body = (
        '<bpmn:intermediateCatchEvent id="one"><bpmn:eventDefinitionRef>d1</bpmn:eventDefinitionRef>'
        '</bpmn:intermediateCatchEvent><bpmn:intermediateCatchEvent id="two"><bpmn:terminateEventDefinition/>'
        "<bpmn:conditionalEventDefinition><bpmn:condition>a == 1</bpmn:condition></bpmn:conditionalEventDefinition>"
        "</bpmn:intermediateCatchEvent>"
    )
    elements = read(body, beside).elements
    assert (elements["one"].event, elements["one"].signal) == ("signal", "fire")
    assert (elements["two"].event, elements["two"].events) == ("multiple", ("terminate", "conditional"))
    assert elements["two"].condition == "a == 1"


def test_flows_keep_condition_default_and_document_order() -> None:
    body = (
        '<bpmn:exclusiveGateway id="x" name="Solved?" default="x_b"/><bpmn:task id="a"/><bpmn:task id="b"/>'
        + flow("x", "b", name="no")
        + flow("x", "a", "solved", "yes")
    )
    diagram = read(body)
    assert [(f.target, f.condition, f.default, f.name) for f in diagram.outgoing("x")] == [
        ("b", "", True, "no"),
        ("a", "solved", False, "yes"),
    ]
    assert diagram.elements["a"].incoming == ("x_a",)


def test_multi_instance_and_standard_loops() -> None:
    body = (
        '<bpmn:userTask id="vote"><bpmn:multiInstanceLoopCharacteristics isSequential="true">'
        "<bpmn:loopDataInputRef>approvers</bpmn:loopDataInputRef><bpmn:loopDataOutputRef>votes</bpmn:loopDataOutputRef>"
        '<bpmn:inputDataItem id="approver"/><bpmn:outputDataItem id="vote_of"/>'
        "<bpmn:completionCondition>refused</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"
        '</bpmn:userTask><bpmn:userTask id="again"><bpmn:standardLoopCharacteristics loopMaximum="3">'
        "<bpmn:loopCondition>more</bpmn:loopCondition></bpmn:standardLoopCharacteristics></bpmn:userTask>"
    )
    elements = read(body).elements
    vote, again = elements["vote"].loop, elements["again"].loop
    assert vote is not None and again is not None
    assert (vote.kind, vote.collection, vote.item, vote.result, vote.result_item, vote.condition) == (
        "sequential", "approvers", "approver", "votes", "vote_of", "refused",
    )  # fmt: skip
    assert (again.kind, again.maximum, again.condition) == ("standard", "3", "more")


def test_io_specification_names_what_goes_in_and_out() -> None:
    io = (
        '<bpmn:ioSpecification><bpmn:dataInput id="input_1" name="item"/>'
        '<bpmn:dataInput id="rule" name="The rule"/><bpmn:dataOutput id="verdict"/></bpmn:ioSpecification>'
    )
    diagram = read(io + '<bpmn:startEvent id="s"/>')
    assert (diagram.inputs, diagram.outputs, diagram.has_io_specification) == (("item", "rule"), ("verdict",), True)
    assert not read('<bpmn:startEvent id="s"/>').has_io_specification


def test_types_that_do_not_run_are_kept_and_strangers_tolerated() -> None:
    body = (
        '<bpmn:complexGateway id="odd"/><bpmn:adHocSubProcess id="free"><bpmn:task id="inner"/></bpmn:adHocSubProcess>'
        '<zeebe:thing id="odd"/><bpmn:textAnnotation id="note"/><bpmn:dataObject id="data"/>'
        '<bpmn:subProcess id="handler" triggeredByEvent="true"/>'
    )
    elements = read(body).elements
    assert [(e.id, e.type) for e in elements.values()] == [
        ("odd", "complexGateway"),
        ("free", "adHocSubProcess"),
        ("inner", "task"),
        ("handler", "subProcess"),
    ]
    assert elements["handler"].event_sub_process


def test_identifiers_in_the_order_of_the_properties() -> None:
    task = f'<bpmn:userTask id="a">{properties(requirement="PR9.1", activity="ISRM-A1.2, ISRM-A1.3")}</bpmn:userTask>'
    assert read(task).elements["a"].identifiers() == ["ISRM-A1.2", "ISRM-A1.3", "PR9.1"]


def test_shapes_tell_whether_the_diagram_is_drawn() -> None:
    plain = simple()
    assert not read_diagram(plain).has_shapes
    shapes = "".join(f'<bpmndi:BPMNShape id="{name}_di" bpmnElement="{name}"/>' for name in ("begin", "look", "done"))
    picture = f'<bpmndi:BPMNDiagram id="d"><bpmndi:BPMNPlane id="p">{shapes}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>'
    drawn = plain.replace(b"</bpmn:definitions>", picture.encode() + b"</bpmn:definitions>")
    assert read_diagram(drawn).has_shapes


def test_lines_are_those_of_the_file() -> None:
    element = read('\n\n<bpmn:startEvent id="s"/>').elements["s"]
    assert element.line == 8


@pytest.mark.parametrize(
    ("beside", "count"),
    [('<bpmn:process id="other" isExecutable="true"/>', "2"), ("", "0")],
)
def test_exactly_one_executable_process(beside: str, count: str) -> None:
    content = drawing("", beside=beside)
    if count == "0":
        content = content.replace(b'isExecutable="true"', b'isExecutable="false"')
    with pytest.raises(Refused) as refusal:
        read_diagram(content, "walk.bpmn")
    assert refusal.value.problems[0].rule == "one-process"
    assert count in refusal.value.problems[0].message


def test_a_process_that_is_only_drawn_does_not_count() -> None:
    assert read("", '<bpmn:process id="customer" isExecutable="false"/>').key == "walk"


def test_process_id_is_the_file_name() -> None:
    with pytest.raises(Refused) as refusal:
        read_diagram(simple(key="walk"), "bpmn/incidents/run.bpmn")
    assert [(p.rule, p.element, p.file) for p in refusal.value.problems] == [
        ("process-id", "walk", "bpmn/incidents/run.bpmn")
    ]


def test_duplicate_and_missing_ids_are_listed_together() -> None:
    with pytest.raises(Refused) as refusal:
        read(
            '<bpmn:task id="a"/>\n<bpmn:task id="a"/>\n<bpmn:task/>'
            '<bpmn:subProcess id="s"><bpmn:task/></bpmn:subProcess>'
        )
    assert [(p.rule, p.element, p.line) for p in refusal.value.problems] == [
        ("duplicate-id", "a", 7),
        ("missing-id", "", 8),
        ("missing-id", "", 8),
    ]
