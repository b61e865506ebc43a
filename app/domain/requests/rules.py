"""The rules of service requests, pure: which status may follow which, and what may end without being fulfilled."""

from typing import Literal

from app.errors import BusinessError, Message

Status = Literal["open", "approval", "in_progress", "waiting", "fulfilled", "closed"]
Priority = Literal["P1", "P2", "P3", "P4", "P5", "P6"]

# What people read for them.
STATUSES = {
    "open": "Open",
    "approval": "Waiting for approval",
    "in_progress": "In progress",
    "waiting": "Waiting for the user",
    "fulfilled": "Fulfilled",
    "closed": "Closed",
}
CLOSURE_CODES = {
    "fulfilled": "Fulfilled",
    "no_answer": "Fulfilled, no answer",
    "not_entitled": "Not entitled",
    "rejected": "Rejected",
    "withdrawn": "Withdrawn by the user",
    "not_possible": "Not possible",
    "incident": "Went on as an incident",
}
UNFINISHED = frozenset({"open", "approval", "in_progress", "waiting"})
FOLLOWS: dict[str, frozenset[str]] = {
    "open": frozenset({"approval", "in_progress", "closed"}),
    "approval": frozenset({"in_progress", "closed"}),
    "in_progress": frozenset({"in_progress", "waiting", "fulfilled", "closed"}),
    "waiting": frozenset({"in_progress", "closed"}),
    # Back to work is what reopening means.
    "fulfilled": frozenset({"in_progress", "closed"}),
    "closed": frozenset(),
}
# A request may end without being fulfilled only for one of these reasons.
ENDS_UNFULFILLED = frozenset({"not_entitled", "rejected", "withdrawn", "not_possible", "incident"})


def check_move(number: str, status: str, to: Status) -> None:
    """Refuse a status that may not follow.

    Raises:
        BusinessError: `request.already_closed` or `request.wrong_status`.
    """
    if to in FOLLOWS.get(status, frozenset()):
        return
    if status == "closed":
        raise BusinessError("request.already_closed", Message("{number} is closed; please ask anew.", number=number))
    told = Message(
        "{number} is “{status}” and cannot become “{to}”.",
        number=number,
        status=Message(STATUSES.get(status, status)),
        to=Message(STATUSES[to]),
    )
    raise BusinessError("request.wrong_status", told)


def check_unfinished(number: str, status: str) -> None:
    """Refuse work on a request that is fulfilled or closed.

    Raises:
        BusinessError: `request.already_closed` or `request.already_fulfilled`.
    """
    if status == "fulfilled":
        raise BusinessError(
            "request.already_fulfilled", Message("{number} is fulfilled already; reopen it first.", number=number)
        )
    if status not in UNFINISHED:
        check_move(number, status, "in_progress")


def check_closure(number: str, status: str, closure_code: str) -> None:
    """Refuse to close what was not fulfilled, unless the reason says why it ends all the same.

    Raises:
        BusinessError: `request.already_closed` or `request.not_fulfilled`.
    """
    check_move(number, status, "closed")
    if status != "fulfilled" and closure_code not in ENDS_UNFULFILLED:
        told = Message("{number} is not fulfilled yet, so it cannot be closed as this.", number=number)
        raise BusinessError("request.not_fulfilled", told)
