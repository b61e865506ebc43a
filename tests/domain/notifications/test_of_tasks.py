"""Mails about tasks: to whom, in which words, sent by a job, and none of them twice."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.notifications.news import News, Notifier
from app.domain.notifications.of_tasks import TaskLetters
from app.domain.notifications.records import Notification
from app.domain.people.records import Person, RoleAssignment
from app.engine.records import Task
from app.integrations.email import Post
from app.jobs.queue import Queue
from app.jobs.runner import carry_out_due
from app.web.i18n import label_in
from tests.domain.notifications.conftest import MONDAY, Office
from tests.domain.notifications.test_operations import Nordwind
from tests.integrations.post_office import post_office


class NoPrograms:
    """No webhook is registered."""

    def tell(self, session: Session, told: Sequence[tuple[News, Mapping[int, int]]]) -> None: ...


class Desk:
    """Writes of a task of the incident's case."""

    def __init__(self, database: Database, office: Office, folder: Path) -> None:
        self.database, self.office, self.queue = database, office, Queue()
        with database.transaction() as session:
            task = Task(
                id=77, case_id=office.case_id, engine_id=uuid4(), diagram="incident", element="register",
                name="Register the incident", role="incidents.process_staff", created_at=MONDAY,
            )  # fmt: skip
            session.add(task)
        self.settings = Nordwind(var=folder)
        notifier = Notifier(
            database, Post(self.settings), self.settings, self.queue, lambda session, row: True, NoPrograms(), label_in
        )
        notifier.register_jobs()
        self.letters = TaskLetters(self.settings, self.queue, notifier, label_in)

    def tell(self, audience: str, text: str = "task.escalated", key: str = "notice:1") -> list[int]:
        with self.database.transaction() as session:
            return self.letters(
                session, text, audience=audience, key=key, case_id=self.office.case_id,  # type: ignore[arg-type]
                record_id=self.office.record_id, task_id=77, element="register", number="C-2026-000042",
                title="Storage down", task="Register the incident", due_at=MONDAY,
                assignee_id=self.office.people["ben"],
            )  # fmt: skip

    def rows(self) -> list[Notification]:
        with self.database.transaction() as session:
            return list(session.scalars(select(Notification).order_by(Notification.id)))

    def addresses(self) -> list[str]:
        return [row.address.partition("@")[0] for row in self.rows()]


@pytest.fixture
def desk(database: Database, office: Office, tmp_path: Path) -> Desk:
    return Desk(database, office, tmp_path)


@pytest.mark.parametrize("text", ["task.reminder", "task.escalated"])
def test_they_read_it_in_their_language_the_names_of_shipped_tasks_too(desk: Desk, text: str) -> None:
    desk.tell(f"person:{desk.office.people['chiara']}", text)
    desk.tell(f"person:{desk.office.people['anna']}", text)
    german, english = desk.rows()
    assert label_in("Register the incident", "de") in german.subject != english.subject
    assert "Register the incident" in english.subject and english.subject.startswith("[INC-2026-0042]")
    for row in (german, english):
        assert "https://desk.example.org/work/tasks/77\n" in row.body
        assert "Storage down" in row.body and "P2" in row.body
        assert ("Ben Osei" in row.body) is (text == "task.escalated")


def test_it_is_sent_by_a_job_and_never_twice(desk: Desk) -> None:
    with post_office() as (port, box), clock.at(MONDAY):
        desk.settings.mail_url = f"smtp://127.0.0.1:{port}"
        ids = desk.tell("incidents.process_manager")
        assert box.mails == []
        assert desk.tell("incidents.process_manager") == ids
        carry_out_due(desk.queue, desk.database)
        assert [mail["To"] for mail in box.mails] == ["anna@example.org"]
        desk.tell("incidents.process_manager", key="notice:2")
        carry_out_due(desk.queue, desk.database)
        assert len(box.mails) == 2


def test_whoever_answers_for_a_role_is_told_where_nobody_holds_it(desk: Desk) -> None:
    with clock.at(MONDAY):
        desk.tell("incidents.process_manager")
        desk.tell("incidents.process_staff", key="2")
        with desk.database.transaction() as session:
            session.execute(update(RoleAssignment).values(valid_until=MONDAY))
            session.add(RoleAssignment(role="management.sms_owner", person_id=desk.office.people["chiara"],
                                       valid_from=MONDAY))  # fmt: skip
        desk.tell("incidents.process_manager", key="3")
    # Dora Lind has no address, so hers stands there as failed.
    assert desk.addresses() == ["anna", "anna", "ben", "", "chiara"]


def test_a_team_is_told_at_its_own_address_and_who_has_left_is_not(desk: Desk) -> None:
    with desk.database.transaction() as session:
        session.execute(update(Person).where(Person.login == "anna").values(active=False))
    desk.tell("team.desk")
    desk.tell("team.network", key="2")
    assert desk.tell(f"person:{desk.office.people['anna']}", key="3") == []
    assert desk.addresses() == ["desk", "ben"]
