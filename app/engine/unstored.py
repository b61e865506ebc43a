"""What should have moved a case but could not be stored: kept, shown as a stuck case, tried again when it is mended."""

import logging
import traceback
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.database.transaction import LOCKED
from app.engine.records import Case, Stimulus
from app.errors import StellwerkError

if TYPE_CHECKING:
    from app.engine.engine import Engine
    from app.engine.step import Step

log = logging.getLogger(__name__)

TIMER, ANSWER, MESSAGE = "timer", "answer", "message"


def remember(engine: "Engine", case_id: int, kind: str, data: dict[str, Any], error: Exception) -> None:
    """Keep a stimulus whose step failed, and mark its case stuck so that it does not fail again and again.

    Args:
        kind: `timer`, `answer` or `message`.
        data: what is needed to try it again; `element` is where the case is stuck.
        error: why it could not be stored.
    """
    log.error("case %s: a step caused by a %s could not be stored", case_id, kind, exc_info=error)
    plain = str(error).strip() or type(error).__name__
    told = error.message if isinstance(error, StellwerkError) and error.message.strip() else plain
    text = "".join(traceback.format_exception(error))
    with engine.database.transaction() as session:
        now = clock.now()
        session.add(Stimulus(case_id=case_id, kind=kind, data=data, error=text, at=now))
        case = session.scalar(select(Case).where(Case.id == case_id).with_for_update(of=Case, **LOCKED))
        if case is None or case.status != "running":
            return
        case.status, case.stuck_element = "stuck", data.get("element")
        case.stuck_message, case.stuck_traceback = told, text
        facts, said = {"stimulus": kind}, {"message": plain}
        entry = Entry("case.stuck", now, None, data.get("element"), facts, said, case.id, case.record_id)
        case.journal_head, case.journal_length = engine.journal.write(
            session, f"case:{case.id}", case.journal_head, case.journal_length, [entry]
        )


def kept_for(session: Session, case_id: int) -> list[Stimulus]:
    """Return what of a case waits to be tried again or to be heard after mending, oldest first."""
    query = select(Stimulus).where(Stimulus.case_id == case_id, Stimulus.retried_at.is_(None))
    return list(session.scalars(query.order_by(Stimulus.id)))


def pending(session: Session, case_id: int) -> list[Stimulus]:
    """Return what of a case failed and waits to be tried again; what merely came while it was stuck did not fail."""
    return [stimulus for stimulus in kept_for(session, case_id) if stimulus.error]


def go_on(step: "Step") -> None:
    """Let a case that was just mended hear what has come meanwhile or could not be stored.

    Its due timers fire by themselves now that it runs again; messages for it alone are matched, broadcasts were kept.
    """
    for stimulus in kept_for(step.session, step.case.id):
        stimulus.retried_at = clock.now()
        if stimulus.kind == ANSWER:
            step.engine.queue.put(step.session, "engine.answer", {"case_id": step.case.id, **stimulus.data})
        elif stimulus.kind == MESSAGE and "engine_id" in stimulus.data:
            kept = {name: stimulus.data[name] for name in ("message_id", "engine_id")}
            step.engine.queue.put(step.session, "engine.deliver_kept", {"case_id": step.case.id, **kept})
    if step.case.waits.get("messages"):
        step.engine.queue.put(step.session, "engine.match", {"case_id": step.case.id})
