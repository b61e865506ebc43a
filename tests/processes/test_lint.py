"""The linter: a good diagram passes, every rule has a diagram that breaks it and stands in the documentation."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import Refused
from app.processes.definition import Diagram, read_diagram
from app.processes.lint import RULES, lint
from tests.processes.drawings import drawing, drawn, flow, properties
from tests.processes.lint_examples import (
    BAD,
    BODY,
    CALLED,
    DATA,
    EXAMPLES,
    GOOD,
    KNOWN,
    LOOK,
    after_note,
    boundary,
    changed,
    diagram,
    thrown,
    timer,
    with_properties,
)

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "linter.md"


def rules_of(drawn_diagram: Diagram) -> set[str]:
    return {problem.rule for problem in lint(drawn_diagram, KNOWN)}


@pytest.mark.parametrize("good", [GOOD, CALLED])
def test_a_good_diagram_has_no_problems(good: Diagram) -> None:
    assert lint(good, KNOWN) == []


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_a_bad_diagram_is_told_where_and_what_to_do(rule: str) -> None:
    bad, element = EXAMPLES[rule]
    found = [problem for problem in lint(bad, KNOWN) if problem.rule == rule]
    assert [problem.element for problem in found] == [element]
    problem = found[0]
    assert problem.severity == RULES[rule].severity
    assert problem.file == "bpmn/incidents/walk.bpmn"
    assert problem.line > 0
    assert problem.message.endswith((".", "?", ")")) and problem.advice.endswith((".", "?"))


def test_every_rule_has_a_bad_example_and_stands_in_the_documentation() -> None:
    table = re.findall(r"^\| `([a-z-]+)` \| (error|warning) \| (.+?) \|$", DOCUMENTATION.read_text(), re.MULTILINE)
    assert EXAMPLES.keys() == RULES.keys()
    assert [(name, severity, told) for name, severity, told in table if name in RULES] == [
        (rule.id, rule.severity, rule.summary) for rule in RULES.values()
    ]
    assert {name for name, _, _ in table} - RULES.keys() == READING.keys()


FOLLOWS = {
    "missing-start": {"unreachable"},
    "missing-end": {"dead-end"},
    "call-loop": {"missing-input"},
    "bad-variable": {"unknown-name"},
}


@pytest.mark.parametrize("rule", sorted(EXAMPLES))
def test_a_bad_example_breaks_nothing_else(rule: str) -> None:
    bad, _ = EXAMPLES[rule]
    assert rules_of(bad) - {rule} == FOLLOWS.get(rule, set())


def test_problems_come_in_the_order_of_the_file() -> None:
    bad = diagram(BODY.replace("title", "titel").replace(BAD, flow("choice", "look", "1 +")).replace("number +", "n +"))
    assert [problem.rule for problem in lint(bad, KNOWN)] == ["unknown-name", "unknown-name", "bad-expression"]


@pytest.mark.parametrize(
    ("element", "word"),
    [
        ('<bpmn:adHocSubProcess id="more"/>', "adHocSubProcess"),
        ('<bpmn:transaction id="more"/>', "transaction"),
        ('<bpmn:subProcess id="more" triggeredByEvent="true"/>', "event sub-processes"),
        ('<bpmn:task id="more" isForCompensation="true"/>', "compensation"),
        ('<bpmn:task id="more" startQuantity="2"/>', "quantities"),
        ('<bpmn:callChoreography id="more"/>', "callChoreography"),
        ('<bpmn:intermediateThrowEvent id="more"><bpmn:compensateEventDefinition/></bpmn:intermediateThrowEvent>',
         "compensate"),
        ('<bpmn:intermediateCatchEvent id="more"><bpmn:conditionalEventDefinition/></bpmn:intermediateCatchEvent>',
         "conditional"),
        ('<bpmn:intermediateCatchEvent id="more"/>', "plain"),
        ('<bpmn:userTask id="more"><bpmn:multiInstanceLoopCharacteristics behavior="None"><bpmn:loopCardinality>2'
         "</bpmn:loopCardinality></bpmn:multiInstanceLoopCharacteristics></bpmn:userTask>", "rounds"),
    ],
)  # fmt: skip
def test_what_is_not_carried_out_is_named(element: str, word: str) -> None:
    (problem,) = [one for one in lint(after_note(element), KNOWN) if one.rule == "unsupported-element"]
    assert word in problem.message
    assert problem.element == "more"


@pytest.mark.parametrize(
    ("text", "kind", "good"),
    [
        ("PT4H", "timeDuration", True),
        ('"PT4H"', "timeDuration", True),
        ("working_days(5)", "timeDuration", True),
        ("duration(title)", "timeDuration", True),
        ("2026-03-06T09:00Z", "timeDate", True),
        ("2026-03-06", "timeDate", True),
        ("R3/PT1H", "timeCycle", True),
        ("R/2026-03-06T09:00Z/P1M", "timeCycle", True),
        ("P", "timeDuration", False),
        ("2026-13-06", "timeDate", False),
        ("R3/P", "timeCycle", False),
        ("R3", "timeCycle", False),
        ("PT1H", "timeCycle", False),
        ('"tomorrow"', "timeDate", False),
        ('cron("0 9 * * MON")', "timeCycle", False),
    ],
)
def test_fixed_times_are_checked(text: str, kind: str, good: bool) -> None:
    assert ("bad-timer" not in rules_of(boundary(timer(text, kind)))) is good


@pytest.mark.parametrize(("text", "good"), [('cron("0 9 * * MON")', True), ("cron('0 9 * *')", False), ("R/P1M", True)])
def test_schedules_stand_in_start_events(text: str, good: bool) -> None:
    start = f'<bpmn:startEvent id="other">{timer(text, "timeCycle")}</bpmn:startEvent>'
    assert rules_of(diagram(BODY + start + flow("other", "look"))) == (set() if good else {"bad-timer"})


@pytest.mark.parametrize(
    ("remind", "rules"),
    [
        ("duration('P1D')", set()),
        ("'P1D'", set()),
        ("'2026-03-06T09:00Z'", set()),
        ("[working_days(1), 'P3D', None]", set()),
        ("working_days(1) if title else 'never'", set()),  # seen at run time
        ("'R3/P1D'", {"bad-reminder"}),
        ("5", {"bad-reminder"}),
        ("['P1D', 'PXD']", {"bad-reminder"}),
        ("[1, 2]", {"bad-reminder"}),
        ("P1D", {"unknown-name"}),
        ("duration(", {"bad-expression"}),
    ],
)
def test_fixed_times_of_reminders_are_checked(remind: str, rules: set[str]) -> None:
    assert rules_of(changed(LOOK, with_properties(LOOK, remind=remind))) == rules


@pytest.mark.parametrize(
    ("role", "rules"),
    [
        ("incidents.process_manager", set()),
        ("record.coordinator", set()),
        ("case.owner", set()),
        ("team.network", set()),
        ("incidents.process_staff", {"idle-escalation"}),  # they are asked already
        ("shared.anyone", {"idle-escalation"}),
        ("incidents.boss", {"unknown-role"}),
    ],
)
def test_an_escalation_reaches_somebody_else(role: str, rules: set[str]) -> None:
    assert rules_of(changed(LOOK, with_properties(LOOK, due="working_days(1)", escalate_to=role))) == rules


@pytest.mark.parametrize(
    ("prefix", "good"),
    [("MAJ", True), ("QQ", True), ("INC", True), ("ABCDE", True), ("A", False), ("ABCDEF", False), ("KER", False),
     ("maj", False), ("ÄB", False), ("A B", False), ("A'B", False)],
)  # fmt: skip
def test_a_prefix_is_two_to_five_capital_letters_that_are_free(prefix: str, good: bool) -> None:
    found = lint(diagram(record="incident", number_prefix=prefix.replace("'", "&apos;")), KNOWN)
    told = [(one.rule, one.element, one.line > 0) for one in found]
    assert told == ([] if good else [("bad-number-prefix", "walk", True)])


def test_an_error_boundary_may_catch_everything_but_an_error_end_needs_a_code() -> None:
    assert rules_of(boundary("<bpmn:errorEventDefinition/>")) == set()
    end = '<bpmn:endEvent id="done"/>'
    assert rules_of(changed(end, end.replace("/>", "><bpmn:errorEventDefinition/></bpmn:endEvent>"))) == {"bad-code"}


def test_one_flow_without_condition_is_the_default() -> None:
    assert rules_of(changed(' default="choice_done"', "")) == set()


def test_what_a_message_brings_is_known() -> None:
    event = (
        '<bpmn:intermediateCatchEvent id="more">' + properties(key="number")
        + '<bpmn:messageEventDefinition messageRef="m1"/></bpmn:intermediateCatchEvent>'
    )  # fmt: skip
    reads = after_note(event)
    assert rules_of(reads) == set()
    flows = dict(reads.flows)
    flows["choice_look"] = replace(flows["choice_look"], condition='question == "why"')
    assert rules_of(replace(reads, flows=flows)) == set()


def test_a_complete_payload_passes() -> None:
    payload = properties(key="number", payload="{'question': title}")
    assert rules_of(thrown('<bpmn:messageEventDefinition messageRef="m1"/>', payload)) == set()


def test_decision_outputs_and_called_outputs_are_known() -> None:
    decide = (
        '<bpmn:businessRuleTask id="more"><bpmn:extensionElements><spiffworkflow:calledDecisionId>priority'
        "</spiffworkflow:calledDecisionId></bpmn:extensionElements></bpmn:businessRuleTask>"
    )
    reads = after_note(decide)
    assert rules_of(reads) == set()
    assert rules_of(diagram(BODY.replace('key="impact"', ""), beside="")) == set()
    script = "<spiffworkflow:preScript>subject = title</spiffworkflow:preScript>"
    before = f"<bpmn:extensionElements>{script}</bpmn:extensionElements>"
    call = f'<bpmn:callActivity id="more" calledElement="called">{before}</bpmn:callActivity>'
    assert rules_of(after_note(call)) == set()


def test_nothing_is_said_of_names_where_something_unknown_may_write_them() -> None:
    bad = diagram(BODY.replace(LOOK, with_properties(LOOK, form="missing")).replace("title", "anything"))
    assert rules_of(bad) == {"unknown-form"}


def test_a_called_diagram_knows_its_inputs_only() -> None:
    assert rules_of(diagram(DATA + BODY.replace("number + 1", "subject"))) == set()


def test_sub_processes_are_looked_into() -> None:
    inner = (
        '<bpmn:subProcess id="more" name="More"><bpmn:startEvent id="s"/><bpmn:scriptTask id="t"><bpmn:script>x ='
        '</bpmn:script></bpmn:scriptTask><bpmn:endEvent id="e"/>'
        + flow("s", "t")
        + flow("t", "e")
        + "</bpmn:subProcess>"
    )
    assert rules_of(after_note(inner)) == {"bad-script"}


# What is refused while a file is read, before the linter sees it ---------------------------------------------------

TWO = '</bpmn:process><bpmn:process id="other" isExecutable="true">'
READING: dict[str, Callable[[], bytes]] = {
    "xml-size": lambda: b" " * 6_000_000,
    "xml-doctype": lambda: b'<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>',
    "xml-elements": lambda: drawing("<bpmn:task/>" * 30_000),
    "xml-depth": lambda: drawing("<bpmn:subProcess>" * 120 + "</bpmn:subProcess>" * 120),
    "xml-syntax": lambda: b"<open>",
    "bpmn": lambda: b"<html/>",
    "one-process": lambda: drawing(TWO),
    "process-id": lambda: drawing("", key="other"),
    "duplicate-id": lambda: drawing(BODY + '<bpmn:task id="look"/>'),
    "missing-id": lambda: drawing(BODY + "<bpmn:task/>"),
}


@pytest.mark.parametrize("rule", sorted(READING))
def test_an_unreadable_file_is_refused(rule: str) -> None:
    with pytest.raises(Refused) as caught:
        read_diagram(READING[rule](), "bpmn/incidents/walk.bpmn")
    assert rule in {problem.rule for problem in caught.value.problems}
    assert all(problem.advice and problem.file for problem in caught.value.problems)


def test_the_examples_are_drawn_completely() -> None:
    assert drawn(drawing(BODY)).count(b"BPMNShape") == 7
    assert GOOD.has_shapes
