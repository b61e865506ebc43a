"""The rules of incidents, pure: which status may follow which, priorities, who may be closed how, what is similar."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from app.domain.records.words import stem, telling_words
from app.errors import BusinessError, Message

Status = Literal["open", "in_progress", "waiting", "resolved", "closed"]
Priority = Literal["P1", "P2", "P3", "P4", "P5", "P6"]

# What people read for them.
STATUSES = {
    "open": "Open",
    "in_progress": "In progress",
    "waiting": "Waiting for the user",
    "resolved": "Resolved",
    "closed": "Closed",
}
PRIORITIES: tuple[Priority, ...] = ("P1", "P2", "P3", "P4", "P5", "P6")
UNFINISHED = frozenset({"open", "in_progress", "waiting"})
FOLLOWS: dict[str, frozenset[str]] = {
    "open": frozenset({"in_progress", "waiting", "resolved", "closed"}),
    "in_progress": frozenset({"in_progress", "waiting", "resolved", "closed"}),
    "waiting": frozenset({"in_progress", "resolved", "closed"}),
    # Back to work is what reopening means.
    "resolved": frozenset({"in_progress", "closed"}),
    "closed": frozenset(),
}
# What the check of the queue looks for; the sentences are those of its diagram.
Fault = Literal["unowned", "stale", "overdue", "doubtful"]
UNOWNED_AFTER, UNTOUCHED_AFTER = timedelta(days=1), timedelta(days=2)
STALE_AFTER = timedelta(days=5)
LONGEST: dict[str | None, timedelta] = {
    "P1": timedelta(days=1), "P2": timedelta(days=3), "P3": timedelta(days=7), "P4": timedelta(days=14),
    "P5": timedelta(days=30), "P6": timedelta(days=60), None: timedelta(days=14),
}  # fmt: skip
TELLS_NOTHING = frozenset({None, "", "other"})
# An incident may end without a solution only for one of these reasons.
ENDS_WITHOUT_SOLUTION = frozenset({"withdrawn", "duplicate", "no_fault"})
BY_WORKAROUND = "workaround"
# Why clocks pause, stop and go on.
WAITS_FOR_CALLER = Message("waiting for the caller")
RESOLVED = Message("resolved")
REOPENED = Message("reopened")
CLOSED = Message("closed")
HANDED_ON = Message("handed on to another team")


def check_move(number: str, status: str, to: Status) -> None:
    """Refuse a status that may not follow.

    Raises:
        BusinessError: `incident.already_closed`, `incident.already_resolved` or `incident.wrong_status`.
    """
    if to in FOLLOWS.get(status, frozenset()):
        return
    if status == "closed":
        raise BusinessError(
            "incident.already_closed", Message("{number} is closed; please report a new incident.", number=number)
        )
    if status == "resolved":
        raise BusinessError(
            "incident.already_resolved", Message("{number} is resolved already; reopen it first.", number=number)
        )
    told = Message(
        "{number} is “{status}” and cannot become “{to}”.",
        number=number,
        status=Message(STATUSES.get(status, status)),
        to=Message(STATUSES[to]),
    )
    raise BusinessError("incident.wrong_status", told)


def check_unfinished(number: str, status: str) -> None:
    """Refuse work on an incident that is resolved or closed.

    Raises:
        BusinessError: `incident.already_resolved` or `incident.already_closed`.
    """
    if status not in UNFINISHED:
        check_move(number, status, "waiting")


def check_reopen(number: str, status: str) -> None:
    """Only a resolved incident is reopened: before that there is nothing to reopen, after closure a new one is due.

    Raises:
        BusinessError: `incident.already_closed` or `incident.not_resolved`.
    """
    if status in UNFINISHED:
        raise BusinessError("incident.not_resolved", Message("{number} is still being worked on.", number=number))
    check_move(number, status, "in_progress")


def check_closure(number: str, status: str, closure_code: str, resolution: str | None) -> None:
    """Refuse to close without a solution, unless the reason says that none is needed.

    Raises:
        BusinessError: `incident.already_closed` or `incident.no_solution`.
    """
    check_move(number, status, "closed")
    solved = status == "resolved" and bool((resolution or "").strip())
    if not solved and closure_code not in ENDS_WITHOUT_SOLUTION:
        told = Message("{number} has no solution yet, so it cannot be closed as this.", number=number)
        raise BusinessError("incident.no_solution", told)


def faults(
    *, status: str, priority: str | None, category: str | None, owned: bool, opened_at: datetime, updated_at: datetime,
    now: datetime,
) -> dict[Fault, datetime]:  # fmt: skip
    """Return what is wrong with how an incident is worked on, each with the time since when it is.

    Nothing is wrong since before the last change: whoever treats a fault begins a new count.
    """
    if status not in UNFINISHED:
        return {}
    since: dict[Fault, datetime] = {"stale": updated_at + STALE_AFTER}
    if not owned:
        since["unowned"] = max(opened_at + UNOWNED_AFTER, updated_at)
    since["overdue"] = max(opened_at + LONGEST.get(priority, LONGEST[None]), updated_at + UNTOUCHED_AFTER)
    if status != "open" and (category in TELLS_NOTHING or priority is None):
        since["doubtful"] = max(opened_at + UNOWNED_AFTER, updated_at)
    return {fault: moment for fault, moment in since.items() if moment <= now}


def more_urgent(one: str | None, other: str | None) -> str | None:
    """Return the higher of two priorities; anything unknown is lower than P6."""
    known: list[str] = [priority for priority in (one, other) if priority in PRIORITIES]
    return min(known, key=lambda priority: PRIORITIES.index(priority)) if known else None


def common_words(one: str, other: str) -> int:
    """Count the telling words that two texts share, roughly by their stems."""
    first, second = _stems(telling_words(one)), _stems(telling_words(other))
    return sum(1 for word in first if any(_same(word, candidate) for candidate in second))


def is_similar(shared_words: int, *, same_service: bool, services_differ: bool = False) -> bool:
    """Tell whether two reports may well be about the same thing.

    Two shared words are enough on the same service, three where the service is not known of one of them; reports
    about different services are never taken for the same.
    """
    if services_differ:
        return False
    return shared_words >= (2 if same_service else 3)


def fits_known_error(shared_words: int, *, in_title: int, same_service: bool) -> bool:
    """Tell whether a known error is worth trying: a wrong one costs a caller's patience, so three shared words.

    Its title must have two of them, and three where it is not known to be about the same service.
    """
    return shared_words >= 3 and in_title >= (2 if same_service else 3)


def _stems(words: Iterable[str]) -> frozenset[str]:
    return frozenset(stem(word) for word in words)


def _same(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return shorter == longer or (len(shorter) >= 4 and longer.startswith(shorter))
