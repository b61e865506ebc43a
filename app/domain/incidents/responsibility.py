"""What diagrams can do to put people in charge of incidents: teams, functional and hierarchical escalation."""

from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import select

from app.domain.incidents import queries, rules
from app.domain.incidents.group import Text, change, incident, records, trace, unfinished, write_note
from app.domain.incidents.records import Incident
from app.domain.people import roles
from app.domain.people.directory import Directory
from app.domain.people.records import Team
from app.domain.service_levels import clocks
from app.errors import BusinessError, Message
from app.operations import OperationContext

MANAGER = "incidents.process_manager"
directory = Directory()

TeamName = Annotated[str, Field(description="Key of a team (network); without one the support level decides.")]
Level = Annotated[int | None, Field(ge=1, le=9, description="Support level: 1 is the service desk.")]
EscalationKind = Annotated[
    Literal["functional", "hierarchical"],
    Field(description="functional: to people who know more; hierarchical: to somebody who may decide more."),
]


@incident.operation("assign_team", title="Put a team in charge")
def assign_team(context: OperationContext, team: TeamName = "", level: Level = None) -> int:
    """Hand the incident to a team, by key or by support level. With neither, a team that has it keeps it, else the
    lowest level takes it. The former owner is released. Returns the support level."""
    found = unfinished(context)
    if team:
        chosen = context.session.scalars(select(Team).where(Team.key == team.removeprefix("team."))).first()
    elif level is None and found.team_id is not None:
        chosen = context.session.get(Team, found.team_id)
    else:
        chosen = queries.team_at(context.session, level or found.level, found)
    if chosen is None:
        by_level = Message("There is no team at support level {level}.", level=level or found.level)
        raise BusinessError("incident.no_team", Message("There is no team “{key}”.", key=team) if team else by_level)
    return _hand_over(context, found, chosen, "incident.assigned")


@incident.operation("escalate", title="Escalate")
def escalate(
    context: OperationContext,
    kind: EscalationKind,
    reason: Text = "",
    target: Annotated[
        str, Field(description="next_level, manager, the key of a team (team.storage), or empty: by the kind.")
    ] = "",
) -> int:
    """Change the responsibility. Functional: the next support level's team, or the named one, takes over. Hierarchical:
    the process manager becomes owner; if they are already, the next one up. Returns the support level."""
    found = unfinished(context)
    if reason.strip():
        write_note(context, found, f"Escalated: {reason.strip()}", public=False)
    if kind == "hierarchical":
        return _bring_in_manager(context, found)
    if target and target != "next_level":
        chosen = context.session.scalars(select(Team).where(Team.key == target.removeprefix("team."))).first()
    else:
        chosen = queries.team_at(context.session, found.level + 1, found)
    if chosen is None:
        raise BusinessError(
            "incident.no_team",
            Message(
                "There is no team beyond support level {level}; escalate to the manager instead.", level=found.level
            ),
        )
    return _hand_over(context, found, chosen, "incident.escalated")


@incident.operation("take", title="Become the owner")
def take(
    context: OperationContext,
    only_vacant: Annotated[bool, Field(description="Leave an incident alone that has an owner already.")] = False,
) -> None:
    """Make whoever completed the step the owner: the one who keeps the incident moving until it ends."""
    found = unfinished(context)
    if only_vacant and found.owner_id is not None:
        return
    if context.actor_id is None:
        raise BusinessError("incident.no_owner", "Only a person can become the owner; here the clock acts.")
    change(context, found, {"owner": context.actor_id}, "incident.taken")


def _hand_over(context: OperationContext, found: Incident, team: Team, event: str) -> int:
    level = team.level or found.level
    values: dict[str, Any] = {"team": team.id, "level": level, "status": "in_progress"}
    elsewhere = team.id != found.team_id
    if elsewhere:
        values["owner"] = None
    change(context, found, values, event)
    if elsewhere:
        # What the team before promised is done; what this one promises runs beside the customer's clock (FitSM-2 PR2).
        noted = trace(context)
        clocks.stop(context.session, records, found, noted, levels=clocks.SUPPORTING, reason=rules.HANDED_ON)
        clocks.start(context.session, records, found, noted, level="ola", metrics=["resolution"], team_id=team.id)
    return level


def _bring_in_manager(context: OperationContext, found: Incident) -> int:
    """Make the next person up the owner: above every role of the ladder that the owner holds by now."""
    ladder = roles.upwards(MANAGER)
    held = directory.roles_of(context.session, found.owner_id) if found.owner_id is not None else frozenset()
    reached = max((place + 1 for place, role in enumerate(ladder) if role in held), default=0)
    holders = directory.responsible(context.session, ladder[reached])[1] if reached < len(ladder) else []
    if not holders and found.owner_id is None:
        raise BusinessError("incident.no_manager", "Nobody manages incidents, and nobody stands above.")
    # At the top it stays where it is.
    owner = holders[0].person_id if holders else found.owner_id
    change(context, found, {"owner": owner, "status": "in_progress"}, "incident.escalated")
    return found.level
