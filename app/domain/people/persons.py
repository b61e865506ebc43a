"""Persons as those who look after them see them: found, added, changed."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people import accounts
from app.domain.people.accounts import EMAIL, LOGIN
from app.domain.people.fresh import refuse_stale, take_turns
from app.domain.people.looking import called
from app.domain.people.records import Organisation, Person, TeamMember
from app.errors import Conflict, Invalid, Message, NotFound

PAGE = 50
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Search:
    """Which people are wanted; `state` is `active`, `left` or empty for all."""

    text: str = ""
    organisation_id: int | None = None
    team_id: int | None = None
    state: str = "active"


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a person."""

    name: str
    login: str
    email: str = ""
    phone: str = ""
    department: str = ""
    organisation_id: int | None = None
    locale: str = "en"
    time_zone: str = "Europe/Berlin"
    administrator: bool = False


def find(session: Session, wanted: Search, *, page: int = 1) -> tuple[list[Person], int]:
    """Return one page of the people who match, by name, and how many there are in all."""
    conditions = _conditions(wanted)
    query = select(Person).options(joinedload(Person.organisation)).where(*conditions)
    rows = session.scalars(query.order_by(Person.name, Person.id).offset((page - 1) * PAGE).limit(PAGE))
    return list(rows), session.scalar(select(func.count(Person.id)).where(*conditions)) or 0


def _conditions(wanted: Search) -> list[ColumnElement[bool]]:
    conditions = called(wanted.text)
    if wanted.organisation_id is not None:
        conditions.append(Person.organisation_id == wanted.organisation_id)
    if wanted.team_id is not None:
        conditions.append(Person.id.in_(select(TeamMember.person_id).where(TeamMember.team_id == wanted.team_id)))
    if wanted.state in ("active", "left"):
        conditions.append(Person.active.is_(wanted.state == "active"))
    return conditions


def add(session: Session, details: Details, *, actor_id: int | None, password: str | None = None) -> Person:
    """Store a new person; without a password nobody signs in as them with one.

    Raises:
        Invalid: something will not do; all of it at once.
    """
    take_turns(session, "people")
    told = _faults(session, details)
    try:
        person = accounts.create_person(
            session, login=details.login, name=details.name, email=details.email, phone=details.phone.strip() or None,
            department=details.department.strip() or None, organisation_id=None, password=password,
            locale=details.locale, time_zone=details.time_zone, administrator=details.administrator,
        )  # fmt: skip
    except Invalid as refusal:
        raise Invalid(told | refusal.fields) from refusal
    if told:
        raise Invalid(told)
    person.organisation_id = details.organisation_id
    session.flush()
    _note(session, "person.added", person, actor_id)
    return person


def change(
    session: Session, person_id: int, details: Details, *, actor_id: int | None, seen: int | None = None
) -> Person:
    """Store what is now known of a person.

    Raises:
        NotFound: there is no such person.
        Invalid: something will not do; all of it at once.
        Conflict: somebody else has changed it since version `seen`, or no administrator would be left.
    """
    take_turns(session, "people")
    person = session.get(Person, person_id, with_for_update=LOCKED, populate_existing=True)
    if person is None:
        raise NotFound()
    login, name, email = details.login.strip(), " ".join(details.name.split()), details.email.strip() or None
    told = _faults(session, details)
    if not LOGIN.fullmatch(login):
        told["login"] = [Message("Please use up to 100 letters, digits and . _ @ + - for the login.")]
    else:
        other = accounts.find_by_login(session, login)
        if other is not None and other.id != person_id:
            told["login"] = [Message("The login “{login}” is taken.", login=login)]
    if not name:
        told["name"] = [Message("Please give a name.")]
    if email and not EMAIL.fullmatch(email):
        told["email"] = [Message("This does not look like an e-mail address.")]
    if told:
        raise Invalid(told)
    refuse_stale(person, seen)
    if person.administrator and not details.administrator:
        refuse_without_administrator(session, person_id)
    person.login, person.name, person.email = login, name, email
    person.phone, person.department = details.phone.strip() or None, details.department.strip() or None
    person.organisation_id, person.locale, person.time_zone = (
        details.organisation_id, details.locale, details.time_zone
    )  # fmt: skip
    person.administrator = details.administrator
    session.flush()
    _note(session, "person.changed", person, actor_id)
    return person


def refuse_without_administrator(session: Session, leaving_id: int) -> None:
    """Refuse to go on when this person is the last administrator.

    Raises:
        Conflict: nobody else could administer this installation.
    """
    # Locked, so that two who take the right from each other at once do not both succeed.
    others = select(Person.id).where(Person.administrator, Person.active).with_for_update(**LOCKED)
    if not set(session.scalars(others)) - {leaving_id}:
        raise Conflict("Somebody must stay who may administer this installation.")


def _faults(session: Session, details: Details) -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for name in ("name", "email", "phone", "department"):
        if len(getattr(details, name)) > LONGEST:
            told[name] = [Message("This is longer than {most} characters.", most=LONGEST)]
    if not accounts.is_time_zone(details.time_zone):
        told["time_zone"] = [Message("There is no time zone “{name}”.", name=details.time_zone)]
    organisation_id = details.organisation_id
    if organisation_id is not None and session.get(Organisation, organisation_id) is None:
        told["organisation"] = [Message("Choose one of the organisations that are offered.")]
    return told


def _note(session: Session, event: str, person: Person, actor_id: int | None) -> None:
    facts = {"organisation": person.organisation_id, "administrator": person.administrator}
    named = {"name": person.name, "login": person.login, "email": person.email}
    system.note(session, event, subject=f"person:{person.id}", actor_id=actor_id, data=facts, payload=named)
