"""What a stuck case still has to hear or to try again once it is mended."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import unstored
from app.engine.records import Case, Message, Subscription

MOST = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A timer, an operation's answer or a message; `failed` when its step could not be stored, else it only waits.

    `at` is when the message was sent, of all else when it failed.
    """

    kind: str
    element: str
    at: datetime
    failed: bool
    message: str = ""


def kept_of(session: Session, case: Case) -> list[Kept]:
    """Return what is kept for a stuck case, oldest first; nothing for any other."""
    if case.status != "stuck":
        return []
    stimuli = unstored.kept_for(session, case.id)[:MOST]
    wanted = {stimulus.data.get("message_id") for stimulus in stimuli} - {None}
    messages = {message.id: message for message in session.scalars(select(Message).where(Message.id.in_(wanted)))}
    found = []
    for stimulus in stimuli:
        message = messages.get(stimulus.data.get("message_id", 0))
        found.append(
            Kept(
                stimulus.kind,
                stimulus.data.get("element") or "",
                message.created_at if message else stimulus.at,
                bool(stimulus.error),
                message.name if message else "",
            )
        )
    # Messages for this case alone wait in the mailbox.
    arrived = (
        select(Message, Subscription.element)
        .join(Subscription, (Subscription.name == Message.name) & (Subscription.key == Message.key))
        .where(
            Subscription.case_id == case.id, Message.status == "waiting", Message.broadcast.is_(False),
            Message.id.not_in(wanted),
        )
        .order_by(Message.id)
        .limit(MOST)
    )  # fmt: skip
    for message, element in session.execute(arrived):
        found.append(Kept(unstored.MESSAGE, element, message.created_at, False, message.name))
    return sorted(found, key=lambda kept: kept.at)
