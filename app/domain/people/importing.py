"""People from a table: read, checked as a whole, then stored all or not at all."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people.accounts import EMAIL, LOGIN
from app.domain.people.fresh import take_turns
from app.domain.people.records import Organisation, Person, Team, TeamMember
from app.errors import Conflict, Invalid, Message

COLUMNS = ("name", "login", "email", "organisation", "teams")
NEEDED = ("name", "login")
MOST_ROWS = 20_000
LONGEST = 200

Fate = Literal["new", "changed", "same", "wrong"]


@dataclass(slots=True)
class Line:
    """One row of the table: what would become of it, and what is wrong with it."""

    number: int
    values: dict[str, str]
    fate: Fate = "new"
    faults: list[str] = field(default_factory=list)
    person_id: int | None = None
    organisation_id: int | None = None
    team_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """What an import would do."""

    lines: list[Line]

    def count(self, fate: Fate) -> int:
        """Return how many rows have this fate."""
        return sum(line.fate == fate for line in self.lines)

    @property
    def wrong(self) -> list[Line]:
        """The rows that cannot be taken over."""
        return [line for line in self.lines if line.fate == "wrong"]


def read(content: bytes | str) -> list[dict[str, str]]:
    """Read a table with a first row of column names, separated by commas, semicolons or tabs.

    Raises:
        Invalid: it is no UTF-8 text, has no rows or too many, or lacks a column.
    """
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError:
        raise _refusal(Message("This is no text in UTF-8. Save the table as “CSV UTF-8” and try again.")) from None
    text = text.removeprefix("\ufeff").replace("\x00", "")
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        raise _refusal(Message("This cannot be read as a table of values separated by commas.")) from None
    heads = [head.strip().casefold() for head in rows[0]] if rows else []
    for name in NEEDED:
        if name not in heads:
            raise _refusal(Message("The first row must name the columns; “{name}” is missing.", name=name))
    found = [row for row in rows[1:] if any(cell.strip() for cell in row)]
    if not found:
        raise _refusal(Message("There are no people in this table."))
    if len(found) > MOST_ROWS:
        raise _refusal(Message("At most {most} rows can be imported at once.", most=MOST_ROWS))
    return [
        {head: cell.strip() for head, cell in zip(heads, row, strict=False) if head in COLUMNS} for row in found
    ]  # fmt: skip


def plan(session: Session, rows: list[dict[str, str]]) -> Plan:
    """Say what would become of each row; people are matched by login, empty cells change nothing."""
    take_turns(session, "people")
    lines = [Line(number, values) for number, values in enumerate(rows, start=2)]
    logins = {line.values.get("login", "").lower() for line in lines}
    known = {
        person.login.lower(): person
        for person in session.scalars(select(Person).where(func.lower(Person.login).in_(logins)))
    }
    organisations = {
        name.casefold(): one for one, name in session.execute(select(Organisation.id, Organisation.name)).all()
    }
    teams = {key: one for one, key in session.execute(select(Team.id, Team.key)).all()}
    teams |= {name.casefold(): one for one, name in session.execute(select(Team.id, Team.name)).all()}
    members: dict[int, set[int]] = {}
    for team_id, person_id in session.execute(select(TeamMember.team_id, TeamMember.person_id)).all():
        members.setdefault(person_id, set()).add(team_id)
    seen: dict[str, int] = {}
    for line in lines:
        _check(line, seen, organisations, teams)
        person = known.get(line.values.get("login", "").lower())
        if line.faults:
            line.fate = "wrong"
        elif person is not None:
            line.person_id = person.id
            line.fate = "changed" if _differs(line, person, members.get(person.id, set())) else "same"
    return Plan(lines)


def _check(line: Line, seen: dict[str, int], organisations: Mapping[str, int], teams: Mapping[str, int]) -> None:
    values = line.values
    login = values.get("login", "")
    if not LOGIN.fullmatch(login):
        line.faults.append(Message("Please use up to 100 letters, digits and . _ @ + - for the login."))
    elif login.lower() in seen:
        line.faults.append(Message("Row {row} has the same login.", row=seen[login.lower()]))
    else:
        seen[login.lower()] = line.number
    if not values.get("name"):
        line.faults.append(Message("Please give a name."))
    if values.get("email") and not EMAIL.fullmatch(values["email"]):
        line.faults.append(Message("This does not look like an e-mail address."))
    if any(len(value) > LONGEST for value in values.values()):
        line.faults.append(Message("This is longer than {most} characters.", most=LONGEST))
    if organisation := values.get("organisation"):
        line.organisation_id = organisations.get(organisation.casefold())
        if line.organisation_id is None:
            line.faults.append(Message("There is no organisation “{name}”.", name=organisation))
    for name in values.get("teams", "").replace(";", ",").replace("|", ",").split(","):
        if not name.strip():
            continue
        team_id = teams.get(name.strip()) or teams.get(name.strip().casefold())
        if team_id is None:
            line.faults.append(Message("There is no team “{name}”.", name=name.strip()))
        elif team_id not in line.team_ids:
            line.team_ids.append(team_id)


def _differs(line: Line, person: Person, teams: set[int]) -> bool:
    values = line.values
    return (
        values["name"] != person.name
        or bool(values.get("email"))
        and values.get("email") != person.email
        or line.organisation_id not in (None, person.organisation_id)
        or not set(line.team_ids) <= teams
    )


def carry_out(
    session: Session, wanted: Plan, *, actor_id: int | None, locale: str, time_zone: str
) -> tuple[list[int], list[int]]:
    """Store what the plan says; nobody is taken out of a team, nobody's account is opened or closed.

    Returns:
        Ids of the people who are new, and of those who were changed.

    Raises:
        Conflict: rows of the plan are wrong.
    """
    if wanted.wrong:
        raise Conflict("Nothing was imported, because rows of the table are wrong.")
    fresh = [line for line in wanted.lines if line.fate == "new"]
    changed = [line for line in wanted.lines if line.fate == "changed"]
    now = clock.now()
    people = [
        Person(
            login=line.values["login"], name=line.values["name"], email=line.values.get("email") or None,
            organisation_id=line.organisation_id, locale=locale, time_zone=time_zone, administrator=False, active=True,
            single_keys=True, failed_logins=0, created_at=now, version=1,
        )
        for line in fresh
    ]  # fmt: skip
    session.add_all(people)
    session.flush()
    for line, person in zip(fresh, people, strict=True):
        line.person_id = person.id
    ids = [line.person_id for line in changed]
    known = {
        person.id: person
        for person in session.scalars(select(Person).where(Person.id.in_(ids)).with_for_update(**LOCKED))
    }
    for line in changed:
        person = known[line.person_id or 0]
        person.name, person.email = line.values["name"], line.values.get("email") or person.email
        person.organisation_id = line.organisation_id or person.organisation_id
        person.version += 1
    places = select(TeamMember.team_id, TeamMember.person_id).where(TeamMember.person_id.in_(ids))
    there = {(row.team_id, row.person_id) for row in session.execute(places)}
    session.add_all(
        TeamMember(team_id=team_id, person_id=line.person_id, leads=False)
        for line in (*fresh, *changed)
        for team_id in line.team_ids
        if (team_id, line.person_id) not in there
    )
    session.flush()
    added, others = [person.id for person in people], [one for one in ids if one is not None]
    if added or others:
        facts = {"added": added, "changed": others}
        system.note(session, "people.imported", subject="people", actor_id=actor_id, data=facts)
    return added, others


def _refusal(told: Message) -> Invalid:
    return Invalid({"file": [told]}, told)
