"""Which calendar counts: that of whose task it is, of the agreement, of the record's team, or the one for all.

Whoever only asks for a `Week` of a known key needs `CalendarTime` alone.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Select, literal, select, union_all
from sqlalchemy.orm import Session

from app.domain.calendars.records import Calendar
from app.domain.calendars.week import Week
from app.domain.calendars.working_time import CalendarTime, missing, week_of
from app.domain.people.records import Person, Team
from app.domain.records.records import Record
from app.domain.service_levels.records import Agreement, TargetClock
from app.errors import Message

AgreementCalendar = Callable[[int], Select[int, int | None]]
"""Gives the statement that finds the agreement which applies to a record: its id and its calendar's, `None` or no row.

A statement, because it is asked together with all else that decides, in every step that counts working time.
"""

Source = Literal["person", "team", "agreement", "record", "default"]
_RANKS: tuple[Source, ...] = ("person", "team", "agreement", "record", "default")
_OF_CASE = _RANKS.index("agreement")
WHY: dict[Source, Message] = {
    "person": Message("It is the calendar of the person whose task it is."),
    "team": Message("It is the calendar of the team whose task it is."),
    "agreement": Message("It is the calendar of the agreement that applies."),
    "record": Message("It is the calendar of the team in charge."),
    "default": Message("No other is named, so it is the one that counts for all."),
}
On = tuple[str, int]
"""What a choice depends on: `calendar`, `record`, `team`, `person`, `agreement` or `default`, and its id (else 0)."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The calendar that counts, why, and what would have to change for another one to count."""

    key: str
    name: str
    source: Source
    week: Week
    on: frozenset[On]

    @property
    def why(self) -> Message:
        """Why it is this one, in a sentence."""
        return WHY[self.source]


@dataclass(frozen=True, slots=True)
class _Row:
    """A calendar that may count: where it was looked for, whose it is, and which one, if there is one."""

    rank: int
    whose: int
    calendar: Calendar | None


def agreed(record_id: int) -> Select[int, int | None]:
    """Find the agreement with the customer that applies to a record: its clocks run by it."""
    mine = TargetClock.record_id == record_id, TargetClock.level == "sla"
    found = select(Agreement.record_id, Agreement.calendar_id).join(
        TargetClock, TargetClock.agreement_id == Agreement.record_id
    )
    return found.where(*mine).order_by(TargetClock.id).limit(1)


def which(
    session: Session, default: str, record_id: int | None, *, person_id: int | None = None, role: str = ""
) -> Choice:
    """Return the calendar that counts, with why, for pages that explain it.

    Args:
        session: of the transaction.
        default: key of the calendar that counts where no other does.
        record_id: the record of the case.
        person_id: the one person whose task it is, if it is about a task.
        role: whose task it is otherwise.

    Raises:
        CalendarError: the default calendar does not exist, or the one that counts cannot be understood.
    """
    return CountedTime(session, default, lambda: record_id).of_task(person_id, role).choice()


@dataclass(slots=True)
class CountedTime:
    """The working time of one case in one transaction; nothing is read before something is counted.

    `on` is what the answers given so far depend on.
    """

    session: Session
    default: str
    record: Callable[[], int | None]
    agreement: AgreementCalendar = agreed
    person_id: int | None = None
    role: str = ""
    on: frozenset[On] = frozenset()
    _named: CalendarTime = field(init=False)
    # What was found for cases, by record; shared by the tasks of the case.
    _found: dict[int | None, list[_Row]] = field(default_factory=dict)
    _choice: Choice | None = None

    def __post_init__(self) -> None:
        self._named = CalendarTime(self.session, self.default)

    def of_task(self, person_id: int | None, role: str) -> "CountedTime":
        """Return the working time for a task of the case: that of the person it is for, or of the team."""
        team = role if role.startswith("team.") else ""
        if person_id is None and not team:
            return CountedTime(self.session, self.default, self.record, self.agreement, _found=self._found)
        return CountedTime(
            self.session, self.default, self.record, self.agreement, person_id, team, _found=self._found
        )  # fmt: skip

    def add(self, start: datetime, *, hours: float = 0, days: float = 0, calendar: str | None = None) -> datetime:
        """Return the point in time that lies so much working time after `start`: first the days, then the hours.

        Raises:
            CalendarError: as for `CalendarTime.add`.
        """
        if calendar is None:
            choice = self.choice()
            self.on |= choice.on
            week = choice.week
        else:
            week = self._named.week(calendar)
            self.on |= {("calendar", self._named.id_of(calendar))}
        return week.add_hours(week.add_days(start, days), hours)  # type: ignore[arg-type]

    def choice(self) -> Choice:
        """Return the calendar that counts here, and why.

        Raises:
            CalendarError: the one that counts for all does not exist, or it cannot be understood.
        """
        if self._choice is None:
            self._choice = self._choose()
        return self._choice

    def _choose(self) -> Choice:
        record_id = self.record()
        rows = self._rows(record_id)
        chosen = next((row for row in rows if row.calendar is not None), None)
        on: set[On] = {("record", record_id)} if record_id is not None else set()
        for row in rows:
            if chosen is None or row.rank <= chosen.rank:
                kind = _RANKS[row.rank]
                on.add(("team" if kind == "record" else kind, row.whose))
        if chosen is None or chosen.calendar is None:
            on |= {("calendar", 0), ("default", 0)}
            return Choice(self.default, self.default, "default", missing(self.default), frozenset(on))
        one = chosen.calendar
        on.add(("calendar", one.id))
        return Choice(one.key, one.name, _RANKS[chosen.rank], week_of(one), frozenset(on))

    def _rows(self, record_id: int | None) -> list[_Row]:
        mine: list[Select[Any]] = []
        if self.person_id is not None:
            mine.append(_candidate("person", Person.id, Person.calendar_id).where(Person.id == self.person_id))
        if self.role:
            key = self.role.removeprefix("team.")
            mine.append(_candidate("team", Team.id, Team.calendar_id).where(Team.key == key))
        if not mine and record_id in self._found:
            return self._found[record_id]
        candidates = [*mine, _candidate("default", literal(0), Calendar.id).where(Calendar.key == self.default)]
        if record_id is not None:
            whose, calendar = self.agreement(record_id).subquery().c
            candidates.append(_candidate("agreement", whose, calendar))
            in_charge = _candidate("record", Team.id, Team.calendar_id).join(Record, Record.team_id == Team.id)
            candidates.append(in_charge.where(Record.id == record_id))
        found = union_all(*candidates).subquery()
        query = select(found.c.rank, found.c.whose, Calendar).outerjoin(Calendar, Calendar.id == found.c.calendar)
        rows = [_Row(*row) for row in self.session.execute(query.order_by(found.c.rank))]
        self._found[record_id] = [row for row in rows if row.rank >= _OF_CASE]
        return rows


def _candidate(source: Source, whose: Any, calendar: Any) -> Select[Any]:
    rank = literal(_RANKS.index(source)).label("rank")
    return select(rank, whose.label("whose"), calendar.label("calendar"))
