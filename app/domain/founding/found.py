"""Storing everything that the guided page asked for: all of it, or nothing."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.calendars import editing
from app.domain.calendars.week import WEEKDAYS
from app.domain.calendars.working_time import DEFAULT_CALENDAR, put_calendar
from app.domain.configuration import changing
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import Configuration, ruled
from app.domain.founding.answers import Answers
from app.domain.journal import system
from app.domain.people import importing
from app.domain.people.accounts import create_person, find_by_login
from app.domain.people.directory import assign_role
from app.domain.people.records import Organisation, Person
from app.domain.records.writer import Records
from app.errors import Conflict, Invalid, Message

SUBJECT = "installation"
FOUNDED = "installation.founded"
TOO_LATE = Message(
    "Somebody else has set Stellwerk up meanwhile, so nothing of yours was stored. Sign in with the account that they"
    " made, or ask them for one."
)


def is_empty(session: Session) -> bool:
    """Tell whether there is nobody yet."""
    return session.scalar(select(Person.id).limit(1)) is None


def take_turn(session: Session) -> None:
    """Wait for others who found the organisation at the same moment.

    Raises:
        Conflict: one of them was faster.
    """
    system.take_turns(session, system.chain_of(SUBJECT))
    if not is_empty(session):
        raise Conflict(TOO_LATE)


def found(session: Session, configuration: Configuration, records: Records, answers: Answers) -> Person:
    """Store organisation, calendar, settings, people, roles and the first service; return the administrator.

    Raises:
        Conflict: somebody else was faster.
        Invalid: answers will not do, by field; the table of people by `people`.
    """
    take_turn(session)
    told = answers.of("organisation")
    zone, locale = told["default_time_zone"], told["default_locale"]
    _make_calendar(session, answers, zone)
    ours = Organisation(name=told["organisation"], kind="own")
    session.add(ours)
    session.flush()

    def person(name: str, login: str, email: str, *, administrator: bool = False) -> Person:
        return find_by_login(session, login) or create_person(
            session, name=name, login=login, email=email or None, organisation_id=ours.id, locale=locale,
            time_zone=zone, administrator=administrator,
        )  # fmt: skip

    first = answers.of("administrator")
    administrator = person(first["name"], first["login"], first["email"], administrator=True)
    administrator.password_hash = answers.password_hash
    leaders = answers.of("leaders")
    for prefix, role in (("owner_", "management.sms_owner"), ("manager_", "management.sms_manager")):
        who = [leaders[f"{prefix}{name}"] for name in ("name", "login", "email")]
        holder = person(*who) if who[1] else administrator
        assign_role(session, role, person_id=holder.id)
    _import_people(session, answers, administrator.id, locale, zone)
    _change_settings(session, configuration, answers, administrator.id)
    service = answers.of("service")
    records.create(
        session, "service", title=service["service"], requester_id=None, owner_id=administrator.id,
        values={"description": service["description"]}, actor_id=administrator.id, case_id=None, element="",
    )  # fmt: skip
    system.note(session, FOUNDED, subject=SUBJECT, actor_id=administrator.id, data={"organisation": ours.id})
    return administrator


def _make_calendar(session: Session, answers: Answers, zone: str) -> None:
    told = answers.of("calendar")
    hours = {day: told[day] for day in WEEKDAYS}
    written = editing.understood(told["calendar_name"], zone, hours, told["exceptions"], told["region"])
    put_calendar(
        session, DEFAULT_CALENDAR, name=written.name, time_zone=zone, hours=written.hours, region=written.region,
        exceptions=written.exceptions,
    )  # fmt: skip


def _import_people(session: Session, answers: Answers, actor_id: int, locale: str, zone: str) -> None:
    table = answers.of("people")["people"]
    if not table:
        return
    plan = importing.plan(session, importing.read(table))
    if plan.wrong:
        # The first faults are enough to see what the table lacks.
        told = [
            Message("Row {row}: {fault}", row=line.number, fault=fault)
            for line in plan.wrong[:10]
            for fault in line.faults
        ]
        raise Invalid({"people": [*told]})
    importing.carry_out(session, plan, actor_id=actor_id, locale=locale, time_zone=zone)


def _change_settings(session: Session, configuration: Configuration, answers: Answers, actor_id: int) -> None:
    given = answers.of("organisation") | {"default_sla": answers.of("service")["default_sla"]}
    mail = answers.of("mail")
    if mail["mail_host"]:
        given |= mail
    # What the environment sets stays as it is.
    given = {key: value for key, value in given.items() if not ruled(configuration.settings, ITEMS[key])}
    changing.change(session, configuration, given, actor_id=actor_id)
