"""Scenarios see reminders and escalations in simulated time, and whoever a task is escalated to may do it."""

from typing import Any

import pytest

from app.bootstrap import Parts
from app.processes.publish import publish
from app.testing.runner import Runner, ScenarioFailed
from app.testing.scenario import Scenario
from tests.engine.drawings import end, extensions, flows, start, user
from tests.stage import draw, form

NOON = "2026-03-06T12:00+01:00"
LOOK = extensions(remind="[working_hours(2), working_days(1)]", due="working_days(2)",
                  escalate_to="incidents.process_manager")  # fmt: skip
REMINDED = {"expect": {"sent": ["task.reminder"], "tasks": ["look"]}}


def story(*steps: dict[str, Any]) -> Scenario:
    begin = {"start": {"by": "Chiara Ricci", "with": {"title": "Nobody looks at it"}}}
    return Scenario.model_validate(
        {"scenario": "A task that is left lying", "diagram": "left_lying", "given": {"now": NOON},
         "steps": [begin, *steps], "ends": {"at": "e"}}
    )  # fmt: skip


def play(stage: Parts, *steps: dict[str, Any]) -> None:
    with stage.database.transaction() as session:
        drawn = draw("left_lying", start() + user("look", LOOK) + end() + flows("s look e"), record="incident",
                     lane="team.service_desk", number_prefix="LEFT")  # fmt: skip
        publish(session, stage.library, [drawn, form("look")], parser=stage.parser, registry=stage.registry)
    Runner(stage, story(*steps)).run()


def test_what_is_said_on_the_way_is_seen(stage: Parts) -> None:
    play(
        stage,
        {"expect": {"record": {"number": "LEFT-2026-0001"}, "sent": []}},
        {"wait": "2 working hours"},
        REMINDED,
        {"task": "look", "by": "Tomasz Zielinski", "refused": "may not complete"},
        {"wait": "1 working day"},
        REMINDED,
        {"wait": "2 weeks"},
        {"expect": {"sent": ["task.escalated"], "tasks": ["look"]}},
        {"task": "look", "by": "Tomasz Zielinski"},
        {"expect": {"sent": []}},
    )


def test_what_was_done_in_time_is_not_spoken_of(stage: Parts) -> None:
    play(stage, {"task": "look", "by": "Anna Novak"}, {"wait": "2 weeks"}, {"expect": {"sent": []}})


def test_whoever_does_it_too_early_fails_the_scenario(stage: Parts) -> None:
    with pytest.raises(ScenarioFailed, match="Tomasz Zielinski may not complete 'look'"):
        play(stage, {"wait": "1 working day"}, {"task": "look", "by": "Tomasz Zielinski"})
