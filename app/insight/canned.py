"""Ready-made answers as they are offered to somebody at a case or record: filled in, and in its reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.desk import answers
from app.domain.desk.answers import Draft
from app.domain.desk.records import CannedAnswer
from app.domain.people import roles
from app.domain.people.records import Person, Team, TeamMember
from app.domain.records.records import Record
from app.engine.records import Case
from app.errors import Forbidden, NotFound
from app.insight.access import Viewer

AREAS = (*roles.AREAS, "shared")
"""Whose diagrams there may be, those that several processes share included."""


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer with its text as it would be inserted."""

    id: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose answers a person looks after: areas they manage, teams they lead (names by id)."""

    areas: list[str]
    teams: dict[int, str]

    def draft(self, name: str, area: str | None, team_id: int | None, texts: Mapping[str, str]) -> Draft:
        """Return what somebody wrote; an owner who is none of these is none at all."""
        return Draft(name, area if area in self.areas else None, team_id if team_id in self.teams else None, texts)


def offered(
    session: Session, viewer: Viewer, area: str, record: Record | None, case: Case | None, *, me: str, language: str
) -> list[Canned]:
    """Return the answers of the area, as far as the person works in it, and of their teams.

    Args:
        me: the person's name.
        language: the person's own, for answers without a reader or without the reader's language.
    """
    areas = frozenset({area}) if viewer.works_in(area) else frozenset[str]()
    found = answers.listed(session, areas, _teams(session, viewer))
    if not found:
        return []
    reader = session.get(Person, record.requester_id) if record is not None and record.requester_id else None
    service = session.get(Record, record.service_id) if record is not None and record.service_id else None
    known: Mapping[str, str] = {
        "record.number": record.number if record else "",
        "record.title": record.title if record else "",
        "record.requester.name": reader.name if reader else "",
        "record.service": service.title if service else "",
        "case.number": case.number if case else "",
        "me.name": me,
    }
    languages = (reader.locale, language) if reader else (language,)
    return [
        Canned(one.id, one.name, answers.fill(answers.best(one.texts, *languages), known))
        for one in found
    ]  # fmt: skip


def _teams(session: Session, viewer: Viewer) -> frozenset[int]:
    keys = [role.removeprefix("team.") for role in viewer.roles if role.startswith("team.")]
    return frozenset(session.scalars(select(Team.id).where(Team.key.in_(sorted(keys))))) if keys else frozenset()


def led_by(session: Session, viewer: Viewer) -> dict[int, str]:
    """Return the teams for which the person may act: those they lead, all of them for an administrator."""
    query = select(Team.id, Team.name).order_by(Team.name)
    if not viewer.administrator:
        led = select(TeamMember.team_id).where(TeamMember.person_id == viewer.person_id, TeamMember.leads)
        query = query.where(Team.id.in_(led))
    return {row.id: row.name for row in session.execute(query)}


def looked_after(session: Session, viewer: Viewer) -> Owners:
    """Return whose answers the person looks after.

    Raises:
        Forbidden: nobody's.
    """
    found = Owners([area for area in AREAS if viewer.runs(area)], led_by(session, viewer))
    if not (found.areas or found.teams):
        raise Forbidden("Answers are looked after by process managers and team leaders.")
    return found


def theirs(session: Session, owners: Owners) -> list[CannedAnswer]:
    """Return the answers of these owners, by name."""
    return answers.listed(session, frozenset(owners.areas), frozenset(owners.teams))


def find(session: Session, owners: Owners, answer_id: int) -> CannedAnswer:
    """Return an answer of one of these owners.

    Raises:
        NotFound: there is none of this id, or somebody else looks after it.
    """
    answer = answers.find(session, answer_id)
    if answer.area not in owners.areas and answer.team_id not in owners.teams:
        raise NotFound
    return answer
