"""The rules of follow-up actions, pure: which status may follow which, and who may find that they helped."""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

from app.errors import BusinessError, Message

Status = Literal["open", "in_progress", "done", "closed", "cancelled"]

# What people read for them.
STATUSES = {
    "open": "Proposed",
    "in_progress": "In progress",
    "done": "Done, to be checked",
    "closed": "Closed",
    "cancelled": "Cancelled",
}
FOLLOWS: dict[str, frozenset[str]] = {
    "open": frozenset({"in_progress", "cancelled"}),
    "in_progress": frozenset({"in_progress", "done", "cancelled"}),
    # Back to work is what an effect that is missing means.
    "done": frozenset({"in_progress", "closed", "cancelled"}),
    "closed": frozenset(),
    "cancelled": frozenset(),
}


def check_move(number: str, status: str, to: Status) -> None:
    """Refuse a status that may not follow.

    Raises:
        BusinessError: `action.already_ended` or `action.wrong_status`.
    """
    if to in FOLLOWS.get(status, frozenset()):
        return
    if not FOLLOWS.get(status):
        raise BusinessError("action.already_ended", Message("{number} has ended already.", number=number))
    told = Message(
        "{number} is “{status}” and cannot become “{to}”.",
        number=number,
        status=Message(STATUSES.get(status, status)),
        to=Message(STATUSES[to]),
    )
    raise BusinessError("action.wrong_status", told)


def check_date(due_at: datetime | None, now: datetime) -> None:
    """Refuse to begin work that has no date, or one that is past.

    Raises:
        BusinessError: `action.no_date`.
    """
    if due_at is None or due_at <= now:
        raise BusinessError("action.no_date", "Please say until when it will be done: a date that is still to come.")


def check_verifier(verifier_id: int | None, owner_id: int | None) -> None:
    """Refuse to let owners find that their own action helped; nor may the clock.

    Raises:
        BusinessError: `action.own_effect`.
    """
    if verifier_id is None or verifier_id == owner_id:
        raise BusinessError("action.own_effect", "Whether it helped is for somebody else to say than its owner.")


def first_other(candidates: Iterable[int | None], owner_id: int | None) -> int | None:
    """Return the first who is not the owner; nobody when there is none."""
    return next((one for one in candidates if one is not None and one != owner_id), None)
