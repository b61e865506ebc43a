"""Putting tasks off: whose it may be, when it ends, and what the journal says of it."""

from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.engine import commands
from app.engine.putting_off import put_off
from app.errors import Conflict, Invalid, NotFound
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, draw, form, text

NOW = datetime(2026, 3, 11, 11, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=2)


@pytest.fixture
def case(stage: Stage) -> int:
    """A case whose task is offered to the staff."""
    stage.publish(draw("walk", start() + user("look") + end() + flows("s look e")), form("look", text("title")))
    return stage.start()


def test_putting_off_claims_and_is_journalled_once(stage: Stage, case: int) -> None:
    with clock.at(NOW):
        for _twice in range(2):
            task = stage.on_task(put_off, "look", "Anna Novak", LATER)
    assert (task.put_off_until, task.assignee_id) == (LATER, stage.people["Anna Novak"])
    assert [line for line in stage.events(case) if line.startswith("task.")] == [
        "task.opened@look", "task.claimed@look", "task.put_off@look",
    ]  # fmt: skip


def test_the_version_stays_for_whoever_is_filling_in_the_form(stage: Stage, case: int) -> None:
    with clock.at(NOW):
        seen = stage.on_task(commands.claim, "look", "Anna Novak").version
        assert stage.on_task(put_off, "look", "Anna Novak", LATER).version == seen
        stage.complete("look", "Anna Novak", seen)


def test_what_is_put_off_can_be_taken_back(stage: Stage, case: int) -> None:
    with clock.at(NOW):
        stage.on_task(put_off, "look", "Anna Novak", LATER)
        assert stage.on_task(put_off, "look", "Anna Novak", None).put_off_until is None
    assert stage.events(case)[-1] == "task.put_back@look"


@pytest.mark.parametrize("away", [timedelta(), timedelta(seconds=-1), timedelta(days=367)])
def test_a_moment_lies_in_the_coming_year(stage: Stage, case: int, away: timedelta) -> None:
    with clock.at(NOW), pytest.raises(Invalid):
        stage.on_task(put_off, "look", "Anna Novak", NOW + away)


def test_nobody_puts_off_what_is_not_theirs(stage: Stage, case: int) -> None:
    with clock.at(NOW):
        with pytest.raises(NotFound):
            stage.on_task(put_off, "look", "Sofia Lindqvist", LATER)
        stage.on_task(commands.claim, "look", "Anna Novak")
        with pytest.raises(Conflict):
            stage.on_task(put_off, "look", "Ben Osei", LATER)


def test_what_one_person_put_off_is_not_put_off_for_the_next(stage: Stage, case: int) -> None:
    ben = stage.people["Ben Osei"]
    with clock.at(NOW):
        stage.on_task(put_off, "look", "Anna Novak", LATER)
        handed = stage.on_task(commands.reassign, "look", "Anna Novak", ben)
        assert handed.put_off_until is None
        stage.on_task(put_off, "look", "Ben Osei", LATER)
        assert stage.on_task(commands.release, "look", "Ben Osei").put_off_until is None
