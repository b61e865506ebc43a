"""process.yaml: the written definition of a process."""

import pytest

from app.errors import Refused
from app.processes.lint_description import lint_description
from app.processes.process_description import load_process
from tests.processes.library_files import PROCESS

BOMB = "a: &a [x,x,x,x,x]\nb: &b [*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n"


def refused(content: bytes) -> list[str]:
    with pytest.raises(Refused) as refusal:
        load_process(content, "bpmn/incidents/process.yaml")
    assert all(problem.file and problem.advice for problem in refusal.value.problems)
    return [f"{problem.rule}:{problem.line}: {problem.message}" for problem in refusal.value.problems]


def test_a_description_with_everything() -> None:
    more = b"""
interfaces: [{area: problems, direction: out, name: Trends, identifier: ISRM-O1, message: incident.closed}]
policies: [{name: Nobody is forgotten, text: Each incident has an owner.}]
procedures: [{diagram: incident, name: From report to closure}]
kpis:
  - {key: solved_in_time, name: Solved in time, measure: Share of incidents within target, target: ">= 90"}
review_months: 6
"""
    description = load_process(PROCESS + more)
    assert description.interfaces[0].message == "incident.closed"
    assert (description.kpis[0].target, description.review_months) == (">= 90", 6)


def test_missing_and_unknown_parts_are_all_named() -> None:
    problems = refused(b"name: X\ngoals: []\nmotto: none\n")
    text = " ".join(problems)
    for part in ("goals", "motto", "inputs", "outputs", "roles"):
        assert part in text


def test_names_that_lead_nowhere_are_all_listed() -> None:
    more = b"""
code: CHM
owner: incidents.boss
interfaces:
  - {area: kitchen, direction: out, name: Tea, identifier: ISRM-O9, message: tea.served}
  - {area: any, direction: out, name: News, identifier: ISRM-O1, message: incident.closed}
procedures: [{diagram: incident, name: There}, {diagram: outcident, name: Not there}]
"""
    description = load_process(PROCESS + more)
    problems = lint_description(description, "incidents", "process.yaml", is_diagram=lambda key: key == "incident")
    assert [(problem.rule, problem.element) for problem in problems] == [
        ("unknown-code", "CHM"),
        ("unknown-role", "incidents.boss"),
        ("unknown-identifier", "ISRM-O9"),
        ("unknown-area", "kitchen"),
        ("unknown-message", "tea.served"),
        ("unknown-diagram", "outcident"),
    ]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (BOMB.encode(), "process-yaml"),
        (b"name: A\nname: B\n", "process-yaml:2"),
        (b"a: [", "process-yaml"),
        (b"\xff\xfe\x00", "process-yaml"),
        (b"!!python/object/apply:os.system ['true']", "process-yaml"),
        (b"[" * 20_000, "process-yaml"),
        (b"- just\n- a list\n", "process-content"),
        (b"", "process-content"),
        (b"#" * 300_000, "process-size"),
    ],
)
def test_hostile_or_broken_yaml(content: bytes, rule: str) -> None:
    assert refused(content)[0].startswith(rule)
