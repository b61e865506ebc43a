"""What the engine needs from others, as small protocols; `app.bootstrap` gives the real ones."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session

from app.database.journal_entry import Entry
from app.expressions import WorkingTime
from app.forms import Form


class Actor(Protocol):
    """Who acts: a signed-in person with the roles they hold now."""

    @property
    def person_id(self) -> int | None: ...

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def administrator(self) -> bool: ...

    @property
    def stands_in_for(self) -> frozenset[int]:
        """Ids of absent people whose substitute they are."""
        ...

    def at(self, session: Session, record_id: int | None) -> "Actor":
        """Return the actor with the roles that count for what concerns this record."""
        ...


class Candidate(Protocol):
    """Who may take a task: one person, or everybody who holds the role."""

    @property
    def role(self) -> str: ...

    @property
    def person_id(self) -> int | None: ...


class CaseTime(WorkingTime, Protocol):
    """Working time as it counts for one case: by its own calendar, or that of whose task something is."""

    @property
    def on(self) -> frozenset[tuple[str, int]]:
        """What the answers given so far depend on: kinds and ids, as `Dependence` keeps them."""
        ...

    def of_task(self, person_id: int | None, role: str) -> "CaseTime":
        """Return the working time for a task: of the one person it is for, else of its team, else of the case."""
        ...


class RecordWriter(Protocol):
    """Records as the engine sees them: created at a start, written by forms, read by expressions."""

    def create(
        self,
        session: Session,
        kind: str,
        *,
        title: str,
        requester_id: int | None,
        owner_id: int | None,
        values: dict[str, Any],
        actor_id: int | None,
        case_id: int | None,
        element: str,
        prefix: str = "",
    ) -> tuple[int, str]:
        """Store a new record and return its id and number; `prefix` numbers it instead of its kind's."""
        ...

    def write(
        self,
        session: Session,
        kind: str,
        record_id: int,
        values: dict[str, Any],
        *,
        actor_id: int | None,
        case_id: int | None,
        element: str,
        on_behalf_of: int | None = None,
    ) -> None:
        """Write declared values: attributes to their columns, all others to `custom`, history to the journal."""
        ...

    def read(self, session: Session, kind: str, record_id: int) -> dict[str, Any]:
        """Return attributes and custom values, JSON-able."""
        ...

    def kind_of(self, session: Session, record_id: int) -> str:
        """Return the kind of a record; `NotFound` when there is none."""
        ...

    def kinds(self) -> frozenset[str]:
        """Return the record kinds there are."""
        ...


class Directory(Protocol):
    """Who holds which role."""

    def resolve(
        self,
        session: Session,
        role: str,
        *,
        record: Mapping[str, Any] | None,
        owner_id: int | None,
        requester_id: int | None,
        initiator_id: int | None,
    ) -> Candidate:
        """Turn a lane's role into a person or a role key; plain roles cost no statement."""
        ...

    def person_or_team(self, session: Session, value: str) -> Candidate | None:
        """Read what somebody named: a team's key, a login, or a person's id; None when there is no such one."""
        ...

    def hold(self, session: Session, person_ids: Iterable[int]) -> None:
        """Wait for those who get tasks by what these people hold, and let nobody until this transaction ends."""
        ...

    def lasting(self, session: Session, person_id: int) -> Actor | None:
        """Return a person with what they hold, which nobody changes until this transaction ends; None who have left.

        Raises:
            Conflict: somebody is changing it at this moment.
        """
        ...

    def actor_of(self, session: Session, person_id: int, *, at: datetime | None = None) -> Actor | None:
        """Return a person as one who acts, with what they hold now or held `at` a time; None when they have left."""
        ...


class AttachFiles(Protocol):
    """Ties files that a person sent with a form to the case's record; to the case where it has none."""

    def __call__(
        self,
        session: Session,
        file_ids: Iterable[int],
        *,
        record_id: int | None,
        case_id: int | None,
        task_id: int | None,
        uploaded_by_id: int | None,
    ) -> None: ...


class TellOfTask(Protocol):
    """Writes to people about an open task, each in their language, with a link to it."""

    def __call__(
        self,
        session: Session,
        text: Literal["task.reminder", "task.escalated", "task.returned", "task.for_absent"],
        *,
        audience: str,
        key: str,
        case_id: int,
        record_id: int | None,
        task_id: int,
        element: str,
        number: str,
        title: str,
        task: str,
        due_at: datetime | None,
        assignee_id: int | None,
    ) -> list[int]:
        """Put the mails into this transaction, to be sent after it; `key` keeps them from being written twice.

        `audience` is a role, or `person:<id>`.
        """
        ...


class Clockwork(Protocol):
    """Something beside timers and notices whose time comes: target clocks, for instance."""

    def fire(self) -> int:
        """See to what is due, in transactions of its own; returns how much it was, 0 when nothing is."""
        ...

    def next_due(self, session: Session, after: datetime | None, until: datetime) -> datetime | None:
        """Return when the first thing will be due later than `after`, if that is by `until`."""
        ...


class FormLists(Protocol):
    """The shared lists that options of forms come from."""

    def form(self, session: Session, form: Form, *, held: Mapping[str, Any] | None = None) -> Form:
        """Return a form with the options that its lists offer now, and those that are held already."""
        ...


class Journal(Protocol):
    """The append-only history."""

    def write(
        self, session: Session, chain: str, head: bytes | None, length: int, entries: list[Entry]
    ) -> tuple[bytes | None, int]:
        """Append entries to a chain and return its new head and length."""
        ...

    def chained(
        self, chain: str, head: bytes | None, length: int, entries: list[Entry]
    ) -> tuple[str | None, bytes | None, int]:
        """Return lines for a statement to write, and the new head and length."""
        ...
