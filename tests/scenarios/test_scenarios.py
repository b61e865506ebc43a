"""Every scenario beside a shipped diagram holds."""

from pathlib import Path

import pytest

from app.bootstrap import Parts
from app.errors import Refused
from app.settings import shipped_folder
from app.testing.runner import Runner, ScenarioFailed
from app.testing.scenario import Scenario, find_scenarios, load_scenario

SCENARIOS = list(find_scenarios(shipped_folder() / "bpmn"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: f"{path.parent.parent.name}/{path.stem}")
def test_scenario_holds(stage: Parts, path: Path) -> None:
    Runner(stage, load_scenario(path)).run()


def story(*steps: dict[str, object], **ends: object) -> Scenario:
    start = {"start": {"by": "Chiara Ricci", "with": {"title": "Cannot print at all"}}}
    return Scenario.model_validate({
        "scenario": "A broken promise", "diagram": "incident", "steps": [start, *steps],
        "ends": {"status": "running", **ends},
    })  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "ends", "words"),
    [
        ([{"task": "classify", "by": "Anna Novak"}], {}, "no open task 'classify'; open: register"),
        ([{"task": "register", "by": "Chiara Ricci"}], {}, "Chiara Ricci may not complete 'register'"),
        ([{"task": "register", "by": "Nobody At All"}], {}, "no person named 'Nobody At All'"),
        ([{"task": "register", "by": "Anna Novak", "sees": {"title": "Else"}}], {}, "title is 'Cannot print at all'"),
        ([{"task": "register", "by": "Anna Novak", "refused": "no reason"}], {}, "refused, but with"),
        ([{"expect": {"record": {"priority": "P1"}}}], {}, "priority is None, expected 'P1'"),
        ([{"expect": {"sent": ["incident.opened"]}}], {}, "sent: found []"),
        ([{"expect": {"tasks": []}}], {}, "tasks: found ['register']"),
        ([{"in": {"diagram": "approve_item"}}], {}, "no case of 'approve_item'"),
        ([], {"status": "completed"}, "the case is running, not completed"),
        ([], {"record": {"status": "closed"}}, "status is 'open', expected 'closed'"),
    ],
)
def test_broken_promise_names_step_and_what_was_found(
    stage: Parts, steps: list[dict[str, object]], ends: dict[str, object], words: str
) -> None:
    with pytest.raises(ScenarioFailed) as failure:
        Runner(stage, story(*steps, **ends)).run()
    assert words in failure.value.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("scenario: [", "no YAML"),
        ("- a list", "keys and values"),
        ("scenario: x\ndiagram: incident\nsteps: []", "steps"),
        ("scenario: x\ndiagram: incident\nsteps: [{wait: soon}]", "no span of time"),
        ("scenario: x\ndiagram: incident\nsteps: [{wait: 5 working weeks}]", "hours or days"),
        ("scenario: x\ndiagram: incident\nsteps: [{task: register}]", "needs 'by'"),
        ("scenario: x\ndiagram: incident\nsteps: [{expect: {recrod: {}}}]", "recrod"),
        ("scenario: x\ndiagram: incident\nsteps: [{task: a, by: b, wait: 5 days}]", "one of start, scheduled, task"),
        ("scenario: x\ndiagram: incident\ngiven: {now: 2026-03-06T10:00}\nsteps: [{wait: 5 days}]", "time zone"),
    ],
)
def test_bad_scenario_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(Refused) as refusal:
        load_scenario(path)
    assert words in str(refusal.value)
    assert "bad.yaml" in str(refusal.value)
