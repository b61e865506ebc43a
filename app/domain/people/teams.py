"""Teams: who is in them, who leads them, at which level of support, and the mailbox they share."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people.accounts import EMAIL
from app.domain.people.fresh import hold_rights, refuse_stale, take_turns
from app.domain.people.records import Person, Team, TeamMember
from app.errors import Invalid, Message, NotFound

KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
LEVELS = (1, 2, 3)
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of a team; its key cannot be changed once diagrams may name it."""

    name: str
    key: str = ""
    level: int | None = None
    email: str = ""


def listed(session: Session) -> list[Row[Team, int]]:
    """Return all teams by name, each with the number of its active members."""
    query = (
        select(Team, func.count(Person.id))
        .outerjoin(TeamMember, TeamMember.team_id == Team.id)
        .outerjoin(Person, (Person.id == TeamMember.person_id) & Person.active)
    )
    return list(session.execute(query.group_by(Team.id).order_by(Team.name)))


def members(session: Session, team_id: int) -> list[Row[Person, bool]]:
    """Return who is in a team and whether they lead it, leaders first."""
    query = select(Person, TeamMember.leads).join(TeamMember, TeamMember.person_id == Person.id)
    return list(
        session.execute(query.where(TeamMember.team_id == team_id).order_by(TeamMember.leads.desc(), Person.name))
    )


def teams_of(session: Session, person_id: int) -> list[Row[Team, bool]]:
    """Return the teams that a person is in and whether they lead them."""
    query = select(Team, TeamMember.leads).join(TeamMember, TeamMember.team_id == Team.id)
    return list(session.execute(query.where(TeamMember.person_id == person_id).order_by(Team.name)))


def leads(session: Session, leader_id: int, person_id: int) -> bool:
    """Tell whether somebody leads a team that the person is in."""
    led = select(TeamMember.team_id).where(TeamMember.person_id == leader_id, TeamMember.leads)
    query = select(TeamMember.team_id).where(TeamMember.person_id == person_id, TeamMember.team_id.in_(led))
    return session.scalar(query.limit(1)) is not None


def save(
    session: Session, team_id: int | None, details: Details, *, actor_id: int | None, seen: int | None = None
) -> Team:
    """Store a new team, or what is now known of one.

    Raises:
        NotFound: there is none of this id.
        Invalid: the name is empty, the key malformed or taken, the level or the address will not do.
        Conflict: somebody else has changed it since version `seen`.
    """
    take_turns(session, "teams")
    team: Team | None = None
    if team_id is not None:
        team = _locked(session, team_id)
    name, email, key = " ".join(details.name.split()), details.email.strip() or None, details.key.strip()
    told: dict[str, list[str]] = {}
    if not name or len(name) > LONGEST:
        told["name"] = [Message("Please give a name of up to {most} characters.", most=LONGEST)]
    if details.level not in (None, *LEVELS):
        told["level"] = [Message("Choose one of the levels that are offered.")]
    if email and not EMAIL.fullmatch(email):
        told["email"] = [Message("This does not look like an e-mail address.")]
    if team is None:
        if not KEY.fullmatch(key):
            told["key"] = [Message("Please use small letters, digits and _ for the key, beginning with a letter.")]
        elif session.scalar(select(Team.id).where(Team.key == key)):
            told["key"] = [Message("There is a team with this key already.")]
    if told:
        raise Invalid(told)
    if team is None:
        team = Team(key=key, name=name, level=details.level, email=email, version=1)
        session.add(team)
    else:
        refuse_stale(team, seen)
        team.name, team.level, team.email = name, details.level, email
    session.flush()
    event = "team.added" if team_id is None else "team.changed"
    facts = {"key": team.key, "level": team.level}
    system.note(session, event, subject=f"team:{team.id}", actor_id=actor_id, data=facts)
    return team


def set_members(
    session: Session, team_id: int, chosen: Iterable[int], leaders: Iterable[int], *, actor_id: int | None
) -> set[int]:
    """Make these people the members of a team, and these among them its leaders.

    Returns:
        Ids of those who were in the team and are not any more.

    Raises:
        NotFound: there is no such team.
        Invalid: somebody does not exist or is no longer active.
    """
    take_turns(session, "teams")
    team = _locked(session, team_id)
    wanted, leading = set(chosen), set(leaders)
    before = {row.person_id: row for row in session.scalars(select(TeamMember).where(TeamMember.team_id == team_id))}
    fresh = wanted - before.keys()
    # Whoever closes the account of one of them at this moment is waited for, or waits.
    hold_rights(session, fresh | (before.keys() - wanted))
    known = set(session.scalars(select(Person.id).where(Person.id.in_(fresh), Person.active))) if fresh else set()
    if fresh - known:
        raise Invalid({"members": [Message("Somebody you chose is not here any more.")]})
    gone = before.keys() - wanted
    session.execute(delete(TeamMember).where(TeamMember.team_id == team_id, TeamMember.person_id.in_(gone)))
    session.add_all(TeamMember(team_id=team_id, person_id=one, leads=one in leading) for one in sorted(fresh))
    changed = sorted(fresh)
    for person_id in wanted & before.keys():
        if before[person_id].leads != (person_id in leading):
            before[person_id].leads = person_id in leading
            changed.append(person_id)
    session.flush()
    for person_id in sorted(gone):
        _note(session, "team.left", person_id, team, actor_id, leads=False)
    for person_id in changed:
        event = "team.joined" if person_id in fresh else "team.led" if person_id in leading else "team.not_led"
        _note(session, event, person_id, team, actor_id, leads=person_id in leading)
    return set(gone)


def _note(session: Session, event: str, person_id: int, team: Team, actor_id: int | None, *, leads: bool) -> None:
    facts = {"team": team.key, "leads": leads}
    system.note(session, event, subject=f"person:{person_id}", actor_id=actor_id, data=facts)


def _locked(session: Session, team_id: int) -> Team:
    team = session.get(Team, team_id, with_for_update=LOCKED, populate_existing=True)
    if team is None:
        raise NotFound()
    return team
