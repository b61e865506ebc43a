"""The demo organisation is complete: everybody can sign in, every role of incidents is held, nothing is made twice."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain import demo
from app.domain.calendars.working_time import CalendarTime
from app.domain.demo.cast import PEOPLE, TEAMS
from app.domain.people import accounts, identity
from app.domain.people.directory import Directory
from app.domain.people.passwords import check_rules
from app.domain.people.records import Person
from app.domain.people.sign_in import Lockout, sign_in
from app.domain.portfolio.queries import live_services
from app.domain.problems.records import KnownError
from app.domain.records.records import Record


@pytest.fixture
def organisation(session: Session) -> None:
    """The demo organisation, made."""
    assert demo.make_organisation(session)


def test_it_is_made_only_where_there_is_nobody(session: Session, organisation: None) -> None:
    before = session.scalar(select(func.count(Record.id)))
    assert not demo.make_organisation(session)
    assert session.scalar(select(func.count(Person.id))) == len(PEOPLE) == 19
    assert session.scalar(select(func.count(Record.id))) == before


def test_everybody_signs_in_with_the_one_password(session: Session, organisation: None) -> None:
    for member in (PEOPLE[0], PEOPLE[-1]):
        check_rules(demo.PASSWORD, login=member.login, name=member.name)
        assert sign_in(session, member.login, demo.PASSWORD, hours=1, lockout=Lockout()) is not None


def test_everybody_has_the_roles_and_the_team_they_should(session: Session, organisation: None) -> None:
    team_roles = {crew.key: {f"team.{crew.key}", *crew.roles} for crew in TEAMS}
    for member in PEOPLE:
        person = accounts.find_by_login(session, member.login)
        assert person is not None
        found = identity.of_person(session, person.id)
        assert found is not None
        assert found.roles >= {*member.roles, *team_roles.get(member.team, set())}


@pytest.mark.parametrize(
    "role",
    [
        "incidents.process_owner", "incidents.process_manager", "incidents.process_staff", "problems.process_staff",
        "management.sms_owner", "management.sms_manager", "management.auditor",
        "team.service_desk", "team.network", "team.storage", "team.workplace", "team.vendor_liaison",
    ],
)  # fmt: skip
def test_no_role_of_incidents_is_vacant(session: Session, organisation: None, role: str) -> None:
    assert Directory().holders(session, role)


def test_every_level_of_support_has_a_team() -> None:
    assert {crew.level for crew in TEAMS} == {1, 2, 3}


def test_services_have_owner_and_team_and_known_errors_a_workaround(session: Session, organisation: None) -> None:
    services = live_services(session)
    assert len(services) == 8
    assert all(service.owner_id and service.team_id for service in services)
    known = session.scalars(select(KnownError)).all()
    assert len(known) == 5
    assert all(error.workaround and error.symptoms and error.service_id for error in known)


def test_the_office_is_closed_on_public_holidays(session: Session) -> None:
    with clock.at(datetime(2026, 3, 6, tzinfo=UTC)):
        demo.make_organisation(session)
    week = CalendarTime(session).week("office")
    assert not week.spans(date(2026, 4, 3))
    assert not week.spans(date(2027, 5, 6))
    assert week.spans(date(2026, 4, 7))
