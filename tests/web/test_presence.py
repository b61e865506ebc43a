"""Somebody else is writing: told on the task's page and in the list, for two minutes, to others only."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import clock
from app.domain.desk import presence
from app.domain.desk.presence import FRESH
from app.domain.desk.records import TaskPresence
from tests.web.office import Office

TOLD = "Anna Novak is writing here just now."


@pytest.fixture
def task(office: Office) -> int:
    """A task that is offered to the staff, in which Anna Novak writes."""
    task = office.task(office.report()).id
    assert office.browser("Anna Novak").post(f"/work/tasks/{task}/presence").status_code == 204
    return task


def test_others_are_told_and_the_writer_is_not(office: Office, task: int) -> None:
    anna, ben = office.browser("Anna Novak"), office.browser("Ben Osei")
    for path in (f"/work/tasks/{task}", "/work?tab=teams", f"/work/tasks/{task}/presence"):
        assert TOLD in ben.see(path).text
        assert TOLD not in anna.see(path).text


def test_it_is_forgotten_after_two_minutes(office: Office, task: int) -> None:
    with office.parts.database.transaction() as session:
        ben = office.people["Ben Osei"]
        for later, expected in ((FRESH - timedelta(seconds=9), ["Anna Novak"]), (FRESH + timedelta(seconds=9), [])):
            with clock.at(clock.now() + later):
                assert presence.writing(session, task, without=ben) == expected


def test_a_draft_tells_as_well(office: Office) -> None:
    task = office.task(office.report()).id
    office.browser("Anna Novak").post(f"/work/tasks/{task}", {"_form": "draft"})
    assert TOLD in office.browser("Ines Duarte").see(f"/work/tasks/{task}").text


def test_the_table_stays_small(office: Office, task: int) -> None:
    anna = office.people["Anna Novak"]
    others = [office.task(office.report(f"Report {number}")).id for number in range(3)]
    for minutes, other in enumerate(others, 1):
        with clock.at(clock.now() + minutes * 2 * FRESH), office.parts.database.transaction() as session:
            for _twice in range(2):
                presence.touch(session, other, anna)
    with office.parts.database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(TaskPresence)) == 1
