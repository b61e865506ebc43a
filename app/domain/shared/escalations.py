"""Escalations (C-07, FitSM-0 6.24): who comes next when those in charge cannot go on."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import select

from app.domain.incidents import responsibility
from app.domain.people import roles
from app.domain.people.directory import Directory
from app.domain.people.records import Team
from app.domain.record_kinds import KINDS
from app.domain.records.comments import add_comment
from app.domain.records.records import Record
from app.domain.records.writer import Records, Trace
from app.errors import BusinessError, Message
from app.operations import OperationContext, OperationGroup

escalation = OperationGroup("escalation")
records = Records(KINDS)
directory = Directory()

Reason = Annotated[str, Field(max_length=8000)]
Where = Annotated[
    str, Field(description="next_level, manager, the key of a team (team.storage), or empty: by the kind.")
]
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
        team = _next_team(context, record)
        return Target(role=f"team.{team.key}", name=team.name)
    role, person_id, name = _next_manager(context, record)
    return Target(role=role, name=name, person=str(person_id))


@escalation.operation("escalate", title="Escalate")
def escalate(context: OperationContext, kind: EscalationKind, reason: Reason = "", target: Where = "") -> int | None:
    """Change the responsibility for the case's record, whatever its kind. Functional: the next support level's team,
    or the named one, takes over. Hierarchical: the process manager becomes owner; if they are already, the next one
    up. Returns the support level, where there is one."""
    record = context.session.get(Record, context.record_id) if context.record_id is not None else None
    if record is None:
        raise BusinessError("escalation.no_record", "This case is not about a record.")
    if record.kind == "incident":
        return responsibility.escalate(context, kind, reason, target)
    found: Record = records.locked(context.session, record.kind, record.id)
    if found.closed_at is not None:
        told = Message("{number} has ended; nothing is escalated any more.", number=found.number)
        raise BusinessError("escalation.already_closed", told)
    trace = Trace(context.actor_id, context.case_id, context.element)
    if reason.strip():
        add_comment(context.session, records, found, f"Escalated: {reason.strip()}", trace=trace, public=False)
    values: dict[str, Any] = {}
    level: int | None = None
    if kind == "functional":
        team = _next_team(context, found, "" if target == "next_level" else target)
        level = team.level
        values |= {"team": team.id, "owner": None if team.id != found.team_id else found.owner_id}
        if level is not None and "level" in KINDS.get(found.kind).attributes:
            values["level"] = level
    else:
        values["owner"] = _next_manager(context, found)[1]
    records.change(context.session, found, values, trace, event="escalation.escalated", always=True)
    return level


def _next_manager(context: OperationContext, record: Record | None) -> tuple[str, int, str]:
    """Return the role above the present owner that somebody holds, and the first who does."""
    area = KINDS.get(record.kind).area if record is not None else "management"
    ladder = roles.upwards(f"{area}.process_manager")
    owner = record.owner_id if record is not None else None
    held = directory.roles_of(context.session, owner) if owner is not None else frozenset()
    reached = max((place + 1 for place, role in enumerate(ladder) if role in held), default=0)
    role, holders = directory.responsible(context.session, ladder[min(reached, len(ladder) - 1)])
    if not holders:
        raise BusinessError("escalation.nobody", "Nobody stands above; the role of the SMS owner is vacant.")
    return role, holders[0].person_id, holders[0].name


def _next_team(context: OperationContext, record: Record | None, named: str = "") -> Team:
    if named:
        chosen = context.session.scalars(select(Team).where(Team.key == named.removeprefix("team."))).first()
        if chosen is None:
            raise BusinessError("escalation.no_team", Message("There is no team “{key}”.", key=named))
        return chosen
    present = context.session.get(Team, record.team_id) if record is not None and record.team_id else None
    level = (present.level or 0) + 1 if present is not None else 1
    service = context.session.get(Record, record.service_id) if record is not None and record.service_id else None
    teams = list(context.session.scalars(select(Team).where(Team.level == level).order_by(Team.id)))
    preferred = [team for team in teams if service is not None and team.id == service.team_id]
    found = next(iter([*preferred, *teams]), None)
    if found is None:
        raise BusinessError("escalation.no_team", Message("There is no team at support level {level}.", level=level))
    return found
