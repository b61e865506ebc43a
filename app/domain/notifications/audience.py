"""Who is told: rules in a diagram's words become people with addresses."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from app.domain.people.holding import Place, answering
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember
from app.domain.records.records import Record
from app.errors import BusinessError, Message

CALLER_RULES = frozenset({"requester", "caller", "case.requester"})
OWNER_RULES = frozenset({"owner", "case.owner"})
_FIELD = re.compile(r"record\.([a-z][a-z0-9_]*)")
_PERSON = re.compile(r"(?:person:)?(\d+)")
_ROLE = re.compile(r"(?:role:)?([a-z][a-z0-9_]*\.[a-z][a-z0-9_-]*)")
_ADDRESS = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told something.

    `address` is empty where none is known, `person_id` is None for teams and for outsiders; these have no account,
    so a link is of no use to them.
    """

    person_id: int | None
    name: str
    address: str
    locale: str = ""
    time_zone: str = ""
    outsider: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the rules are about: the case's record, who asked, and when."""

    record: Record | None
    requester_id: int | None
    now: datetime


def read_rules(audience: str | Sequence[str]) -> list[str]:
    """Split and check audience rules.

    Known are `requester` (also `caller`: the person it is done for, known or not), `owner`, `team`,
    `record.<field>` (a person field), role keys such as `incidents.process_staff` and `team.network`
    (also `role:<key>`), and `person:<id>` or the bare id.

    Raises:
        BusinessError: `notification.unknown_audience`, naming the rule.
    """
    rules = re.split(r"[,\s]+", audience) if isinstance(audience, str) else list(audience)
    wanted = [rule.strip() for rule in rules if rule.strip()]
    for rule in wanted:
        plain = rule in CALLER_RULES or rule in OWNER_RULES or rule == "team"
        if not plain and not any(pattern.fullmatch(rule) for pattern in (_FIELD, _PERSON, _ROLE)):
            raise BusinessError("notification.unknown_audience", Message("There is no audience “{rule}”.", rule=rule))
    return wanted


def find_recipients(session: Session, audience: str | Sequence[str], around: Circumstances) -> list[Recipient]:
    """Return everybody the rules name, each once, in the order of the rules; people who left are not told.

    Raises:
        BusinessError: `notification.unknown_audience`.
    """
    found: list[Recipient] = []
    for rule in read_rules(audience):
        found.extend(_of_rule(session, rule, around))
    return list(_once(found))


def people_of_role(session: Session, role: str, record: Record | None) -> list[int]:
    """Return the ids of who holds a role, everywhere or for this record; of whoever answers for it where nobody does.

    Of a team its members, also where it has a mailbox.
    """
    place = Place(role, record.id, record.service_id) if record is not None else Place(role)
    return answering(session, [place])[place]


def _of_rule(session: Session, rule: str, around: Circumstances) -> Iterable[Recipient]:
    record = around.record
    if rule in CALLER_RULES:
        return _caller(session, around)
    if rule in OWNER_RULES:
        return _people(session, [record.owner_id if record else None])
    if rule == "team":
        return _team(session, Team.id == record.team_id) if record and record.team_id else []
    if match := _PERSON.fullmatch(rule):
        return _people(session, [int(match[1])])
    if match := _FIELD.fullmatch(rule):
        return _people(session, [_person_field(record, match[1])])
    match = _ROLE.fullmatch(rule)
    assert match is not None
    if match[1].startswith("team."):
        return _team(session, Team.key == match[1].removeprefix("team."))
    return _role(session, match[1], around)


def _caller(session: Session, around: Circumstances) -> list[Recipient]:
    """The person it is done for; a caller nobody knows is reached by the contact they left."""
    record = around.record
    person_id = record.requester_id if record else around.requester_id
    if person_id is not None:
        return _people(session, [person_id])
    name = str(getattr(record, "caller_name", None) or "")
    contact = str(getattr(record, "caller_contact", None) or "").strip()
    if not name and not contact:
        return []
    return [Recipient(None, name, contact if _ADDRESS.fullmatch(contact) else "", outsider=True)]


def _person_field(record: Record | None, field: str) -> int | None:
    """Read a person field: a column (`coordinator` or `coordinator_id`) or a custom field of the record."""
    if record is None:
        return None
    value = getattr(record, f"{field.removesuffix('_id')}_id", None) or record.custom.get(field)
    return int(value) if isinstance(value, int) or (isinstance(value, str) and value.isdigit()) else None


def _people(session: Session, ids: Sequence[int | None]) -> list[Recipient]:
    wanted = [one for one in ids if one is not None]
    return _recipients(session, Person.id.in_(wanted)) if wanted else []


def _team(session: Session, which: ColumnElement[bool]) -> list[Recipient]:
    """A team with a mailbox of its own is told there, once; any other by its members."""
    team = session.scalars(select(Team).where(which)).first()
    if team is None:
        return []
    if team.email:
        return [Recipient(None, team.name, team.email)]
    members = select(TeamMember.person_id).where(TeamMember.team_id == team.id)
    return _recipients(session, Person.id.in_(members))


def _role(session: Session, role: str, around: Circumstances) -> list[Recipient]:
    holds = (
        RoleAssignment.role == role,
        RoleAssignment.valid_from <= around.now,
        or_(RoleAssignment.valid_until.is_(None), RoleAssignment.valid_until > around.now),
        _counts_for(around.record),
    )
    people = select(RoleAssignment.person_id).where(*holds, RoleAssignment.person_id.is_not(None))
    members = select(TeamMember.person_id).join(RoleAssignment, RoleAssignment.team_id == TeamMember.team_id)
    return _recipients(session, or_(Person.id.in_(people), Person.id.in_(members.where(*holds))))


def _counts_for(record: Record | None) -> ColumnElement[bool]:
    """Condition on `RoleAssignment`: it counts everywhere, or for this record or its service."""
    everywhere = and_(RoleAssignment.service_id.is_(None), RoleAssignment.record_id.is_(None))
    if record is None:
        return everywhere
    services = [one for one in (record.service_id, record.id) if one is not None]
    return or_(everywhere, RoleAssignment.record_id == record.id, RoleAssignment.service_id.in_(services))


def _recipients(session: Session, which: ColumnElement[bool]) -> list[Recipient]:
    found = session.execute(
        select(Person.id, Person.name, Person.email, Person.locale, Person.time_zone)
        .where(which, Person.active)
        .order_by(Person.name, Person.id)
    )
    return [Recipient(row.id, row.name, row.email or "", row.locale, row.time_zone) for row in found]


def _once(found: Iterable[Recipient]) -> Iterable[Recipient]:
    seen: set[object] = set()
    for recipient in found:
        marks = {mark for mark in (recipient.person_id, recipient.address.casefold()) if mark}
        if not marks & seen:
            seen |= marks
            yield recipient
