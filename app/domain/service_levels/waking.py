"""What running clocks bring about by themselves: warnings, breaches, other terms; found by an index, never swept."""

import logging
from datetime import datetime
from typing import Protocol

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app import clock as time
from app.database.transaction import LOCKED, Database
from app.domain.calendars.week import CalendarError
from app.domain.records.records import Record
from app.domain.records.writer import Records
from app.domain.service_levels import clocks
from app.domain.service_levels.reading import Reading
from app.domain.service_levels.records import TargetClock

log = logging.getLogger(__name__)

BATCH = 50


class Send(Protocol):
    """Puts a message into the mailbox in this transaction; one of the same identity is sent once."""

    def __call__(self, session: Session, name: str, key: str, payload: dict[str, str], identity: str) -> None: ...


class Waking:
    """Looks after clocks whose time has come; several nodes may do so at once."""

    def __init__(self, database: Database, records: Records, send: Send) -> None:
        self._database = database
        self._records = records
        self._send = send

    def fire(self) -> int:
        """See to some clocks that are due; returns how many, 0 when none is.

        Whoever works on a record holds its row; its clocks are left for the next round.
        """
        due = or_(TargetClock.stale, TargetClock.wake_at <= time.now())
        # Two indexes, each of what is due alone: with one query for both, the planner would have to walk over all.
        ids = {
            one for condition in (TargetClock.stale, TargetClock.wake_at <= time.now()) for one in self._some(condition)
        }
        if not ids:
            return 0
        with self._database.transaction() as session:
            found = session.scalars(
                select(TargetClock.id)
                .join(Record, Record.id == TargetClock.record_id)
                .where(TargetClock.id.in_(ids), due)
                .order_by(TargetClock.record_id, TargetClock.id)
                .with_for_update(of=Record, skip_locked=True, **LOCKED)
            ).all()
            for clock_id in found:
                self._see_to(session, session.get_one(TargetClock, clock_id, populate_existing=True))
        return len(found)

    def next_due(self, session: Session, after: datetime | None, until: datetime) -> datetime | None:
        """Return when the first clock will have to be looked at later than `after`, if that is by `until`."""
        now = time.now()
        if (after is None or after < now) and self._is_stale(session):
            return now
        query = select(TargetClock.wake_at).where(TargetClock.wake_at <= until).order_by(TargetClock.wake_at).limit(1)
        return session.scalar(query.where(TargetClock.wake_at > after) if after is not None else query)

    def _is_stale(self, session: Session) -> bool:
        return session.scalar(select(TargetClock.id).where(TargetClock.stale).limit(1)) is not None

    def _some(self, condition: object) -> list[int]:
        with self._database.reading() as session:
            return list(session.scalars(select(TargetClock.id).where(condition).limit(BATCH)))  # type: ignore[arg-type]

    def _see_to(self, session: Session, clock: TargetClock) -> None:
        try:
            with session.begin_nested():
                self._look_at(session, clock)
        except CalendarError as error:
            # One calendar without working time must not keep all other clocks from being looked at.
            log.error("The clock %s cannot be read: %s", clock.id, error)
            session.refresh(clock)
            clock.stale, clock.wake_at = False, None
            session.flush()

    def _look_at(self, session: Session, clock: TargetClock) -> None:
        record = session.get_one(Record, clock.record_id, populate_existing=True)
        now = time.now()
        reading = clocks.refresh(session, self._records, record, clock)
        if reading is not None and reading.breached_at is not None and clock.breached_at is None:
            clock.breached_at = reading.breached_at
            clock.warned_at = clock.warned_at or reading.warns_at
            self._tell(session, record, clock, "breached", reading.breached_at, reading.used.total_seconds())
        elif reading is not None and clock.warned_at is None and _warns(reading, now):
            assert reading.warns_at is not None
            clock.warned_at = reading.warns_at
            self._tell(session, record, clock, "warned", reading.warns_at, reading.used.total_seconds())
        clocks.settle(session, clock, clocks.events_of(session, [clock.id])[clock.id])
        session.flush()

    def _tell(
        self, session: Session, record: Record, clock: TargetClock, event: str, at: datetime, used: float
    ) -> None:
        clocks.note_of_time(session, self._records, record, clock, event, at)
        payload = {
            "record_id": str(record.id), "clock": str(clock.id), "target": clock.metric, "level": clock.level,
            "elapsed": str(int(used // 60)), "due": clock.due_at.isoformat() if clock.due_at else "",
        }  # fmt: skip
        name = {"warned": "clock.warning", "breached": "clock.breached"}[event]
        self._send(session, name, record.number, payload, f"clock:{clock.id}:{event}:{at.isoformat()}")


def _warns(reading: Reading, now: datetime) -> bool:
    return reading.state == "running" and reading.warns_at is not None and reading.warns_at <= now
