"""Segregation of duties: pairs of roles that one person should not hold together."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.journal import system
from app.domain.people.fresh import take_turns
from app.domain.people.records import RoleConflict
from app.errors import Invalid, Message, NotFound
from app.processes.roles import assignable

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Broken:
    """Two roles that one person holds, or would, and why they should not."""

    role: str
    other: str
    reason: str


def rules(session: Session) -> list[RoleConflict]:
    """Return the rules in the order in which they were made."""
    return list(session.scalars(select(RoleConflict).order_by(RoleConflict.id)))


def broken_by(known: Iterable[RoleConflict], held: Iterable[str], role: str) -> list[Broken]:
    """Return which rules somebody breaks who holds `held` and, with these, `role`."""
    return [
        Broken(role, other, rule.reason)
        for rule in known
        for other in sorted(set(held) - {role})
        if _fits(rule, role, other) or _fits(rule, other, role)
    ]


def broken_among(known: Iterable[RoleConflict], held: Iterable[str]) -> list[Broken]:
    """Return which rules somebody breaks by what they hold, each pair once."""
    own, found = sorted(set(held)), dict[frozenset[str], Broken]()
    known = list(known)
    for role in own:
        for one in broken_by(known, own, role):
            found.setdefault(frozenset((one.role, one.other)), one)
    return list(found.values())


def _fits(rule: RoleConflict, role: str, other: str) -> bool:
    return fnmatchcase(role, rule.first) and fnmatchcase(other, rule.second)


def choices() -> list[str]:
    """Return what a rule may name: each role, and `*.process_owner` and its like for all areas."""
    steps = sorted({key.partition(".")[2] for key in assignable() if ".process_" in key})
    return [*(f"*.{step}" for step in steps), *sorted(assignable())]


def add_rule(session: Session, first: str, second: str, reason: str, *, actor_id: int | None) -> RoleConflict:
    """Make a rule; making it twice is no error, the newer reason counts.

    Raises:
        Invalid: a role is unknown, both are the same, or the reason is empty or too long.
    """
    take_turns(session, "roles")
    told: dict[str, list[str]] = {}
    for name, value in (("first", first), ("second", second)):
        if value not in choices():
            told[name] = [Message("Choose one of the roles that are offered.")]
    if not told and first == second:
        told["second"] = [Message("Choose two different roles.")]
    reason = " ".join(reason.split())
    if not reason or len(reason) > LONGEST:
        told["reason"] = [Message("Please say why in up to {most} characters.", most=LONGEST)]
    if told:
        raise Invalid(told)
    pairs = ((first, second), (second, first))
    rule = next((one for one in rules(session) if (one.first, one.second) in pairs), None)
    if rule is None:
        rule = RoleConflict(first=first, second=second, reason=reason)
        session.add(rule)
    rule.reason = reason
    session.flush()
    facts = {"first": rule.first, "second": rule.second}
    system.note(session, "segregation.ruled", subject="segregation", actor_id=actor_id, data=facts)
    return rule


def drop_rule(session: Session, rule_id: int, *, actor_id: int | None) -> None:
    """Take a rule back.

    Raises:
        NotFound: there is none of this id.
    """
    rule = session.get(RoleConflict, rule_id)
    if rule is None:
        raise NotFound()
    facts = {"first": rule.first, "second": rule.second}
    session.delete(rule)
    session.flush()
    system.note(session, "segregation.dropped", subject="segregation", actor_id=actor_id, data=facts)
