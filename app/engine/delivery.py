"""Delivering messages: to the cases that wait for them, and to the diagrams that they start; never twice.

A message for one case waits for it. A broadcast reaches who waits when it is sent, and nobody who comes later; for
those of them that are stuck it is kept until they are mended.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, is_passing
from app.engine import advance as pure
from app.engine import unstored
from app.engine.commands import start_case
from app.engine.engine import Engine
from app.engine.loading import locked_case, step_on
from app.engine.records import Case, Delivery, Message, Stimulus, Subscription


@dataclass(slots=True)
class _Round:
    """What a delivery tries at the moment, and which diagrams it could not start."""

    until: int | None = None
    case_id: int | None = None
    kept: dict[str, Any] = field(default_factory=dict)
    diagram: str = ""
    failed: dict[str, Exception] = field(default_factory=dict)


def deliver(engine: Engine, message_id: int, *, until: int | None = None) -> None:
    """Deliver a message to all who should have it now.

    Each receiver gets it in a transaction of its own, exactly once. A case whose step cannot be stored is stuck; it
    and every other stuck case get the message when they are mended.

    Args:
        until: the last subscription that there was when a broadcast was sent; later ones have missed it.

    Raises:
        Exception: a diagram could not be started; all others were. Trying again tries only what is missing.
    """
    around = _Round(until)
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
                unstored.remember(engine, around.case_id, unstored.MESSAGE, around.kept, error)
            elif around.diagram:
                around.failed[around.diagram] = error
            else:
                raise
    if around.failed:
        raise next(iter(around.failed.values()))


def deliver_kept(engine: Engine, message_id: int, case_id: int, engine_id: str) -> None:
    """Deliver a broadcast to a case that was stuck when it came and is mended now.

    Args:
        engine_id: where the case waited for it; when it waits there no more, it does without.
    """
    around = _Round()
    try:
        with engine.database.transaction() as session:
            message = session.scalar(select(Message).where(Message.id == message_id).with_for_update(**LOCKED))
            subscription = session.scalar(
                select(Subscription).where(Subscription.case_id == case_id, Subscription.engine_id == UUID(engine_id))
            )
            reached = select(Delivery.id).where(Delivery.message_id == message_id, Delivery.case_id == case_id)
            if message is None or subscription is None or session.scalar(reached) is not None:
                return
            if not _receive(engine, session, message, subscription, around):
                _keep(session, message, subscription)
    except Exception as error:
        if is_passing(error) or around.case_id is None:
            raise
        unstored.remember(engine, case_id, unstored.MESSAGE, around.kept, error)


def match(engine: Engine, case_id: int) -> None:
    """Deliver the messages that were there before a case began to wait for them, or that came while it was stuck."""
    with engine.database.transaction() as session:
        waiting = list(
            session.scalars(
                select(Message.id)
                .join(Subscription, (Subscription.name == Message.name) & (Subscription.key == Message.key))
                .where(Subscription.case_id == case_id, Message.status == "waiting", Message.broadcast.is_(False))
                .distinct()
                .order_by(Message.id)
            )
        )
    for message_id in waiting:
        deliver(engine, message_id)


def _deliver_one(engine: Engine, session: Session, message_id: int, around: _Round) -> bool:
    """Deliver to one receiver; False when there is no other."""
    message = session.scalar(select(Message).where(Message.id == message_id).with_for_update(**LOCKED))
    if message is None or message.status != "waiting":
        return False
    subscription = session.scalar(_awaited(message, "running", around))
    if subscription is not None:
        _receive(engine, session, message, subscription, around)
        return True
    unreached = session.scalar(_awaited(message, "stuck", around))
    if unreached is not None:
        if message.broadcast:
            _keep(session, message, unreached)
        return message.broadcast
    if _start_by(engine, session, message, around):
        return True
    if not around.failed:
        reached = session.scalar(select(Delivery.id).where(Delivery.message_id == message.id).limit(1)) is not None
        if reached or message.broadcast:
            kept = session.scalar(_kept(message).limit(1)) is not None
            message.status = "delivered" if reached or kept else "expired"
    return False


def _awaited(message: Message, status: str, around: _Round) -> Select[Subscription]:
    """Return the query for a subscription to the message, of a case with this status that has not had it yet."""
    reached = select(Delivery.case_id).where(Delivery.message_id == message.id)
    query = (
        select(Subscription)
        .join(Case, Case.id == Subscription.case_id)
        .where(Subscription.name == message.name, Case.status == status, Subscription.case_id.not_in(reached))
    )
    if not message.broadcast:
        query = query.where(Subscription.key == message.key)
    else:
        query = query.where(Subscription.case_id.not_in(_kept(message)))
    if around.until is not None:
        query = query.where(Subscription.id <= around.until)
    return query.order_by(Subscription.id).limit(1)


def _kept(message: Message) -> Select[int | None]:
    """Return the query for the stuck cases that a broadcast is kept for."""
    return select(Stimulus.case_id).where(
        Stimulus.kind == unstored.MESSAGE,
        Stimulus.data["message_id"].as_integer() == message.id,
        Stimulus.case_id.is_not(None),
    )


def _keep(session: Session, message: Message, subscription: Subscription) -> None:
    """Keep a broadcast for a stuck case; whoever mends the case holds its row, so nothing is kept too late."""
    case = locked_case(session, subscription.case_id)
    if case.status == "stuck":
        data = _as_kept(message, subscription)
        session.add(Stimulus(case_id=case.id, kind=unstored.MESSAGE, data=data, error="", at=message.created_at))


def _as_kept(message: Message, subscription: Subscription) -> dict[str, Any]:
    data = {"message_id": message.id, "name": message.name, "element": subscription.element}
    return data | {"engine_id": str(subscription.engine_id)} if message.broadcast else data


def _receive(engine: Engine, session: Session, message: Message, subscription: Subscription, around: _Round) -> bool:
    """Let a case have the message; False when it is stuck, ended, or waits no more."""
    case = locked_case(session, subscription.case_id)
    if session.get(Subscription, subscription.id, populate_existing=True) is None or case.status != "running":
        return False
    around.case_id, around.kept = case.id, _as_kept(message, subscription)
    step = step_on(engine, session, case, None)
    step.note(
        "message.received", subscription.element, {"name": message.name, "key": message.key, "message": message.id}
    )
    pure.receive(step.workflow, subscription.engine_id, dict(message.payload))
    step.run()
    _delivered(session, message, case.id, subscription.element)
    if not message.broadcast:
        message.status = "delivered"
    return True


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
