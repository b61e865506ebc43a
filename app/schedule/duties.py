"""Periodic duties: each is carried out exactly once per interval, by whichever node comes first."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.schedule.records import DutyTurn

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Duty:
    """Something to be done every `interval`; `carry_out(session)` returns how many things it changed.

    It works in the transaction that claims its turn, so its effect and the end of the turn are stored together.
    """

    name: str
    interval: timedelta
    carry_out: Callable[[Session], int]


class Duties:
    """The duties of a process, by name."""

    def __init__(self, database: Database, node: str, duties: Sequence[Duty] = ()) -> None:
        self._database = database
        self._node = node
        self._duties: dict[str, Duty] = {}
        self._entered: frozenset[str] = frozenset()
        for duty in duties:
            self.add(duty)

    def add(self, duty: Duty) -> None:
        """Take on a duty.

        Raises:
            ValueError: there is one of this name, or its interval is not positive.
        """
        if duty.name in self._duties:
            raise ValueError(f"A duty named {duty.name!r} exists already.")
        if duty.interval <= timedelta(0):
            raise ValueError(f"The interval of the duty {duty.name!r} must be positive.")
        self._duties[duty.name] = duty

    @property
    def names(self) -> list[str]:
        """Names of all duties, sorted."""
        return sorted(self._duties)

    def fire(self) -> int:
        """Carry out one duty that is due; returns 1, or 0 when none is."""
        self._enter()
        now = clock.now()
        with self._database.transaction() as session:
            turn = session.scalars(
                select(DutyTurn)
                .where(DutyTurn.name.in_(self._duties), DutyTurn.next_at <= now)
                .order_by(DutyTurn.next_at)
                .limit(1)
                .with_for_update(skip_locked=True, **LOCKED)
            ).first()
            if turn is None:
                return 0
            self._carry_out(session, turn, now)
        return 1

    def _carry_out(self, session: Session, turn: DutyTurn, now: datetime) -> None:
        duty = self._duties[turn.name]
        turn.next_at = following(turn.next_at, duty.interval, now)
        turn.done_at, turn.node, turn.error = now, self._node, None
        session.flush()
        try:
            with session.begin_nested():
                turn_changed = duty.carry_out(session)
        except Exception as error:
            # The turn is over all the same: a duty that always fails must not be tried without pause.
            log.exception("The duty %s failed.", duty.name)
            turn.error = f"{type(error).__name__}: {error}"
        else:
            # A duty that answers with yes or no has changed one thing or nothing; the column knows numbers alone.
            turn.changed = int(turn_changed)

    def _enter(self) -> None:
        """Make sure that every duty has a row; new ones are due at once."""
        missing = self._duties.keys() - self._entered
        if not missing:
            return
        rows = [{"name": name, "next_at": clock.now()} for name in sorted(missing)]
        with self._database.transaction() as session:
            session.execute(insert(DutyTurn).values(rows).on_conflict_do_nothing())
        self._entered = frozenset(self._duties)


def following(last: datetime, interval: timedelta, now: datetime) -> datetime:
    """Return the first point after `now` on the grid of `last` and `interval`, without drift or arrears."""
    missed = math.floor((now - last) / interval) + 1
    return last + max(missed, 1) * interval
