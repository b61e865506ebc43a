"""The first start: guarded by a code, step by step, all or nothing, once."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Response
from lxml import html
from sqlalchemy import func, select

from app.bootstrap import build
from app.database.embedded import Cluster
from app.domain.calendars.records import Calendar
from app.domain.demo import REPORTS
from app.domain.founding import code
from app.domain.journal.records import JournalEntry
from app.domain.people import identity
from app.domain.people.accounts import find_by_login
from app.domain.people.records import Organisation, Person
from app.domain.portfolio.records import Service
from app.engine import repair
from app.engine.records import Case
from app.main import create_app
from app.processes.publish import publish
from app.settings import Settings
from app.showcase.play import person
from app.web import csrf
from tests.databases import copied
from tests.web.office import Browser, Office

PATH = "/first-start"
STEPS: dict[str, dict[str, Any]] = {
    "organisation": {"organisation": "Nordwind", "default_locale": "de", "default_time_zone": "Europe/Paris"},
    "calendar": {"calendar_name": "Office", "mon": "08:00-16:00", "region": "DE", "exceptions": "2026-12-24"},
    "mail": {
        "mail_from": "desk@example.org", "mail_host": "mail.example.org", "mail_security": "tls",
        "mail_password": "s3cret-word",
    },
    "administrator": {
        "name": "Ada Lovelace", "login": "ada", "email": "ada@example.org", "password": "correct horse battery",
        "again": "correct horse battery",
    },
    "leaders": {"owner_name": "Grace Hopper", "owner_login": "grace"},
    "people": {"people": "name,login,email\nAlan Turing,alan,alan@example.org\nJoan Clarke,joan,"},
    "service": {"service": "Storage", "description": "Files.", "default_sla": "Working days from 8 to 16.\r\nNo more."},
}  # fmt: skip


@pytest.fixture
def empty(cluster: Cluster, migrated: str, tmp_path: Path) -> Iterator[Office]:
    """An installation that nobody has set up yet."""
    with copied(cluster, migrated) as url:
        parts = build(Settings(var=tmp_path, demo_days=12), url)
        with parts.database.transaction() as session:
            publish(session, parts.library, parts.library.shipped(), parser=parts.parser, registry=parts.registry)
        yield Office(parts, create_app(parts))
        parts.database.close()


class Guest(Browser):
    """A browser in which nobody is signed in, with a token of its visit; goes through the steps."""

    def __init__(self, office: Office) -> None:
        super().__init__(office.app, "")
        self.get(PATH)
        self.secret = self.cookies.get(csrf.VISITOR, "")
        self.state = ""
        self.key = code.code_of(office.parts.settings)

    def tell(self, data: dict[str, Any], status: int = 200, **more: Any) -> Response:
        """Send a form and remember what the next one carries."""
        answer = self.post(PATH, {"state": self.state, **data}, **more)
        assert answer.status_code == status, f"{answer.status_code} {answer.text[:3000]}"
        if found := html.fromstring(answer.text).xpath("//input[@name='state']/@value"):
            self.state = found[0]
        return answer

    def step(self, key: str, do: str = "next", status: int = 200, **changes: str) -> Response:
        """Answer a step."""
        return self.tell({**STEPS.get(key, {}), "step": key, "do": do, **changes}, status)

    def go_through(self) -> None:
        """Answer everything."""
        self.tell({"code": self.key})
        for key in STEPS:
            self.step(key)


def test_every_page_of_an_empty_installation_leads_there(empty: Office) -> None:
    visitor = empty.visitor()
    for path in ("/", "/work", "/administration", "/records/incident"):
        answer = visitor.get(path)
        while answer.status_code == 303:
            answer = visitor.get(answer.headers["location"])
        assert answer.url.path == PATH and "Nobody is here yet" in answer.text


def test_without_the_code_nobody_gets_on(empty: Office) -> None:
    guest = Guest(empty)
    assert "This is not the set-up code" in guest.tell({"code": "AAAA-BBBB-CCCC-DDDD"}, 403).text
    for data in ({"do": "demo"}, {"do": "finish", "step": "review"}, {"state": "forged", "do": "finish"}):
        guest.tell(data, 403)
    with empty.parts.database.transaction() as session:
        assert session.scalar(select(func.count(Person.id))) == 0


def test_answers_of_another_browser_are_not_taken(empty: Office) -> None:
    guest, other = Guest(empty), Guest(empty)
    guest.tell({"code": guest.key})
    other.tell({"state": guest.state, "step": "review", "do": "finish"}, 403)


def test_everything_is_stored_at_the_end_and_the_page_is_gone(empty: Office) -> None:
    guest = Guest(empty)
    guest.go_through()
    with empty.parts.database.transaction() as session:
        assert session.scalar(select(func.count(Person.id))) == 0
        assert session.scalar(select(func.count(Calendar.id))) == 0
    assert "Sign in as ada" in guest.step("review", "finish").text
    configuration = empty.parts.configuration
    assert (configuration.organisation, configuration.default_locale) == ("Nordwind", "de")
    assert configuration.mail_url == "smtps://mail.example.org"
    assert configuration.now()["default_sla"] == "Working days from 8 to 16.\nNo more."
    with empty.parts.database.transaction() as session:
        logins = set(session.scalars(select(Person.login)))
        assert logins == {"ada", "grace", "alan", "joan"}
        roles = {}
        for login in ("ada", "grace"):
            person = find_by_login(session, login)
            assert person is not None and (person.locale, person.time_zone) == ("de", "Europe/Paris")
            found = identity.of_person(session, person.id)
            assert found is not None
            roles[login] = found
        assert "management.sms_owner" in roles["grace"].roles and not roles["grace"].administrator
        assert "management.sms_manager" in roles["ada"].roles and roles["ada"].administrator
        assert session.scalars(select(Service.title)).all() == ["Storage"]
        assert session.scalars(select(Organisation.name)).all() == ["Nordwind"]
        calendar = session.scalars(select(Calendar)).one()
        assert (calendar.key, calendar.hours, calendar.time_zone) == (
            "office",
            {"mon": [["08:00", "16:00"]]},
            "Europe/Paris",
        )
        lines = session.scalars(select(JournalEntry.event).where(JournalEntry.chain == "system:installation")).all()
        assert lines == ["installation.founded"]
    assert guest.get(PATH).status_code == 404
    assert not (empty.parts.settings.var / code.FILE).exists()
    answer = guest.post("/sign-in", {"login": "ada", "password": "correct horse battery", "back": "/administration"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/administration")


def test_the_password_is_never_in_a_page(empty: Office) -> None:
    guest = Guest(empty)
    guest.tell({"code": guest.key})
    for key in STEPS:
        text = guest.step(key).text
        assert "correct horse" not in text and "s3cret-word" not in text


@pytest.mark.parametrize(
    ("key", "changes", "field"),
    [
        ("organisation", {"organisation": ""}, "organisation"),
        ("organisation", {"default_time_zone": "Nowhere"}, "default_time_zone"),
        ("calendar", {"mon": "late"}, "mon"),
        ("calendar", {"mon": ""}, "mon"),
        ("calendar", {"calendar_name": ""}, "calendar_name"),
        ("mail", {"mail_host": ""}, "mail_host"),
        ("mail", {"mail_port": "x"}, "mail_port"),
        ("administrator", {"again": "something else"}, "again"),
        ("administrator", {"password": "short", "again": "short"}, "password"),
        ("administrator", {"login": "no blanks"}, "login"),
        ("leaders", {"owner_login": ""}, "owner_login"),
        ("leaders", {"manager_email": "x"}, "manager_name"),
        ("people", {"people": "who\nme"}, "people"),
        ("service", {"service": ""}, "service"),
        ("service", {"default_sla": ""}, "default_sla"),
    ],
)
def test_each_step_says_what_is_wrong_and_keeps_what_was_typed(
    empty: Office, key: str, changes: dict[str, str], field: str
) -> None:
    guest = Guest(empty)
    guest.tell({"code": guest.key})
    guest.step("organisation")
    answer = guest.step(key, status=422, **changes)
    assert f'id="{field}-error"' in answer.text
    assert f'name="step" value="{key}"' in answer.text


def test_one_can_go_back_change_and_skip_what_may_be_skipped(empty: Office) -> None:
    guest = Guest(empty)
    guest.go_through()
    assert 'value="service"' in guest.step("review", "back").text
    assert "Alan Turing" in guest.step("service", "back").text
    guest.step("people", "skip")
    guest.step("service")
    guest.step("organisation", organisation="Südwind")
    guest.step("mail", "skip")
    guest.step("leaders", "skip")
    # A required step cannot be skipped.
    guest.step("service", "skip", status=422, service="")
    guest.step("service")
    guest.step("review", "finish")
    with empty.parts.database.transaction() as session:
        assert session.scalars(select(Person.login)).all() == ["ada"]
    assert (empty.parts.configuration.organisation, empty.parts.configuration.mail_url) == ("Südwind", "")


def test_whoever_jumps_to_the_end_is_led_to_what_is_missing(empty: Office) -> None:
    guest = Guest(empty)
    guest.tell({"code": guest.key})
    assert 'name="step" value="organisation"' in guest.step("review", "finish", status=422).text


def test_a_table_with_faults_stores_nothing_and_says_which_rows(empty: Office) -> None:
    guest = Guest(empty)
    guest.go_through()
    guest.step("people", people="name,login,team\nA,a,\nB,no blanks,\nC,,")
    answer = guest.step("review", "finish", status=422)
    assert "Row 3" in answer.text and 'name="step" value="people"' in answer.text
    with empty.parts.database.transaction() as session:
        assert session.scalar(select(func.count(Person.id))) == 0
        assert session.scalar(select(func.count(Organisation.id))) == 0


def test_of_two_at_once_the_second_is_told(empty: Office) -> None:
    first, second = Guest(empty), Guest(empty)
    first.go_through()
    second.go_through()
    first.step("review", "finish")
    assert "Jemand anderes hat Stellwerk inzwischen eingerichtet" in second.step("review", "finish", status=409).text
    assert "Jemand anderes hat Stellwerk inzwischen eingerichtet" in second.tell({"do": "demo"}, 409).text
    second.state = ""
    second.tell({"code": second.key}, 404)


def test_a_table_may_come_as_a_file(empty: Office) -> None:
    guest = Guest(empty)
    guest.tell({"code": guest.key})
    data = {"step": "people", "do": "next"}
    guest.tell(data, 422, files={"file": ("people.csv", b"\xff\xfe", "text/csv")})
    guest.tell(data, files={"file": ("people.csv", "name;login\nJörg;joerg".encode("utf-8-sig"), "text/csv")})
    assert "Jörg" in guest.step("service", "back").text


def test_the_demo_may_be_loaded_instead_and_its_people_are_offered(
    empty: Office, caplog: pytest.LogCaptureFixture
) -> None:
    assert "nordhafen-demo" not in empty.visitor().get("/sign-in").text
    guest = Guest(empty)
    guest.tell({"code": guest.key})
    assert "nordhafen-demo" in guest.tell({"do": "demo"}).text
    # What fails in it fails on purpose, and nobody is to look for the reason in the log.
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING] == []
    with empty.parts.database.transaction() as session:
        assert (session.scalar(select(func.count(Case.id))) or 0) > len(REPORTS)
        stuck = session.scalars(select(Case).where(Case.status == "stuck").order_by(Case.id)).one()
        assert (stuck.stuck_element, stuck.title) == ("deliver", "Tide tables come out of the plotter too small")
        assert "does not answer" in (stuck.stuck_message or "")
        manager = person(session, "tomasz.zielinski")
        assert repair.retry(empty.parts.engine, session, stuck.id, manager, "It answers").case.status == "running"
    assert guest.get(PATH).status_code == 404
    assert "nordhafen-demo" in guest.get("/sign-in").text


def test_where_there_are_people_there_is_no_such_page(office: Office) -> None:
    assert office.visitor().get(PATH).status_code == 404
    assert "nordhafen-demo" not in office.visitor().get("/sign-in").text
