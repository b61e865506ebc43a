"""Whether the clocks of all nodes go: read by the doctor, the metrics and the operations page."""

import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.schedule.records import Beat, DutyTurn, Node, Schedule, Standstill

LATE = timedelta(seconds=30)
FORGOTTEN = timedelta(days=1)
# A restart is no standstill.
LONGEST_SILENCE = timedelta(minutes=1)
KEPT = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class NodeHealth:
    """One node: `late` when it has not ticked for half a minute; `fired` counts since its start."""

    name: str
    started_at: datetime
    ticked_at: datetime
    fired: int
    error: str | None
    late: bool


@dataclass(frozen=True, slots=True)
class DutyHealth:
    """One periodic duty: when it comes next, was done last and by which node, what it changed, what went wrong."""

    name: str
    next_at: datetime
    done_at: datetime | None
    node: str | None
    changed: int
    error: str | None
    late: bool


class Pulse:
    """What a node reports of its own ticking; stored every `every_seconds` at most, since a tick is frequent."""

    def __init__(self, database: Database, node: str, *, every_seconds: float = 5.0) -> None:
        self._database = database
        self._node = node
        self._every = timedelta(seconds=every_seconds)
        self._started_at = clock.now()
        self._stored_at: datetime | None = None
        self._fired = 0

    def beat(self, fired: int, error: str | None = None) -> None:
        """Note a tick that fired so many times; an error is stored at once."""
        self._fired += fired
        now = clock.now()
        if error is None and self._stored_at is not None and now - self._stored_at < self._every:
            return
        seen = {"ticked_at": now, "fired": self._fired, "error": error, "started_at": self._started_at}
        with self._database.transaction() as session:
            session.execute(
                insert(Node).values(name=self._node, **seen).on_conflict_do_update(index_elements=["name"], set_=seen)
            )
            _beat(session, now)
        self._stored_at = now

    def end(self) -> None:
        """Strike the node off the list: it stopped in good order."""
        with self._database.transaction() as session:
            session.execute(delete(Node).where(Node.name == self._node))


def _beat(session: Session, now: datetime) -> None:
    """Note that somebody ticks, and that nobody had done so for long."""
    last = session.scalar(select(Beat.ticked_at).where(Beat.id == 1).with_for_update(**LOCKED))
    if last is not None and now - last > LONGEST_SILENCE:
        session.add(Standstill(began_at=last, ended_at=now))
    if last is None or now > last:
        beat = insert(Beat).values(id=1, ticked_at=now)
        session.execute(beat.on_conflict_do_update(index_elements=["id"], set_={"ticked_at": now}))


def standstills(session: Session, limit: int = 10, *, since: datetime | None = None) -> list[Standstill]:
    """Return when nothing ticked, latest first."""
    query = select(Standstill).order_by(Standstill.id.desc()).limit(limit)
    return list(session.scalars(query.where(Standstill.ended_at >= since) if since else query))


@dataclass(frozen=True, slots=True)
class ScheduleFigures:
    """How schedules do: how many there are, how many are late, the longest delay, how many cannot tell a next time."""

    active: int
    late: int
    lateness: timedelta
    broken: int


def schedule_figures(session: Session) -> ScheduleFigures:
    """Count schedules: one statement."""
    now = clock.now()
    late = Schedule.next_due < now - LATE
    row = session.execute(
        select(
            func.count(), func.count().filter(late), func.min(Schedule.next_due).filter(late),
            func.count().filter(Schedule.problem.is_not(None)),
        ).where(Schedule.ended_at.is_(None), Schedule.paused_at.is_(None))
    ).one()  # fmt: skip
    return ScheduleFigures(row[0], row[1], now - row[2] if row[2] else timedelta(0), row[3])


def node_name() -> str:
    """Return a name for this process that no other living one has: host and process id."""
    return f"{socket.gethostname()}-{os.getpid()}"


def nodes(session: Session) -> list[NodeHealth]:
    """Return all nodes that ticked, by name."""
    now = clock.now()
    return [
        NodeHealth(node.name, node.started_at, node.ticked_at, node.fired, node.error, now - node.ticked_at > LATE)
        for node in session.scalars(select(Node).order_by(Node.name))
    ]


def duty_turns(session: Session) -> list[DutyHealth]:
    """Return all periodic duties, by name."""
    now = clock.now()
    return [
        DutyHealth(
            turn.name, turn.next_at, turn.done_at, turn.node, turn.changed, turn.error, now - turn.next_at > LATE
        )
        for turn in session.scalars(select(DutyTurn).order_by(DutyTurn.name))
    ]


def last_tick(session: Session) -> datetime | None:
    """Return when any node ticked last; None when none ever did."""
    return session.scalar(select(Node.ticked_at).order_by(Node.ticked_at.desc()).limit(1))


def is_ticking(session: Session) -> bool:
    """Tell whether at least one node ticked within the last half minute."""
    last = last_tick(session)
    return last is not None and clock.now() - last <= LATE


def forget_nodes(session: Session) -> int:
    """Remove nodes that have not ticked for a day, and old standstills; returns how many. A periodic duty."""
    session.execute(delete(Standstill).where(Standstill.ended_at < clock.now() - KEPT))
    gone = session.scalars(delete(Node).where(Node.ticked_at < clock.now() - FORGOTTEN).returning(Node.name))
    return len(gone.all())
