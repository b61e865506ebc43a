"""What every operation gets first: the transaction, the case it works for and how to tell others."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app import clock


class SendMessage(Protocol):
    """Put a message into the mailbox, in the operation's transaction."""

    def __call__(self, name: str, key: str, payload: dict[str, Any], broadcast: bool = False) -> None: ...


class WriteJournal(Protocol):
    """Add a line to the case's journal; `payload` holds personal data and can be erased."""

    def __call__(
        self, event: str, data: dict[str, Any] | None = None, payload: dict[str, Any] | None = None
    ) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationContext:
    """The circumstances of one call.

    `key` is the idempotency key (`case:task:attempt`): work outside the database that was already done under this
    key must not be done again. `data` is the case's data and is only for reading; what an operation wants to hand
    back it returns.
    """

    session: Session
    case_id: int | None
    case_number: str
    diagram: str
    element: str
    record_id: int | None
    actor_id: int | None
    requester_id: int | None
    key: str
    data: Mapping[str, Any]
    send: SendMessage
    journal: WriteJournal

    @property
    def now(self) -> datetime:
        """The current time in UTC, simulated where a simulation is under way."""
        return clock.now()
