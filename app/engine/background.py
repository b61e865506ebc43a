"""What moves cases without a person: due timers, the answers of jobs, and notices of tasks that nobody has done."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import is_passing
from app.engine import advance as pure
from app.engine import moving, reminding, unstored
from app.engine.engine import Engine
from app.engine.loading import DueTimer, locked_case, locked_timer, step_on
from app.engine.records import Case, Notice, Timer
from app.errors import BusinessError, Message, StellwerkError
from app.operations import OperationContext


def fire_due(engine: Engine) -> int:
    """Fire the timer that is due first, or give the notice of a task that is, or see to what else is due; several
    nodes may do this at once.

    Returns:
        How much there was, 0 when nothing is due.
    """
    done = _fire_timer(engine) or reminding.fire_due(engine) or moving.fire_due(engine)
    return done or next((done for work in engine.clockworks if (done := work.fire())), 0)


def next_due(engine: Engine, session: Session, *, after: datetime | None = None, until: datetime) -> datetime | None:
    """Return when the time will next bring something about: later than `after`, by `until`; None when nothing is."""
    timers = (
        select(Timer.due_at.label("at"))
        .join(Case, Case.id == Timer.case_id)
        .where(Timer.status == "waiting", Case.status == "running")
    )
    waiting = union_all(timers, select(Notice.due_at.label("at"))).subquery()
    query = select(func.min(waiting.c.at)).where(waiting.c.at <= until)
    found = [session.scalar(query.where(waiting.c.at > after) if after is not None else query)]
    found += [work.next_due(session, after, until) for work in engine.clockworks]
    return min((moment for moment in found if moment is not None), default=None)


def _fire_timer(engine: Engine) -> int:
    place: tuple[int, dict[str, Any]] | None = None
    try:
        with engine.database.transaction() as session:
            timer = locked_timer(session, clock.now())
            if timer is None:
                return 0
            if moving.is_stale(session, timer.case):
                moving.move(engine, session, timer.case)
                return 1
            place = timer.case.id, {"engine_id": str(timer.engine_id), "element": timer.element}
            _fire(engine, session, timer)
    except Exception as error:
        if place is None or is_passing(error):
            raise
        unstored.remember(engine, place[0], unstored.TIMER, place[1], error)
    return 1


def _fire(engine: Engine, session: Session, timer: DueTimer) -> None:
    step = step_on(engine, session, timer.case, None)
    step.note("timer.fired", timer.element, {"due_at": timer.due_at.isoformat()})
    # One timer a step: what it interrupts may take the others away.
    pure.fire_timer(step.workflow, timer.engine_id)
    step.run()


def carry_out(engine: Engine, arguments: dict[str, Any], attempt: int) -> None:
    """Carry out an after-commit operation, then hand its answer to the case in a step of its own.

    The operation may run again when the worker dies in between: its idempotency key stays the same.
    """
    case_id, engine_id = int(arguments["case_id"]), arguments["engine_id"]
    operation = engine.registry.get(arguments["operation"])
    answer: dict[str, Any] = {"case_id": case_id, "engine_id": engine_id, "element": arguments["element"]}
    try:
        with engine.database.transaction() as session:
            case = session.get(Case, case_id)
            if case is None or case.status == "cancelled":
                return
            context = OperationContext(
                session=session, case_id=case.id, case_number=case.number, diagram=case.diagram,
                element=arguments["element"], record_id=case.record_id, actor_id=arguments["actor_id"],
                requester_id=case.requester_id, key=f"{case_id}:{engine_id}", data={},
                send=_no_message, journal=_no_entry,
            )  # fmt: skip
            answer["value"] = operation.call(context, arguments["parameters"])
    except BusinessError as error:
        answer |= {"code": error.code, "message": error.message}
    take_answer(engine, answer)


def give_up(engine: Engine, arguments: dict[str, Any], error: str) -> None:
    """Mark the case stuck at the element whose job failed for good."""
    message = Message(
        "The operation “{operation}” failed repeatedly: {reason}", operation=arguments["operation"], reason=error
    )
    names = ("case_id", "engine_id", "element")
    take_answer(engine, {name: arguments[name] for name in names} | {"message": message})


def take_answer(engine: Engine, answer: dict[str, Any]) -> None:
    """Hand the answer of an after-commit operation to its case, in a step of its own; a second answer is ignored.

    Args:
        answer: `case_id`, `engine_id`, `element`, and `value`; or `message`, with the `code` of a business error.
    """
    try:
        with engine.database.transaction() as session:
            _take_answer(engine, session, answer)
    except Exception as error:
        if is_passing(error):
            raise
        data = {name: value for name, value in answer.items() if name != "case_id"}
        unstored.remember(engine, int(answer["case_id"]), unstored.ANSWER, data, error)


def _take_answer(engine: Engine, session: Session, answer: dict[str, Any]) -> None:
    case, engine_id, element = (
        locked_case(session, int(answer["case_id"])),
        UUID(answer["engine_id"]),
        answer["element"],
    )
    if case.status in ("completed", "cancelled"):
        return
    step, engine_id = step_on(engine, session, case, None), UUID(answer["engine_id"])
    if not pure.is_pending(step.workflow, engine_id):
        return  # answered before, or the case went another way meanwhile
    message = answer.get("message")
    if message is None:
        step.note("operation.answered", element)
        pure.answer(step.workflow, engine_id, answer.get("value"))
    else:
        step.note("operation.failed", element, {}, {"message": str(message)})
        refused = "code" in answer
        error = BusinessError(answer["code"], message) if refused else StellwerkError(message)
        pure.fail(step.workflow, engine_id, error)
    step.run()


def _no_message(name: str, key: str, payload: dict[str, Any], broadcast: bool = False) -> None:
    raise RuntimeError("an operation that runs after the commit cannot send messages; let the diagram send them")


def _no_entry(event: str, data: dict[str, Any] | None = None, payload: dict[str, Any] | None = None) -> None:
    raise RuntimeError("an operation that runs after the commit has no step to write into; return what happened")
