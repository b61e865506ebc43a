"""What people can be told of, and how each of them wants it: on their page, by mail, when not to be disturbed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.notifications.records import NotificationChoice, NotificationHours
from app.errors import Invalid, Message

EventName = Literal[
    "task.assigned",
    "task.offered",
    "task.withdrawn",
    "task.reminder",
    "task.escalated",
    "record.mention",
    "record.comment",
    "record.changed",
    "case.stuck",
    "absence.substitute",
    "webhook.disabled",
]
EVENTS: tuple[EventName, ...] = get_args(EventName)
Mail = Literal["now", "digest", "off"]
MAILS: tuple[Mail, ...] = get_args(Mail)
DAY = 24 * 60
FIRST_HOUR = 8
SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """How somebody is told of an event."""

    page: bool
    mail: Mail


# Work that is offered to many is no reason to write to each of them; the list of work shows it as well.
_QUIET: frozenset[EventName] = frozenset({"task.offered", "task.withdrawn"})
DEFAULTS: Mapping[EventName, Choice] = {event: Choice(True, "off" if event in _QUIET else "now") for event in EVENTS}


@dataclass(frozen=True, slots=True)
class Hours:
    """When somebody wants no mail, in minutes of their own day, and at which hour the daily mail comes."""

    quiet_from: int | None = None
    quiet_until: int | None = None
    quiet_weekends: bool = False
    digest_hour: int = FIRST_HOUR

    def quiet_end(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """Return when the quiet time ends that `moment` falls into; None when it falls into none.

        A quiet night before a quiet weekend ends with the weekend.
        """
        end = moment
        # Each round ends one quiet time; at most a night, two days and another night follow each other.
        for _ in range(6):
            later = self._end_of_one(end.astimezone(zone), zone)
            if later is None:
                return end if end > moment else None
            end = later
        return end

    def _end_of_one(self, local: datetime, zone: ZoneInfo) -> datetime | None:
        if self.quiet_weekends and local.weekday() >= SATURDAY:
            return _at(local, 7 - local.weekday(), 0, zone)
        start, until = self.quiet_from, self.quiet_until
        if start is None or until is None or start == until:
            return None
        minute = local.hour * 60 + local.minute
        if start < until:
            return _at(local, 0, until, zone) if start <= minute < until else None
        if minute >= start:
            return _at(local, 1, until, zone)
        return _at(local, 0, until, zone) if minute < until else None

    def next_digest(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return when the next daily mail comes after `moment`, outside of quiet weekends."""
        local = moment.astimezone(zone)
        for days in range(4):
            at = _at(local, days, self.digest_hour * 60, zone)
            weekend = self.quiet_weekends and at.astimezone(zone).weekday() >= SATURDAY
            if at > moment and not weekend:
                return at
        return moment + timedelta(days=1)


def _at(local: datetime, days: int, minute: int, zone: ZoneInfo) -> datetime:
    """Return a time of a day as the clocks there show it; one that a change of the clocks leaves out comes later."""
    day = local.date() + timedelta(days=days)
    told = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone)
    return told.astimezone(ZoneInfo("UTC"))


def zone_of(name: str, default: str) -> ZoneInfo:
    """Return a person's time zone, or the organisation's where theirs is unknown."""
    for one in (name, default):
        try:
            return ZoneInfo(one)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return ZoneInfo("UTC")


def choices_of(session: Session, person_ids: Iterable[int]) -> dict[tuple[int, str], Choice]:
    """Return what these people have chosen otherwise than everybody, by person and event."""
    query = select(NotificationChoice).where(NotificationChoice.person_id.in_(sorted(set(person_ids))))
    return {(row.person_id, row.event): Choice(row.page, _mail(row.mail)) for row in session.scalars(query)}


def hours_of(session: Session, person_ids: Iterable[int]) -> dict[int, Hours]:
    """Return the hours of these people, as far as they have set any."""
    query = select(NotificationHours).where(NotificationHours.person_id.in_(sorted(set(person_ids))))
    return {
        row.person_id: Hours(row.quiet_from, row.quiet_until, row.quiet_weekends, row.digest_hour)
        for row in session.scalars(query)
    }


def table_of(session: Session, person_id: int) -> dict[EventName, Choice]:
    """Return how one person is told of each event."""
    own = choices_of(session, [person_id])
    return {event: own.get((person_id, event), DEFAULTS[event]) for event in EVENTS}


def choose(
    session: Session, person_id: int, wanted: Mapping[str, Choice] | Mapping[EventName, Choice], hours: Hours
) -> None:
    """Keep how a person wants to be told; events that are not named stay as they are.

    Raises:
        Invalid: an event or a way is unknown, or a time is none.
    """
    _check(wanted, hours)
    session.execute(
        delete(NotificationChoice).where(
            NotificationChoice.person_id == person_id, NotificationChoice.event.in_(list(wanted))
        )
    )
    others = [(event, choice) for event, choice in wanted.items() if choice != DEFAULTS[_event(event)]]
    if others:
        rows = [{"person_id": person_id, "event": event, "page": one.page, "mail": one.mail} for event, one in others]
        # Two forms sent at once leave the later one's choice.
        kept = insert(NotificationChoice).values(rows)
        fresh = {"page": kept.excluded.page, "mail": kept.excluded.mail}
        session.execute(kept.on_conflict_do_update(index_elements=["person_id", "event"], set_=fresh))
    values = {
        "quiet_from": hours.quiet_from,
        "quiet_until": hours.quiet_until,
        "quiet_weekends": hours.quiet_weekends,
        "digest_hour": hours.digest_hour,
    }
    times = insert(NotificationHours).values(person_id=person_id, **values)
    session.execute(times.on_conflict_do_update(index_elements=["person_id"], set_=values))


def _check(wanted: Mapping[str, Choice] | Mapping[EventName, Choice], hours: Hours) -> None:
    wrong: dict[str, list[str]] = {}
    for event, choice in wanted.items():
        if event not in EVENTS:
            wrong[event] = [Message("There is no event “{name}”.", name=event[:100])]
        elif choice.mail not in MAILS:
            wrong[event] = [Message("Choose one of the answers that are offered.")]
    if (hours.quiet_from is None) != (hours.quiet_until is None):
        wrong["quiet_until" if hours.quiet_until is None else "quiet_from"] = [
            Message("Quiet hours need a beginning and an end.")
        ]
    for name, minute in (("quiet_from", hours.quiet_from), ("quiet_until", hours.quiet_until)):
        if minute is not None and not 0 <= minute < DAY:
            wrong[name] = [Message("Write a time like 18:30.")]
    if not 0 <= hours.digest_hour < 24:
        wrong["digest_hour"] = [Message("Choose one of the answers that are offered.")]
    if wrong:
        raise Invalid(wrong)


def _event(name: str) -> EventName:
    return next(event for event in EVENTS if event == name)


def _mail(name: str) -> Mail:
    return next((mail for mail in MAILS if mail == name), "off")
