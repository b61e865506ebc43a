"""The outline says in words what the drawing shows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.processes.definition import Diagram, read_diagram
from app.processes.outline import outline
from app.processes.wording import Wording
from tests.processes.drawings import drawing, flow, properties, simple

TIMER = (
    '<bpmn:boundaryEvent id="late" attachedToRef="confirm"{stop}><bpmn:timerEventDefinition>'
    "<bpmn:timeDuration>working_days(5)</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
)


def lines(diagram: Diagram) -> list[str]:
    return [f"{'  ' * item.depth}{item.number + '. ' if item.number else ''}{item.text}" for item in outline(diagram)]


def incident(stop: str = "") -> Diagram:
    lane = '<bpmn:lane id="{id}" name="{name}">{role}{refs}</bpmn:lane>'
    members = {"desk": ("Service desk", "s classify solve solved"), "user": ("Reporter", "confirm happy e1 e2")}
    lanes = "".join(
        lane.format(
            id=key,
            name=name,
            role=properties(role="incidents.process_staff"),
            refs="".join(f"<bpmn:flowNodeRef>{ref}</bpmn:flowNodeRef>" for ref in refs.split()),
        )
        for key, (name, refs) in members.items()
    )
    return read_diagram(
        drawing(
            f'<bpmn:laneSet id="ls">{lanes}</bpmn:laneSet>'
            '<bpmn:startEvent id="s" name="Something is broken"/><bpmn:userTask id="classify" name="Classify"/>'
            '<bpmn:exclusiveGateway id="join"/><bpmn:userTask id="solve" name="Solve"/>'
            '<bpmn:exclusiveGateway id="solved" name="Solved?" default="solved_join"/>'
            '<bpmn:userTask id="confirm" name="Confirm"/><bpmn:endEvent id="e1" name="closed"/>'
            '<bpmn:endEvent id="e2" name="closed without answer"/>'
            + TIMER.format(stop=stop)
            + flow("s", "classify") + flow("classify", "join") + flow("join", "solve") + flow("solve", "solved")
            + flow("solved", "confirm", "solved", "yes") + flow("solved", "join", name="no")
            + flow("confirm", "e1") + flow("late", "e2")
        )
    )  # fmt: skip


def test_lanes_branches_loops_and_boundary_events() -> None:
    assert lines(incident()) == [
        "Service desk",
        "1. Start: Something is broken",
        "2. Classify",
        "3. Solve",
        "4. Solved?",
        "  If 'Solved?' is yes: go to 5 (Confirm)",
        "  If 'Solved?' is no: go to 3 (Solve)",
        "Reporter",
        "5. Confirm",
        "  After 5 working days: go to 7 (End: closed without answer)",
        "6. End: closed",
        "7. End: closed without answer",
    ]


def test_what_does_not_interrupt_says_so() -> None:
    assert "  After 5 working days, while this goes on: go to 7 (End: closed without answer)" in lines(
        incident(' cancelActivity="false"')
    )


def test_items_name_element_target_and_flow() -> None:
    items = {item.text: item for item in outline(incident())}
    yes = items["If 'Solved?' is yes: go to 5 (Confirm)"]
    assert (yes.kind, yes.element, yes.target, yes.flow, yes.lane) == (
        "branch", "solved", "confirm", "solved_confirm", "Service desk",
    )  # fmt: skip
    late = items["After 5 working days: go to 7 (End: closed without answer)"]
    assert (late.kind, late.element, late.target) == ("boundary", "late", "e2")


def test_sub_processes_are_indented_and_numbered_inside() -> None:
    diagram = read_diagram(
        drawing(
            '<bpmn:startEvent id="s"/><bpmn:subProcess id="sub" name="Repair">'
            '<bpmn:startEvent id="s2"/><bpmn:task id="t" name="Screw"/><bpmn:endEvent id="e2"/>'
            + flow("s2", "t") + flow("t", "e2")
            + '</bpmn:subProcess><bpmn:endEvent id="e"/>'
            + flow("s", "sub") + flow("sub", "e")
        )
    )  # fmt: skip
    assert lines(diagram) == ["1. Start", "2. Repair", "  2.1. Start", "  2.2. Screw", "  2.3. End", "3. End"]


def test_parallel_ways_and_their_joining() -> None:
    diagram = read_diagram(
        drawing(
            '<bpmn:startEvent id="s"/><bpmn:parallelGateway id="fork"/><bpmn:task id="a" name="A"/>'
            '<bpmn:task id="b" name="B"/><bpmn:parallelGateway id="sync"/><bpmn:endEvent id="e"/>'
            + flow("s", "fork") + flow("fork", "a") + flow("fork", "b") + flow("a", "sync") + flow("b", "sync")
            + flow("sync", "e")
        )
    )  # fmt: skip
    assert lines(diagram) == [
        "1. Start",
        "2. Several things at the same time",
        "  At the same time: go to 3 (A)",
        "  At the same time: go to 4 (B)",
        "3. A",
        "  Then go to 5 (Wait until all of it is done)",
        "4. B",
        "5. Wait until all of it is done",
        "6. End",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("working_days(1)", "1 working day"),
        ("working_hours(4)", "4 working hours"),
        ("PT1H", "1 hour"),
        ("P1M", "1 month"),
        ("P2DT30M", "2 days, 30 minutes"),
        ("due", ""),
        ("P", ""),
    ],
)
def test_durations_in_words(text: str, words: str) -> None:
    assert Wording(str).span(text) == words


def test_words_go_through_the_translation() -> None:
    german = {"Start": "Anfang", "End": "Ende"}
    items = outline(read_diagram(simple()), lambda text: german.get(text, text))
    assert [item.text for item in items][1:] == ["Anfang", "Look", "Ende"]


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20))
def test_every_element_is_listed_once_and_every_target_exists(edges: list[tuple[int, int]]) -> None:
    flows = "".join(
        f'<bpmn:sequenceFlow id="f{i}" sourceRef="t{a}" targetRef="t{b}"/>' for i, (a, b) in enumerate(edges)
    )
    diagram = read_diagram(drawing("".join(f'<bpmn:task id="t{i}"/>' for i in range(8)) + flows))
    items = outline(diagram)
    assert sorted(item.element for item in items if item.kind == "step") == [f"t{i}" for i in range(8)]
    numbers = {item.number for item in items if item.number}
    assert numbers == {str(count) for count in range(1, 9)}
    assert all(item.target in diagram.elements for item in items if item.kind == "branch")
    assert items == outline(diagram)
