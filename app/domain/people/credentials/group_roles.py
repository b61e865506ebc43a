"""The roles that groups at a provider or in a directory give and take, within the rules of segregation."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import segregation
from app.domain.people.assignments import Wish, broken_by
from app.domain.people.credentials.records import GroupRole
from app.domain.people.fresh import take_turns
from app.domain.people.records import RefusedRole, RoleAssignment


def apply_groups(session: Session, person_id: int, groups: frozenset[str], *, source: str) -> None:
    """Give the roles of these groups and end those of groups that are gone; roles that people gave stay.

    A role that would break a rule of segregation is not given: that becomes a finding, and signing in goes on.
    """
    take_turns(session, "roles")
    now = clock.now()
    wanted = set(session.scalars(select(GroupRole.role).where(GroupRole.group_name.in_(sorted(groups)))))
    held = {
        row.role: row
        for row in session.scalars(
            select(RoleAssignment).where(
                RoleAssignment.person_id == person_id,
                RoleAssignment.source == source,
                RoleAssignment.valid_until.is_(None),
            )
        )
    }
    # Ended first, so that who moves from one group to another holds not both for a moment.
    for role in sorted(held.keys() - wanted):
        held[role].valid_until = now
        system.note(session, "role.ended", subject=f"role:{role}", data={"person": person_id, "source": source})
    session.flush()
    refused: set[str] = set()
    rules = segregation.rules(session)
    for role in sorted(wanted - held.keys()):
        if rules and (broken := broken_by(session, Wish(role, person_id=person_id))):
            refused.add(role)
            _refuse(session, person_id, role, source, sorted({one.other for _person, one in broken}))
            continue
        session.add(RoleAssignment(role=role, person_id=person_id, valid_from=now, source=source))
        session.flush()
        system.note(session, "role.assigned", subject=f"role:{role}", data={"person": person_id, "source": source})
    for row in session.scalars(
        select(RefusedRole).where(RefusedRole.person_id == person_id, RefusedRole.source == source)
    ).all():
        if row.role not in refused:
            session.delete(row)
    session.flush()


def _refuse(session: Session, person_id: int, role: str, source: str, others: list[str]) -> None:
    """Remember that a role was not given, and write it down the first time."""
    known = session.get(RefusedRole, (person_id, role, source))
    if known is None:
        session.add(RefusedRole(person_id=person_id, role=role, source=source, refused_at=clock.now()))
        data = {"person": person_id, "source": source, "broken": [[role, other] for other in others]}
        system.note(session, "role.refused", subject=f"role:{role}", data=data)
