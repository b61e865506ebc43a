"""Moving timers and due dates with what they were counted from: each case in a step of its own, from the same start."""

import logging
from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session, undefer

from app import clock
from app.database.transaction import LOCKED, is_passing
from app.engine import recounting
from app.engine.dependences import PERSONAL, WAITS, replace, rows_of
from app.engine.engine import Engine
from app.engine.loading import step_on
from app.engine.records import Case, Dependence
from app.engine.reminding import AGAIN

log = logging.getLogger(__name__)


def fire_due(engine: Engine) -> int:
    """Count the first case anew that depends on something that has changed; several nodes may do this at once.

    Returns:
        1 when there was one, 0 when nothing has changed.
    """
    stale = (
        select(Case)
        .join(Dependence, Dependence.case_id == Case.id)
        .where(Dependence.stale_at <= clock.now())
        .order_by(Dependence.stale_at, Dependence.id)
        .limit(1)
        .options(undefer(Case.state))
        .with_for_update(of=Case, skip_locked=True, **LOCKED)
    )
    tried: int | None = None
    try:
        with engine.database.transaction() as session:
            case = session.scalar(stale)
            if case is None:
                return 0
            tried = case.id
            move(engine, session, case)
    except Exception as error:
        if tried is None or is_passing(error):
            raise
        log.error("what moves in case %s could not be counted; it is tried again later", tried, exc_info=error)
        with engine.database.transaction() as session:
            late = update(Dependence).where(Dependence.case_id == tried, Dependence.stale_at.is_not(None))
            session.execute(late.values(stale_at=clock.now() + AGAIN))
    return 1


def is_stale(session: Session, case: Case) -> bool:
    """Tell whether something of a locked case is to be counted anew before its timers fire."""
    if not case.waits.get(WAITS):
        return False
    stale = select(Dependence.id).where(Dependence.case_id == case.id, Dependence.stale_at <= clock.now())
    return session.scalar(stale.limit(1)) is not None


def move(engine: Engine, session: Session, case: Case) -> None:
    """Count anew what is stale in a locked case, in a step of its own; store and note it where it moves."""
    # Whoever changes something from now on waits for this transaction, and marks the rows again.
    mine = Dependence.case_id == case.id
    marked = update(Dependence).where(mine, Dependence.stale_at.is_not(None)).values(stale_at=None)
    found = session.execute(
        marked.returning(Dependence.engine_id, Dependence.kind), execution_options={"synchronize_session": False}
    )
    kinds: dict[str, set[str]] = {}
    for of, kind in found:
        kinds.setdefault(str(of), set()).add(kind)
    if not kinds or case.status in ("completed", "cancelled"):
        return
    step = step_on(engine, session, case, None)
    entries = {entry.removesuffix(PERSONAL): entry for entry in case.waits.get(WAITS, [])}
    moved = False
    for engine_id in sorted(kinds.keys() & entries.keys()):
        known = select(Dependence.kind, Dependence.target_id).where(mine, Dependence.engine_id == engine_id)
        before = {(row.kind, row.target_id) for row in session.execute(known)}
        again = recounting.again(step, engine_id, personal=entries[engine_id].endswith(PERSONAL))
        if again is None:
            continue
        after = again.on
        if kinds[engine_id] == {"choice"} and _calendars(before) == _calendars(after):
            continue  # the record has changed, but not in what decides which calendar counts
        moved |= recounting.carry_over(step, again)
        if after != before:
            replace(step, [engine_id], rows_of(step, engine_id, after))
    if moved:
        step.save(None)


def _calendars(on: Iterable[tuple[str, int]]) -> set[int]:
    return {target for kind, target in on if kind == "calendar"}
