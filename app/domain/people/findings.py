"""What is wrong with how roles are held: vacant ones, ones whose holders are away, duties that are not kept apart."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.people import roles, segregation
from app.domain.people.assignments import Wish, broken_by
from app.domain.people.records import Person, RefusedRole, RoleFinding, Team
from app.errors import Message
from app.processes.roles import assignable, title

Kind = Literal["vacant", "left", "away", "conflict", "refused"]

# Everything about holders in one statement: who holds what, still here or not, away without anybody to stand in or not.
_HOLDERS = text("""
    SELECT held.role, p.id, p.name, p.active,
           EXISTS (SELECT FROM absence a LEFT JOIN person s ON s.id = a.substitute_id AND s.active
                   WHERE a.person_id = p.id AND a.starts_at <= :now AND a.ends_at > :now AND s.id IS NULL) AS away
    FROM (
        SELECT a.role, coalesce(a.person_id, m.person_id) AS person_id
        FROM role_assignment a LEFT JOIN team_member m ON m.team_id = a.team_id
        WHERE a.valid_from <= :now AND (a.valid_until IS NULL OR a.valid_until > :now)
          AND (:everywhere IS FALSE OR a.service_id IS NULL AND a.record_id IS NULL)
        UNION
        SELECT 'team.' || t.key, m.person_id FROM team t JOIN team_member m ON m.team_id = t.id
    ) held JOIN person p ON p.id = held.person_id
    ORDER BY held.role, p.name, p.id
""")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `key` is the same for as long as it is."""

    key: str
    kind: Kind
    role: str
    told: Message
    person_id: int | None = None


def found(session: Session) -> list[Finding]:
    """Return all findings as things stand now, those about one person last."""
    now = clock.now()
    holders: dict[str, list[tuple[bool, bool]]] = {}
    for row in session.execute(_HOLDERS, {"now": now, "everywhere": True}):
        holders.setdefault(row.role, []).append((row.active, row.away))
    teams = {f"team.{key}" for key in session.scalars(select(Team.key))}
    wanted = [key for key in assignable() if key != "changes.cab"]
    findings = [
        finding
        for role in (*wanted, *sorted(teams))
        if (finding := _of_role(role, holders.get(role, []), frozenset(holders))) is not None
    ]
    return [*findings, *_conflicts(session), *_refused(session)]


def _of_role(role: str, holders: list[tuple[bool, bool]], held: frozenset[str]) -> Finding | None:
    named = _called(role)
    present = [away for active, away in holders if active]
    if not holders:
        acting = next((higher for higher in roles.upwards(role)[1:] if higher in held), "")
        if not acting:
            return Finding(f"vacant:{role}", "vacant", role, Message("Nobody holds “{role}”.", role=named))
        told = Message("Nobody holds “{role}”; “{acting}” acts for it.", role=named, acting=_called(acting))
        return Finding(f"vacant:{role}", "vacant", role, told)
    if not present:
        told = Message("“{role}” is held only by people who have left.", role=named)
        return Finding(f"left:{role}", "left", role, told)
    if all(present):
        told = Message("Everybody who holds “{role}” is away, and nobody stands in for them.", role=named)
        return Finding(f"away:{role}", "away", role, told)
    return None


def _called(role: str) -> Message:
    name = title(role)
    return name if isinstance(name, Message) else Message(name)


def _conflicts(session: Session) -> list[Finding]:
    rules = segregation.rules(session)
    if not rules:
        return []
    held: dict[tuple[str, int], set[str]] = {}
    for row in session.execute(_HOLDERS, {"now": clock.now(), "everywhere": False}):
        if row.active:
            held.setdefault((row.name, row.id), set()).add(row.role)
    findings = []
    for (name, person_id), own in sorted(held.items()):
        for one in segregation.broken_among(rules, own):
            told = Message(
                "{name} holds both “{role}” and “{other}”: {reason}", name=name, role=_called(one.role),
                other=_called(one.other), reason=Message(one.reason),
            )  # fmt: skip
            key = f"conflict:{person_id}:{one.role}:{one.other}"
            findings.append(Finding(key, "conflict", one.role, told, person_id))
    return findings


def _refused(session: Session) -> list[Finding]:
    """Return roles that groups elsewhere would give and rules still refuse; the next sign-in tries again."""
    query = select(RefusedRole.role, RefusedRole.source, Person.id, Person.name).join(
        Person, Person.id == RefusedRole.person_id
    )
    findings = []
    for role, source, person_id, name in session.execute(query.where(Person.active).order_by(Person.name, Person.id)):
        for _person, one in broken_by(session, Wish(role, person_id=person_id))[:1]:
            told = Message(
                "{name} would hold “{role}” by a group at sign-in, but not together with “{other}”: {reason}",
                name=name, role=_called(one.role), other=_called(one.other), reason=Message(one.reason),
            )  # fmt: skip
            findings.append(Finding(f"refused:{person_id}:{role}:{source}", "refused", role, told, person_id))
    return findings


def take_fresh(session: Session) -> list[Finding]:
    """Return the findings that nobody was told of yet, and remember that they are told now; forget what is settled."""
    now, all_of_them = clock.now(), found(session)
    known = {one.key: one for one in session.scalars(select(RoleFinding).with_for_update(**LOCKED))}
    current = {one.key for one in all_of_them}
    for key, row in known.items():
        if key not in current:
            session.delete(row)
    fresh = [one for one in all_of_them if one.key not in known]
    session.add_all(RoleFinding(key=one.key, told_at=now) for one in fresh)
    session.flush()
    return fresh
