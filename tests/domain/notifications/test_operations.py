"""From a diagram's service task to the mail in the box, over a real mail server."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from app import clock
from app.database.transaction import Database
from app.domain.notifications import outbox
from app.domain.notifications.operations import notification_operations
from app.domain.notifications.outbox import Sendings
from app.domain.notifications.records import Notification
from app.domain.people.records import Person
from app.errors import Unavailable, Undeliverable
from app.integrations.email import Post
from app.jobs.dead_letters import list_dead
from app.jobs.queue import Queue
from app.jobs.runner import carry_out_due
from app.operations import Registry
from app.web.i18n import label_in
from tests.domain.notifications.conftest import MONDAY, Change, Office
from tests.integrations.post_office import Letterbox, post_office
from tests.jobs.waiting import until

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Nordwind:
    """The settings of the organisation."""

    mail_url: str = ""
    mail_from: str = "desk@example.org"
    organisation: str = "Nordwind"
    address: str = "https://desk.example.org"
    default_locale: str = "en"
    default_time_zone: str = "Europe/Berlin"
    var: Path = Path("var")


@dataclass
class Desk:
    """Runs operations on the incident's case as the engine does."""

    database: Database
    office: Office
    settings: Nordwind
    registry: Registry = field(init=False)

    def __post_init__(self) -> None:
        group = notification_operations(self.database, Post(self.settings), self.settings, label_in)
        self.registry = Registry(group)

    def call(self, name: str, values: dict[str, Any] | None = None, **changes: Any) -> Any:
        with self.database.transaction() as session:
            return self.registry.get(name).call(self.office.context(session, **changes), values or {})

    def rows(self) -> list[Notification]:
        with self.database.transaction() as session:
            return list(session.scalars(select(Notification).order_by(Notification.id)))


@pytest.fixture
def desk(database: Database, office: Office, tmp_path: Path) -> Desk:
    return Desk(database, office, Nordwind(var=tmp_path))


def test_a_decision_is_said_in_the_readers_language_and_what_somebody_typed_is_not(desk: Desk) -> None:
    values = {"decision": "approved", "reason": "approved"}
    desk.call(
        "notification.prepare", {"audience": "requester, owner", "template": "approval.decided", "values": values}
    )
    german, english = desk.rows()
    assert "genehmigt" in german.body and german.body.count("approved") == 1
    assert "genehmigt" not in english.body and english.body.count("approved") == 2


def test_everybody_gets_the_text_in_their_own_language(desk: Desk) -> None:
    with post_office() as (port, box), clock.at(MONDAY):
        desk.settings.mail_url = f"smtp://127.0.0.1:{port}"
        prepared = desk.call("notification.prepare", {"audience": "requester, owner", "template": "incident.opened"})
        assert (prepared["count"], prepared["without_address"]) == (2, 0)
        assert box.mails == []
        assert desk.call("notification.deliver", {"ids": prepared["ids"]}) == {"sent": 2, "failed": 0}
    german, english = box.mails
    assert german["To"] == "chiara@example.org"
    assert german["Subject"] == "[INC-2026-0042] Ihre Meldung ist bei uns: Storage down"
    assert english["Subject"] == "[INC-2026-0042] We have your report: Storage down"
    assert german["References"] == english["References"] and german["Message-ID"] != english["Message-ID"]
    body = english.get_content()
    assert "Service: Storage" in body and "Priority: P2" in body and "Nordwind" in body
    assert "https://desk.example.org/cases/C-2026-000042" in body
    assert [(row.status, row.sent_at, row.case_id) for row in desk.rows()] == [
        ("sent", MONDAY, desk.office.case_id)
    ] * 2
    assert desk.office.journal == [
        ("notification.prepared", {"template": "incident.opened", "notifications": prepared["ids"]})
    ]


def test_values_come_from_the_diagram_then_the_record_then_the_case(desk: Desk, change_incident: Change) -> None:
    change_incident(resolution="New disk.")
    data = {"reason": "Disk broke", "title": "of the case", "question": {"no": "text"}, "link": "http://evil.example"}
    desk.call("notification.prepare", {"audience": "owner", "template": "incident.escalated"}, data=data)
    desk.call("notification.prepare", {"audience": "owner", "template": "incident.closed"})
    desk.call(
        "notification.prepare",
        {"audience": "owner", "template": "incident.reopened", "values": {"reason": "Still broken"}},
        data=data,
    )
    escalated, closed, reopened = desk.rows()
    assert "Reason: Disk broke" in escalated.body and "Escalated by: Anna Novak" in escalated.body
    assert "Team: Network" in escalated.body and "evil" not in escalated.body
    assert escalated.subject == "[INC-2026-0042] Escalated: Storage down"
    assert "Solution: New disk." in closed.body
    assert "Reason: Still broken" in reopened.body


def test_a_record_changed_past_the_session_is_told_as_it_is(desk: Desk, database: Database) -> None:
    with database.transaction() as session:
        context = desk.office.context(session)
        operation = desk.registry.get("notification.prepare")
        operation.call(context, {"audience": "owner", "template": "incident.opened"})
        session.execute(text("UPDATE record SET title = 'Storage slow' WHERE id = :id"), {"id": context.record_id})
        again = desk.office.context(session, key="another")
        operation.call(again, {"audience": "owner", "template": "incident.opened"})
    assert desk.rows()[1].subject.endswith("Storage slow")


def test_preparing_twice_under_one_key_tells_once(desk: Desk) -> None:
    values = {"audience": "requester", "template": "incident.opened"}
    first = desk.call("notification.prepare", values)
    assert desk.call("notification.prepare", values) == first
    assert desk.call("notification.prepare", values, key="another") != first
    assert len(desk.rows()) == 2


def test_a_step_that_is_rolled_back_tells_nobody(desk: Desk, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        values = {"audience": "requester", "template": "incident.opened"}
        desk.registry.get("notification.prepare").call(desk.office.context(session), values)
        raise ZeroDivisionError
    assert desk.rows() == []


def test_what_was_sent_is_not_sent_again_and_other_cases_are_left_alone(desk: Desk) -> None:
    values = {"audience": "requester", "template": "incident.opened"}
    with post_office() as (port, box):
        desk.settings.mail_url = f"smtp://127.0.0.1:{port}"
        desk.call("notification.prepare", values)
        other = desk.call("notification.prepare", values, case_id=desk.office.other_case_id, key="other")
        assert desk.call("notification.deliver") == {"sent": 1, "failed": 0}
        assert desk.call("notification.deliver") == {"sent": 1, "failed": 0}
        assert desk.call("notification.deliver", {"ids": other["ids"]}) == {"sent": 0, "failed": 0}
        assert len(box.mails) == 1


def test_addresses_that_bounce_are_listed_corrected_and_sent_again(desk: Desk, database: Database) -> None:
    box = Letterbox(refuses={"chiara@example.org": "550 No such user"})
    with post_office(box) as (port, _):
        desk.settings.mail_url = f"smtp://127.0.0.1:{port}"
        dora = desk.office.people["dora"]
        audience = f"requester, owner, person:{dora}"
        prepared = desk.call("notification.prepare", {"audience": audience, "template": "incident.opened"})
        assert (prepared["count"], prepared["without_address"]) == (3, 1)
        ids = {"ids": prepared["ids"]}
        assert desk.call("notification.deliver", ids) == {"sent": 1, "failed": 2}
        failed = desk.call("notification.failed_addresses", ids)
        assert [(one["name"], one["address"], one["error"]) for one in failed] == [
            ("Chiara Ricci", "chiara@example.org", "The mail server refuses: 550 No such user"),
            ("Dora Lind", "", "No e-mail address of this person is known."),
        ]
        assert failed[0]["person"] == str(desk.office.people["chiara"])
        with database.transaction() as session:
            session.get_one(Person, desk.office.people["chiara"]).email = "c.ricci@example.org"
        # Dora still has none, so she stays on the list.
        assert desk.call("notification.readdress", ids) == 1
        assert desk.call("notification.deliver", ids) == {"sent": 2, "failed": 1}
        assert desk.call("notification.readdress", {**ids, "address": "dora@elsewhere.example"}) == 1
        assert desk.call("notification.deliver", ids) == {"sent": 3, "failed": 0}
    assert [mail["To"] for mail in box.mails] == ["anna@example.org", "c.ricci@example.org", "dora@elsewhere.example"]
    assert desk.call("notification.failed_addresses", ids) == []


def test_a_caller_without_an_account_gets_no_link(desk: Desk, change_incident: Change) -> None:
    change_incident(requester_id=None, caller_name="Mara Vogt", caller_contact="mara@elsewhere.example")
    desk.call(
        "notification.prepare",
        {"audience": "caller", "template": "question.asked", "values": {"question": "Which floor?"}},
    )
    [row] = desk.rows()
    assert row.address == "mara@elsewhere.example"
    assert "Which floor?" in row.body and "https://" not in row.body and "Answer here" not in row.body


def test_while_the_server_is_down_the_job_is_retried_and_nothing_goes_out_twice(desk: Desk, database: Database) -> None:
    queue = Queue()
    queue.register("deliver", lambda arguments, attempt: desk.call("notification.deliver", arguments), attempts=4)
    prepared = desk.call("notification.prepare", {"audience": "requester, owner", "template": "incident.opened"})
    box = Letterbox(refuses={"anna@example.org": "451 Come again"})
    with clock.at(MONDAY):
        with database.transaction() as session:
            queue.put(session, "deliver", {"ids": prepared["ids"]})
        desk.settings.mail_url = "smtp://127.0.0.1:1"
        carry_out_due(queue, database)
        assert [row.status for row in desk.rows()] == ["waiting", "waiting"]
        assert "does not answer" in (desk.rows()[0].error or "")
        with post_office(box) as (port, _):
            desk.settings.mail_url = f"smtp://127.0.0.1:{port}"
            clock.advance(timedelta(minutes=5))
            carry_out_due(queue, database)
            assert [row.status for row in desk.rows()] == ["sent", "waiting"]
            box.refuses.clear()
            clock.advance(timedelta(minutes=5))
            carry_out_due(queue, database)
    assert [mail["To"] for mail in box.mails] == ["chiara@example.org", "anna@example.org"]
    assert [(row.status, row.error) for row in desk.rows()] == [("sent", None), ("sent", None)]
    with database.transaction() as session:
        assert list_dead(session) == []


class SlowMailer:
    """Takes its time, so that two deliveries meet."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.sent: list[str] = []
        self.go_on = threading.Event()

    def send(self, recipient: str, subject: str, body: str, *, identity: str, thread: str = "") -> None:
        self.begun.append(recipient)
        assert self.go_on.wait(60)
        self.sent.append(recipient)


def test_two_deliveries_at_once_send_each_mail_once(desk: Desk, database: Database) -> None:
    desk.call("notification.prepare", {"audience": "requester, owner", "template": "incident.opened"})
    mailer, answers = SlowMailer(), []

    def deliver() -> None:
        answers.append(outbox.deliver(database, mailer, desk.office.case_id))

    threads = [threading.Thread(target=deliver) for _ in range(2)]
    for thread in threads:
        thread.start()

    def met() -> bool:
        with database.transaction() as session:
            blocked = session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
        return blocked == 1 or len(mailer.begun) == 2

    until(met, "both want to send the same mail")
    mailer.go_on.set()
    for thread in threads:
        thread.join(60)
    assert sorted(mailer.sent) == ["anna@example.org", "chiara@example.org"]
    assert answers == [Sendings(sent=2, failed=0, waiting=0)] * 2


class Moody:
    """Answers each address as told."""

    def __init__(self, answers: dict[str, Exception]) -> None:
        self.answers = answers

    def send(self, recipient: str, subject: str, body: str, *, identity: str, thread: str = "") -> None:
        if error := self.answers.get(recipient):
            raise error


def test_one_bad_address_does_not_keep_the_others_waiting(desk: Desk, database: Database) -> None:
    desk.call("notification.prepare", {"audience": "requester, owner", "template": "incident.opened"})
    mailer = Moody({"chiara@example.org": Undeliverable("no such person")})
    assert outbox.deliver(database, mailer, desk.office.case_id) == Sendings(1, 1, 0)


def test_a_fault_of_ours_leaves_the_mail_waiting(desk: Desk, database: Database) -> None:
    desk.call("notification.prepare", {"audience": "requester, owner", "template": "incident.opened"})
    with pytest.raises(ZeroDivisionError):
        outbox.deliver(database, Moody({"anna@example.org": ZeroDivisionError()}), desk.office.case_id)
    with pytest.raises(Unavailable):
        outbox.deliver(database, Moody({"anna@example.org": Unavailable("closed")}), desk.office.case_id)
    assert [(row.status, row.error) for row in desk.rows()] == [("sent", None), ("waiting", "closed")]


def test_a_process_killed_between_two_mails_does_not_send_the_first_again(
    desk: Desk, database_url: str, tmp_path: Path
) -> None:
    desk.call("notification.prepare", {"audience": "requester, owner", "template": "incident.opened"})
    program = [sys.executable, "-m", "tests.domain.notifications.dying_sender", database_url, str(desk.office.case_id)]
    killed = subprocess.run([*program, str(tmp_path / "sent"), "1"], cwd=ROOT, env={**os.environ}, check=False)
    assert killed.returncode == -signal.SIGKILL
    subprocess.run([*program, str(tmp_path / "sent"), "9"], cwd=ROOT, env={**os.environ}, check=True)
    assert (tmp_path / "sent").read_text().splitlines() == ["chiara@example.org", "anna@example.org"]


def test_the_log_of_a_case_and_of_a_record(desk: Desk, database: Database) -> None:
    values = {"audience": "requester", "template": "incident.opened"}
    desk.call("notification.prepare", values)
    desk.call("notification.prepare", values, case_id=desk.office.other_case_id, key="other")
    with database.transaction() as session:
        assert len(outbox.delivery_log(session, case_id=desk.office.case_id)) == 1
        by_record = outbox.delivery_log(session, record_id=desk.office.record_id)
    assert [row.case_id for row in by_record] == [desk.office.other_case_id, desk.office.case_id]


def test_a_text_of_ones_own_and_a_text_that_is_none(desk: Desk) -> None:
    own = {"heading": "Maintenance tonight", "text": "From 22:00."}
    desk.call("notification.prepare", {"audience": ["team.desk"], "template": "message", "values": own})
    [row] = desk.rows()
    assert (row.address, row.subject) == ("desk@example.org", "[INC-2026-0042] Maintenance tonight")
    with pytest.raises(Exception, match="template"):
        desk.call("notification.prepare", {"audience": "owner", "template": "incident.opend"})


def test_a_case_without_a_record_is_named_by_its_number(desk: Desk) -> None:
    values = {"audience": "requester", "template": "task.waiting", "values": {"task": "Check the minutes"}}
    desk.call("notification.prepare", values, record_id=None, data={"title": "Meeting"})
    [row] = desk.rows()
    assert row.subject == "[C-2026-000042] Wartet auf Sie: Check the minutes"
    assert "Betreff: Meeting" in row.body
