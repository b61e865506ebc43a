"""Which role a group at the sign-in provider gives."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.journal import system
from app.domain.people.credentials.records import GroupRole
from app.errors import Invalid, Message, NotFound

LONGEST = 200


def listed(session: Session) -> list[GroupRole]:
    """Return all groups with their roles, by name."""
    return list(session.scalars(select(GroupRole).order_by(GroupRole.group_name, GroupRole.role)))


def add(session: Session, group: str, role: str, *, roles: Collection[str], actor_id: int) -> None:
    """Let a group give a role, from its members' next sign-in on.

    `roles` are those that people can be given.

    Raises:
        Invalid: the group has no name, there is no such role, or it gives it already.
    """
    told: dict[str, list[str]] = {}
    group = group.strip()
    if not group or len(group) > LONGEST:
        told["group_name"] = [Message("Please give the name of a group.")]
    if role not in roles:
        told["role"] = [Message("There is no role “{role}”.", role=role[:LONGEST])]
    if told:
        raise Invalid(told)
    stored = session.scalar(
        insert(GroupRole).values(group_name=group, role=role).on_conflict_do_nothing().returning(GroupRole.id)
    )
    if stored is None:
        raise Invalid({"group_name": [Message("This group gives this role already.")]})
    _note(session, "group.role_added", group, role, actor_id)


def remove(session: Session, row_id: int, *, actor_id: int) -> None:
    """Let a group give a role no longer; who holds it by the group loses it at the next sign-in.

    Raises:
        NotFound: there is no such row.
    """
    row = session.get(GroupRole, row_id)
    if row is None:
        raise NotFound()
    session.delete(row)
    session.flush()
    _note(session, "group.role_removed", row.group_name, row.role, actor_id)


def _note(session: Session, event: str, group: str, role: str, actor_id: int) -> None:
    system.note(session, event, subject=f"role:{role}", actor_id=actor_id, data={"group": group})
