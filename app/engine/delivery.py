"""Delivering messages: to the cases that wait for them, and to the diagrams that they start; never twice."""

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, is_passing
from app.engine import advance as pure
from app.engine import unstored
from app.engine.commands import start_case
from app.engine.engine import Engine
from app.engine.loading import locked_case, step_on
from app.engine.records import Case, Delivery, Message, Subscription


@dataclass(slots=True)
class _Round:
    """What a delivery tries at the moment, and which diagrams it could not start."""

    case_id: int | None = None
    element: str = ""
    diagram: str = ""
    failed: dict[str, Exception] = field(default_factory=dict)


def deliver(engine: Engine, message_id: int) -> None:
    """Deliver a message to all who should have it now.

    Each receiver gets it in a transaction of its own, exactly once. A case whose step cannot be stored is stuck; it
    and every other stuck case get the message when they are mended.

    Raises:
        Exception: a diagram could not be started; all others were. Trying again tries only what is missing.
    """
    around = _Round()
    while True:
        around.case_id, around.diagram = None, ""
        try:
            with engine.database.transaction() as session:
                if not _deliver_one(engine, session, message_id, around):
                    break
        except Exception as error:
            if is_passing(error):
                raise
            if around.case_id is not None:
                data = {"message_id": message_id, "element": around.element}
                unstored.remember(engine, around.case_id, unstored.MESSAGE, data, error)
            elif around.diagram:
                around.failed[around.diagram] = error
            else:
                raise
    if around.failed:
        raise next(iter(around.failed.values()))


def match(engine: Engine, case_id: int) -> None:
    """Deliver the messages that were there before a case began to wait for them, or that came while it was stuck."""
    with engine.database.transaction() as session:
        waiting = list(
            session.scalars(
                select(Message.id)
                .join(Subscription, _fits(Subscription.name == Message.name))
                .where(Subscription.case_id == case_id, Message.status == "waiting")
                .distinct()
                .order_by(Message.id)
            )
        )
    for message_id in waiting:
        deliver(engine, message_id)


def _fits(same_name: ColumnElement[bool]) -> ColumnElement[bool]:
    return same_name & or_(Message.broadcast, Subscription.key == Message.key)


def _deliver_one(engine: Engine, session: Session, message_id: int, around: _Round) -> bool:
    """Deliver to one receiver; False when there is no other."""
    message = session.scalar(select(Message).where(Message.id == message_id).with_for_update(**LOCKED))
    if message is None or message.status != "waiting":
        return False
    subscription = session.scalar(_awaited(message, "running"))
    if subscription is not None:
        _receive(engine, session, message, subscription, around)
        return True
    unreached = session.scalar(_awaited(message, "stuck")) is not None
    if unreached and not message.broadcast:
        return False
    if _start_by(engine, session, message, around):
        return True
    reached = session.scalar(select(Delivery.id).where(Delivery.message_id == message.id).limit(1)) is not None
    if reached and not unreached and not around.failed:
        message.status = "delivered"
    return False


def _awaited(message: Message, status: str) -> Select[Subscription]:
    """Return the query for a subscription to the message, of a case with this status that has not had it yet."""
    reached = select(Delivery.case_id).where(Delivery.message_id == message.id)
    query = (
        select(Subscription)
        .join(Case, Case.id == Subscription.case_id)
        .where(Subscription.name == message.name, Case.status == status, Subscription.case_id.not_in(reached))
    )
    if not message.broadcast:
        query = query.where(Subscription.key == message.key)
    return query.order_by(Subscription.id).limit(1)


def _receive(engine: Engine, session: Session, message: Message, subscription: Subscription, around: _Round) -> None:
    case = locked_case(session, subscription.case_id)
    if session.get(Subscription, subscription.id, populate_existing=True) is None or case.status != "running":
        return
    around.case_id, around.element = case.id, subscription.element
    step = step_on(engine, session, case, None)
    step.note(
        "message.received", subscription.element, {"name": message.name, "key": message.key, "message": message.id}
    )
    pure.receive(step.workflow, subscription.engine_id, dict(message.payload))
    step.run()
    _delivered(session, message, case.id, subscription.element)
    if not message.broadcast:
        message.status = "delivered"


def _start_by(engine: Engine, session: Session, message: Message, around: _Round) -> bool:
    """Start one diagram that subscribes to the message and was not started by it yet; False when there is none."""
    started = set(
        session.scalars(
            select(Case.diagram).join(Delivery, Delivery.case_id == Case.id).where(Delivery.message_id == message.id)
        )
    )
    for diagram, element in engine.library.current(session).started_by(message.name):
        if diagram in started or diagram in around.failed:
            continue
        around.diagram = diagram
        record = str(message.payload.get("record_id", ""))
        record_id = int(record) if record.isdecimal() and len(record) < 19 else None
        payload = dict(message.payload)
        outcome = start_case(
            engine, session, diagram, None, {}, record_id=record_id, start_element=element, payload=payload,
            parent_id=message.sender_case_id,
        )  # fmt: skip
        _delivered(session, message, outcome.case.id, element)
        return True
    return False


def _delivered(session: Session, message: Message, case_id: int, element: str) -> None:
    session.add(Delivery(message_id=message.id, case_id=case_id, element=element, at=clock.now()))
