"""Open incidents, and those that may be about the same thing."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from app.domain.incidents import rules
from app.domain.incidents.records import Incident
from app.domain.people.records import Team
from app.domain.portfolio.queries import service_of
from app.domain.problems.queries import Candidate, known_errors_about
from app.domain.records import words

CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class Similar:
    """An open incident that may be about the same disruption."""

    id: int
    number: str
    title: str
    status: str
    shared_words: int


def open_incidents(session: Session, *, visible: ColumnElement[bool] | None = None, limit: int = 100) -> list[Incident]:
    """Return incidents that are not closed, most urgent first; `visible` is what the person may know of."""
    statement = select(Incident).where(Incident.closed_at.is_(None), visible if visible is not None else true())
    return list(session.scalars(statement.order_by(Incident.priority.nulls_last(), Incident.id).limit(limit)))


def similar_incidents(session: Session, incident: Incident, limit: int = 5) -> list[Similar]:
    """Return open incidents that share words (and the service, where both name one), most alike first."""
    text = f"{incident.title} {incident.description or ''}"
    telling = words.telling_words(text)
    if not telling:
        return []
    query = words.any_of(telling)
    everything = Incident.search.op("||")(Incident.words)
    rows = session.scalars(
        select(Incident)
        .where(
            Incident.id != incident.id,
            Incident.closed_at.is_(None),
            or_(Incident.search.op("@@")(query), Incident.words.op("@@")(query)),
        )
        .order_by(func.ts_rank(everything, query).desc(), Incident.id.desc())
        .limit(CANDIDATES)
    )
    found = []
    for other in rows:
        shared = rules.common_words(text, f"{other.title} {other.description or ''}")
        same = incident.service_id is not None and incident.service_id == other.service_id
        differ = None not in (incident.service_id, other.service_id) and not same
        if rules.is_similar(shared, same_service=same, services_differ=differ):
            found.append(Similar(other.id, other.number, other.title, other.status, shared + same))
    return sorted(found, key=lambda other: -other.shared_words)[:limit]


def matching_known_error(session: Session, incident: Incident, *, without: int | None = None) -> Candidate | None:
    """Return the known error that fits best, if one fits well enough; `without` is one that did not help."""
    text = f"{incident.title} {incident.description or ''}"
    best: tuple[tuple[int, float], Candidate] | None = None
    for candidate in known_errors_about(session, text, service_id=incident.service_id):
        same = incident.service_id is not None and incident.service_id == candidate.service_id
        in_title, shared = len(candidate.in_title), len(candidate.in_title) + len(candidate.in_symptoms)
        if candidate.id == without or not rules.fits_known_error(shared, in_title=in_title, same_service=same):
            continue
        place = (shared + same, candidate.rank)
        if best is None or place > best[0]:
            best = (place, candidate)
    return best[1] if best else None


def team_at(session: Session, level: int, incident: Incident) -> Team | None:
    """Return the team that takes an incident at a support level.

    The affected service's own team comes first where it works at that level, then a team named like the incident's
    category, then any of the level.
    """
    teams = list(session.scalars(select(Team).where(Team.level == level).order_by(Team.id)))
    service = service_of(session, incident.service_id)
    preferred = [team for team in teams if service is not None and team.id == service.team_id]
    named = [team for team in teams if incident.category and team.key == incident.category]
    return next(iter([*preferred, *named, *teams]), None)
