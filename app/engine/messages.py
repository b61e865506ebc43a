"""The mailbox: messages between cases, matched by name and key, kept until matched, never delivered twice.

A broadcast is for all who wait for its name when it is sent; it is not kept for others.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.engine.advance import waiting_messages
from app.engine.records import Message, Subscription

if TYPE_CHECKING:
    from app.engine.engine import Engine
    from app.engine.step import Step

KEPT = timedelta(days=30)


def send(
    engine: "Engine",
    session: Session,
    name: str,
    key: str,
    payload: dict[str, Any],
    *,
    identity: str,
    broadcast: bool = False,
    sender_case_id: int | None = None,
    sender_id: int | None = None,
) -> int | None:
    """Put a message into the mailbox and a job that delivers it, both in this transaction.

    Returns:
        The message's id; None when a message of this identity was sent before.
    """
    now = clock.now()
    message_id = session.scalar(
        insert(Message)
        .values(
            identity=identity, name=name, key=key, payload=payload, broadcast=broadcast, status="waiting",
            sender_case_id=sender_case_id, sender_id=sender_id, created_at=now, expires_at=now + KEPT,
        )
        .on_conflict_do_nothing(index_elements=["identity"])
        .returning(Message.id)
    )  # fmt: skip
    if message_id is not None:
        arguments = {"message_id": message_id}
        if broadcast:
            # Who begins to wait while the job is on its way, or is tried again, was not there to hear it.
            arguments["until"] = session.scalar(select(func.max(Subscription.id))) or 0
        engine.queue.put(session, "engine.deliver", arguments)
    return message_id


def sync(step: "Step") -> None:
    """Make the subscriptions match what the engine waits for, and look for messages that were there before."""
    waiting = {
        f"{work.engine_id}@{name}@{key}": (work, name, key) for work, name, key in waiting_messages(step.workflow)
    }
    remembered: set[str] = set(step.case.waits.get("messages", []))
    gone = {UUID(entry.partition("@")[0]) for entry in remembered - waiting.keys()}
    if gone:
        step.session.execute(
            delete(Subscription).where(Subscription.case_id == step.case.id, Subscription.engine_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    fresh = [waiting[entry] for entry in sorted(waiting.keys() - remembered)]
    for work, name, key in fresh:
        step.session.add(
            Subscription(case_id=step.case.id, engine_id=work.engine_id, element=work.element_id, name=name, key=key)
        )
    if gone or fresh:
        step.wait_for("messages", sorted(waiting))
    if fresh:
        # Looked for after the commit: a message that is being sent at this moment sees no subscription, nor is it seen.
        step.engine.queue.put(step.session, "engine.match", {"case_id": step.case.id})


def expire(session: Session) -> int:
    """Mark messages that nobody wanted within 30 days; returns how many."""
    result = session.execute(
        update(Message).where(Message.status == "waiting", Message.expires_at < clock.now()).values(status="expired")
    )
    return int(getattr(result, "rowcount", 0))
