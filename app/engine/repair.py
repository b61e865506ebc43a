"""Mending a case by hand: retry, edit data, skip, cancel; each with a reason, each in the journal."""

from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app import clock
from app.engine import advance as pure
from app.engine.commands import manages
from app.engine.engine import Engine
from app.engine.loading import locked_case, refuse_ended, step_on
from app.engine.ports import Actor
from app.engine.records import Case
from app.engine.step import Outcome, Step
from app.errors import Conflict, Forbidden, Invalid, Message, StellwerkError

RETRY, DATA, SKIP, CANCEL = "retry", "data", "skip", "cancel"


def retry(engine: Engine, session: Session, case_id: int, actor: Actor, reason: str) -> Outcome:
    """Carry out again what the case is stuck at: an element, or a timer, message or job's answer that was not stored.

    The latter come again by themselves, in steps of their own.

    Raises:
        NotFound, Forbidden, Conflict: unknown case, no right to mend it, or not stuck.
        Invalid: no reason given.
    """
    step = _stuck(engine, session, case_id, actor, reason)
    stuck = pure.stuck_at(step.workflow)
    step.note("case.retried", step.case.stuck_element, {}, {"reason": reason})
    if stuck is not None:
        pure.retry(step.workflow, stuck)
    return step.run()


def skip(engine: Engine, session: Session, case_id: int, actor: Actor, reason: str) -> Outcome:
    """Go on behind the element that the case is stuck at, as if it had been carried out without a result.

    Raises:
        As `retry`.
    """
    step = _stuck(engine, session, case_id, actor, reason)
    stuck = _element(step)
    step.note("case.skipped", step.case.stuck_element, {}, {"reason": reason})
    pure.skip(step.workflow, stuck)
    return step.run()


def edit_data(
    engine: Engine, session: Session, case_id: int, actor: Actor, data: dict[str, Any], reason: str
) -> Outcome:
    """Change the data at the element that the case is stuck at, then try it again.

    Raises:
        As `retry`.
    """
    step = _stuck(engine, session, case_id, actor, reason)
    stuck = _element(step)
    step.note("case.data_edited", step.case.stuck_element, {"names": sorted(data)}, {"reason": reason, "data": data})
    pure.edit_data(step.workflow, stuck, data)
    pure.retry(step.workflow, stuck)
    return step.run()


def cancel(engine: Engine, session: Session, case_id: int, actor: Actor, reason: str) -> Outcome:
    """End a case before its time; its tasks are withdrawn and its timers and subscriptions removed.

    Raises:
        NotFound, Forbidden, Conflict: unknown case, no right to mend it, or ended already.
        Invalid: no reason given.
    """
    return _end(engine, session, _mendable(session, case_id, actor, reason), actor, reason)


def withdraw(engine: Engine, session: Session, case_id: int, actor: Actor, reason: str) -> None:
    """End a case because what it is about goes on elsewhere; whether the person may do that the caller has checked.

    A case that has ended already stays as it is.
    """
    case = locked_case(session, case_id)
    if case.ended_at is None:
        _end(engine, session, case, actor, reason)


def _end(engine: Engine, session: Session, case: Case, actor: Actor, reason: str) -> Outcome:
    step = step_on(engine, session, case, actor)
    pure.cancel(step.workflow)
    case.status, case.ended_at = "cancelled", clock.now()
    case.stuck_element = case.stuck_message = case.stuck_traceback = None
    step.note("case.cancelled", None, {}, {"reason": reason})
    return step.save(None)


def refuse(engine: Engine, session: Session, case: Case, remedy: str) -> None:
    """Refuse a way of mending that cannot work for a case as it stands; nothing is changed.

    Raises:
        Conflict: it has ended, is not stuck, or is stuck at no element that could be skipped or whose data are known.
        StellwerkError: the element decides where the case goes and so cannot be skipped.
    """
    refuse_ended(case)
    if remedy == CANCEL:
        return
    _refuse_healthy(case)
    if remedy == RETRY:
        return
    step = step_on(engine, session, case, None)
    stuck = _element(step)
    if remedy == SKIP:
        # Tried on a workflow that is thrown away.
        pure.skip(step.workflow, stuck)


def remedies(engine: Engine, session: Session, case: Case) -> list[str]:
    """Return the ways of mending that can work for a case as it stands."""
    found = []
    for remedy in (RETRY, DATA, SKIP, CANCEL):
        try:
            refuse(engine, session, case, remedy)
        except StellwerkError:
            continue
        found.append(remedy)
    return found


def stuck_data(engine: Engine, session: Session, case: Case) -> dict[str, Any]:
    """Return the data at the element that the case is stuck at, for the page that offers to edit it."""
    step = step_on(engine, session, case, None)
    stuck = pure.stuck_at(step.workflow)
    return pure.data_of(step.workflow, stuck) if stuck else {}


def _mendable(session: Session, case_id: int, actor: Actor, reason: str) -> Case:
    if not reason.strip():
        raise Invalid({"reason": ["Say why; the reason stands in the journal."]})
    case = locked_case(session, case_id)
    if not manages(case.area, actor.at(session, case.record_id)):
        raise Forbidden("Only the owner or manager of this process may mend its cases.")
    refuse_ended(case)
    return case


def _stuck(engine: Engine, session: Session, case_id: int, actor: Actor, reason: str) -> Step:
    case = _mendable(session, case_id, actor, reason)
    _refuse_healthy(case)
    step = step_on(engine, session, case, actor)
    step.mended = True
    return step


def _refuse_healthy(case: Case) -> None:
    if case.status != "stuck":
        raise Conflict(Message("Case {case} is not stuck; there is nothing to mend.", case=case.number))


def _element(step: Step) -> UUID:
    stuck = pure.stuck_at(step.workflow)
    if stuck is None:
        raise Conflict(Message("Case {case} is stuck at no element; try again, or cancel it.", case=step.case.number))
    return stuck
