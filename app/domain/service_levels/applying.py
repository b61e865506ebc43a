"""Which agreement applies to a record, what it promises, and why it and no other."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.domain.service_levels.records import Agreement, Target
from app.domain.service_levels.words import LEVELS, Level
from app.errors import Message

# Why an agreement comes before others, the first counts most; what it must be about stands beside it.
_RANKS: dict[tuple[str, bool, bool], tuple[int, str]] = {
    ("sla", True, True): (0, Message("agreed with this customer for this service")),
    ("sla", True, False): (1, Message("agreed with this customer for all services")),
    ("default", False, True): (2, Message("the default for this service")),
    ("default", False, False): (3, Message("the default for all services")),
    ("ola", False, True): (0, Message("agreed with this team for this service")),
    ("ola", False, False): (1, Message("agreed with this team for all services")),
    ("ua", False, True): (2, Message("agreed with a supplier behind this team for this service")),
    ("ua", False, False): (3, Message("agreed with a supplier behind this team for all services")),
}


@dataclass(frozen=True, slots=True)
class Subject:
    """What decides which agreement applies: the service, the customer's organisation, the team that works on it."""

    service_id: int | None
    organisation_id: int | None
    priority: str
    team_id: int | None = None

    @classmethod
    def of(cls, session: Session, record: Record, level: Level = "sla", *, team_id: int | None = None) -> "Subject":
        """Return what counts of a record; its customer is the organisation of whoever asked, and counts for SLAs."""
        asked = select(Person.organisation_id).where(Person.id == record.requester_id)
        organisation = session.scalar(asked) if record.requester_id is not None and level == "sla" else None
        return cls(record.service_id, organisation, record.priority or "", team_id)


@dataclass(frozen=True, slots=True)
class Considered:
    """An agreement that was looked at: whether it applies, and why or why not. The best come first."""

    agreement: Agreement
    applies: bool
    why: str
    rank: int


@dataclass(frozen=True, slots=True)
class Promise:
    """A target that applies: working minutes by a calendar (None: the organisation's own), warned at a percentage."""

    agreement: Agreement
    target: Target
    why: str

    @property
    def calendar_id(self) -> int | None:
        """The target's own calendar, else the agreement's."""
        return self.target.calendar_id or self.agreement.calendar_id


def consider(session: Session, level: Level, subject: Subject) -> list[Considered]:
    """Return all agreements of a level that could be about something, best first, at most one of which applies.

    An agreement with the customer comes before a default one, one for the service before one for all; of two that are
    alike the newer one counts.
    """
    types = [kind for kind, of in LEVELS.items() if of == level] if level == "sla" else ["ola", "ua"]
    about = or_(Agreement.service_id.is_(None), Agreement.service_id == subject.service_id)
    found = session.scalars(
        select(Agreement).where(Agreement.type.in_(types), about, Agreement.status != "draft").order_by(Agreement.id)
    )
    looked_at: list[Considered] = []
    for agreement in found:
        rank, why = _RANKS[agreement.type, agreement.type == "sla", agreement.service_id is not None]
        against = _against(agreement, subject, clock.now())
        looked_at.append(Considered(agreement, not against, against or why, rank))
    looked_at.sort(key=lambda one: (not one.applies, one.rank, -one.agreement.id))
    return [
        one if number == 0 or not one.applies else Considered(one.agreement, False, _SECOND, one.rank)
        for number, one in enumerate(looked_at)
    ]


_SECOND = Message("another one comes first")


def _against(agreement: Agreement, subject: Subject, now: datetime) -> str:
    """Say what speaks against an agreement; empty when nothing does."""
    if agreement.type == "sla" and agreement.organisation_id != subject.organisation_id:
        return Message("agreed with another customer")
    if agreement.type in ("ola", "ua") and agreement.team_id != subject.team_id:
        return Message("agreed with another team")
    if agreement.status == "ended":
        return Message("it has ended")
    if agreement.valid_from is not None and agreement.valid_from > now:
        return Message("not in force yet")
    if agreement.valid_until is not None and agreement.valid_until <= now:
        return Message("no longer in force")
    return ""


def promised(session: Session, level: Level, subject: Subject, metrics: Iterable[str]) -> dict[str, Promise]:
    """Return what the agreement that applies promises, by metric; a target for all priorities counts for the others.

    Metrics without a target, and all of them where no agreement applies, are missing.
    """
    best = next((one for one in consider(session, level, subject) if one.applies), None)
    if best is None:
        return {}
    wanted = (Target.agreement_id == best.agreement.id, Target.metric.in_(list(metrics)))
    return of_priority(best, session.scalars(select(Target).where(*wanted)).all(), subject.priority)


def of_priority(best: Considered, targets: Iterable[Target], priority: str) -> dict[str, Promise]:
    """Return what the targets of the agreement that applies promise for a priority, by metric."""
    # The one for all others first, so that an own one takes its place.
    fitting = sorted((target for target in targets if target.priority in ("", priority)), key=lambda one: one.priority)
    return {target.metric: Promise(best.agreement, target, best.why) for target in fitting}
