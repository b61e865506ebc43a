"""Records as diagrams and forms see them: created with a number, written by attribute name, read as plain values."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import inspect, select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.database.numbers import PREFIX, sequence_of
from app.database.transaction import LOCKED
from app.domain.journal.chains import Journal
from app.domain.records.changes import Changes, Trace, apply, snapshot
from app.domain.records.kinds import PROTECTED, Kind, Kinds
from app.domain.records.records import Record
from app.errors import NotFound

__all__ = ["Changes", "Records", "Trace", "snapshot"]


class Records:
    """Creates, writes and reads records of all kinds; the engine's `RecordWriter`."""

    def __init__(self, kinds: Kinds, journal: Journal | None = None) -> None:
        """`kinds` are the kinds of records there are; the journal holds no state of its own."""
        self.catalogue = kinds
        self.journal = journal or Journal()

    def kinds(self) -> frozenset[str]:
        """Return the keys of the record kinds there are."""
        return frozenset(kind.key for kind in self.catalogue)

    def prefixes(self) -> dict[str, str]:
        """Return the prefixes of numbers by the keys of the record kinds there are."""
        return {kind.key: kind.prefix for kind in self.catalogue}

    def attributes(self, kind: str) -> frozenset[str]:
        """Return the names that expressions may read from a record of this kind, custom values aside."""
        return frozenset(self.catalogue.get(kind).attributes) | {"area"}

    def protected(self, kind: str) -> frozenset[str]:
        """Return the names that no form of a diagram with this kind may use."""
        return PROTECTED | (frozenset(self.catalogue.get(kind).attributes) - self.catalogue.get(kind).writable)

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
        by_operation: bool = False,
    ) -> tuple[int, str]:
        """Store a new record under the next number of its kind (`INC-2026-0042`, the year by the clock).

        Another `prefix` than the kind's has numbers of its own, whose sequence publishing made.
        `values` are attributes and custom values; a title, requester or owner among them counts more than the
        arguments of that name. An operation that knows the rules of the kind may set protected ones, too.

        Returns:
            The record's id and number.

        Raises:
            NotFound: there is no such kind.
            Invalid: a value does not fit, is protected, or names somebody or something that does not exist.
        """
        found, now = self.catalogue.get(kind), clock.now()
        # Diagrams published before prefixes were checked may have one that no sequence was made for.
        prefix = prefix if PREFIX.fullmatch(prefix) else found.prefix
        taken = session.execute(
            text("SELECT nextval('record_id_seq') AS id, nextval(CAST(:sequence AS regclass)) AS number"),
            {"sequence": sequence_of(prefix)},
        ).one()
        record = found.model(
            id=taken.id,
            number=f"{prefix}-{now:%Y}-{taken.number:04d}",
            title="",
            status=found.opening,
            opened_at=now,
            updated_at=now,
            custom={},
            journal_length=0,
        )
        given = {"title": title, "requester": requester_id, "owner": owner_id, **values}
        apply(session, found, record, given, allowed=None if by_operation else found.writable)
        held = snapshot(found, record) | record.custom
        started = {name: value for name, value in held.items() if value not in (None, "", False, [])}
        changes = Changes(dict.fromkeys(started), started)
        trace = Trace(actor_id, case_id, element or None)
        self.journal.append_to_record(session, record, [changes.entry(found, record.id, "record.created", trace)])
        session.add(record)
        session.flush()
        _hold(session, record)
        return record.id, record.number

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
        """Write the declared values of a form: attributes to their columns, all others to `custom`.

        Raises:
            NotFound: there is no such record of this kind.
            Invalid: as for `create`; nothing is written then.
        """
        found = self.catalogue.get(kind)
        record = self.locked(session, kind, record_id)
        trace = Trace(actor_id, case_id, element or None, on_behalf_of)
        self.change(session, record, values, trace, allowed=found.writable)

    def change(
        self,
        session: Session,
        record: Record,
        values: Mapping[str, Any],
        trace: Trace,
        *,
        event: str = "record.changed",
        allowed: frozenset[str] | None = None,
        always: bool = False,
    ) -> Changes:
        """Change a locked record by attribute names and note before and after in its journal.

        Args:
            values: attribute names or custom keys with their new values.
            event: what the journal calls it.
            allowed: attributes that may be written; without it all, as operations need.
            always: write a journal line even when nothing changed.
        """
        kind = self.catalogue.get(record.kind)
        changes = apply(session, kind, record, values, allowed=allowed)
        if changes.after or always:
            record.updated_at = clock.now()
            entry = changes.entry(kind, record.id, event, trace)
            self.journal.append_to_record(session, record, [entry])
            session.flush()
        return changes

    def note(
        self,
        session: Session,
        record: Record,
        event: str,
        trace: Trace,
        data: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:
        """Add a line to the journal of a locked record that is not about its attributes."""
        entry = Entry(event, clock.now(), trace.actor_id, trace.element, data or {}, payload, trace.case_id, record.id)
        self.journal.append_to_record(session, record, [entry])
        session.flush()

    def read(self, session: Session, kind: str, record_id: int) -> dict[str, Any]:
        """Return attributes and custom values as JSON: references as text, times in ISO 8601 UTC.

        Raises:
            NotFound: there is no such record of this kind.
        """
        found = self.catalogue.get(kind)
        record = _held(session, record_id)
        if record is None or record.kind != kind:
            record = session.get(found.model, record_id)
            if record is None:
                raise NotFound()
            _hold(session, record)
        return _as_read(found, record)

    def kind_of(self, session: Session, record_id: int) -> str:
        """Return the kind of a record.

        Raises:
            NotFound: there is no such record.
        """
        record = _held(session, record_id)
        kind = record.kind if record is not None else session.scalar(select(Record.kind).where(Record.id == record_id))
        if kind is None:
            raise NotFound()
        return kind

    def read_many(self, session: Session, kind: str, record_ids: Sequence[int]) -> list[dict[str, Any]]:
        """Return several records of one kind in the given order, with one statement; what is gone is left out."""
        found = self.catalogue.get(kind)
        rows = {row.id: row for row in session.scalars(select(found.model).where(found.model.id.in_(record_ids)))}
        return [_as_read(found, rows[record_id]) for record_id in record_ids if record_id in rows]

    def locked(self, session: Session, kind: str, record_id: int) -> Any:
        """Return a record with its row locked until the transaction ends, as it stands now.

        A lock that this transaction already has costs no statement.

        Raises:
            NotFound: there is no such record of this kind.
        """
        return self._locked(session, self.catalogue.get(kind).model, record_id)

    def locked_of_any_kind(self, session: Session, record_id: int) -> Record:
        """Return a record with its row locked, as `locked` does, for those who need only what all kinds have.

        Raises:
            NotFound: there is no such record.
        """
        found: Record = self._locked(session, Record, record_id)
        return found

    def _locked(self, session: Session, model: type[Record], record_id: int) -> Any:
        record = _held(session, record_id)
        if isinstance(record, model) and record_id in _locks(session):
            return record
        locked = {"of": Record.__table__, **LOCKED}
        record = session.get(model, record_id, with_for_update=locked, populate_existing=True)
        if record is None:
            raise NotFound()
        _hold(session, record)
        # Rolling back to a savepoint gives up the locks taken after it, so only those taken outside are remembered.
        if not session.in_nested_transaction():
            _locks(session).add(record_id)
        return record


def _as_read(kind: Kind, record: Record) -> dict[str, Any]:
    return {**record.custom, **snapshot(kind, record), "area": kind.area}


def _hold(session: Session, record: Record) -> None:
    # The identity map forgets what nobody holds; within a transaction the same record is asked for again and again.
    session.info.setdefault("records", {})[record.id] = record


def _held(session: Session, record_id: int) -> Record | None:
    record: Record | None = session.info.get("records", {}).get(record_id)
    return record if record is not None and inspect(record).persistent else None


def _locks(session: Session) -> set[int]:
    transaction = session.get_transaction()
    known, locks = session.info.get("locks", (None, set()))
    if known is not transaction or transaction is None:
        locks = set()
        session.info["locks"] = (transaction, locks)
    return locks  # type: ignore[no-any-return]
