"""Escalations (C-07, FitSM-0 6.24): who comes next when those in charge cannot go on."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from app.domain.people import roles
from app.domain.people.directory import Directory
from app.domain.people.records import Team
from app.domain.record_kinds import KINDS
from app.domain.records.records import Record
from app.errors import BusinessError, Message
from app.operations import OperationContext, OperationGroup

escalation = OperationGroup("escalation")
directory = Directory()

EscalationKind = Annotated[
    Literal["functional", "hierarchical"],
    Field(description="functional: to people who know more; hierarchical: to somebody who may decide more."),
]


class Target(BaseModel):
    """Who comes next: a role key that tasks and notices can name, its title, and the person where it is one."""

    role: str
    name: str
    person: str | None = None


@escalation.operation("target", title="Find who comes next")
def target(context: OperationContext, kind: EscalationKind = "functional") -> Target:
    """Return whom the case would go to, without changing anything. Functional: a team of the next support level.
    Hierarchical: the process manager, or whoever stands above the present owner."""
    record = context.session.get(Record, context.record_id) if context.record_id is not None else None
    if kind == "functional":
        return _next_team(context, record)
    area = KINDS.get(record.kind).area if record is not None else "management"
    ladder = roles.upwards(f"{area}.process_manager")
    owner = record.owner_id if record is not None else None
    held = directory.roles_of(context.session, owner) if owner is not None else frozenset()
    reached = max((place + 1 for place, role in enumerate(ladder) if role in held), default=0)
    role, holders = directory.responsible(context.session, ladder[min(reached, len(ladder) - 1)])
    if not holders:
        raise BusinessError("escalation.nobody", "Nobody stands above; the role of the SMS owner is vacant.")
    return Target(role=role, name=holders[0].name, person=str(holders[0].person_id))


def _next_team(context: OperationContext, record: Record | None) -> Target:
    present = context.session.get(Team, record.team_id) if record is not None and record.team_id else None
    level = (present.level or 0) + 1 if present is not None else 1
    service = context.session.get(Record, record.service_id) if record is not None and record.service_id else None
    teams = list(context.session.scalars(select(Team).where(Team.level == level).order_by(Team.id)))
    preferred = [team for team in teams if service is not None and team.id == service.team_id]
    found = next(iter([*preferred, *teams]), None)
    if found is None:
        raise BusinessError("escalation.no_team", Message("There is no team at support level {level}.", level=level))
    return Target(role=f"team.{found.key}", name=found.name)
