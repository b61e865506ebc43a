"""Batches from beginning to end: made, checked and stored, at once or by a job, and forgotten after a while."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import Text, cast, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED, Database
from app.domain.journal import system
from app.domain.journal.values import clean
from app.domain.options.lists import Lists
from app.domain.records.files import harmless_name
from app.domain.records.kinds import Kind
from app.domain.records.writer import Records
from app.errors import Conflict, Invalid, Message, NotFound, StellwerkError, Unavailable, told_as_json
from app.insight.access import Viewer
from app.insight.batches import choosing, guard, guessing, lines, reading, storing
from app.insight.batches.choosing import Order
from app.insight.batches.fields import with_lists_of_now
from app.insight.batches.planning import Plan, Recipe
from app.insight.batches.records import Batch, BatchLine, KeptMapping
from app.insight.batches.storing import Progress
from app.jobs.queue import Queue

CHECK, STORE = "batch.check", "batch.store"
# Rows that a page or call works on while somebody waits; a job does more.
AT_ONCE = 500
KEPT = timedelta(days=14)
# Of one person, that are neither stored nor forgotten.
MOST_OPEN = 20


class Batches:
    """Makes, checks and stores batches."""

    def __init__(self, database: Database, queue: Queue, records: Records, lists: Lists) -> None:
        self._database, self._queue, self._records, self._lists = database, queue, records, lists

    def register_jobs(self) -> None:
        """Let the worker do what takes long."""
        self._queue.register(CHECK, self._check_by_job, attempts=2, on_give_up=self._give_up)
        self._queue.register(STORE, self._store_by_job, attempts=2, on_give_up=self._give_up)

    def read_table(self, session: Session, viewer: Viewer, kind: Kind, content: bytes, name: str) -> Batch:
        """Keep a table that somebody sent, until it is said how to take it.

        Raises:
            Forbidden: the person may not import records of this kind.
            Invalid: it cannot be read as a table.
        """
        guard.refuse_import(viewer, kind)
        table = reading.read(content)
        batch = self._new(session, viewer, kind, "import", harmless_name(name))
        batch.head, batch.cells = table.head, [list(row) for row in table.rows]
        batch.rows, batch.sha256 = len(table.rows), hashlib.sha256(content).hexdigest()
        session.flush()
        return batch

    def choose(self, session: Session, viewer: Viewer, kind: Kind, order: Order) -> Batch:
        """Plan one change to many records.

        Raises:
            Invalid: nothing is to be changed, or no record was chosen, or too many.
        """
        if order.empty:
            raise Invalid({"values": [Message("Say what is to be changed.")]})
        if not order.ids:
            raise Invalid({"records": [Message("Choose records.")]})
        if len(order.ids) > choosing.MOST:
            raise Invalid({"records": [Message("At most {most} records at once.", most=choosing.MOST)]})
        batch = self._new(session, viewer, kind, "choice", "")
        batch.rows, batch.recipe = len(order.ids), order.as_json()
        session.flush()
        self.check(session, batch)
        return batch

    def take(self, session: Session, batch: Batch, recipe: Recipe) -> None:
        """Say how to take a table, remember it for the next one, and check it.

        Raises:
            Conflict: it is being worked on, or stored already.
        """
        _lock(session, batch)
        if batch.state not in ("read", "checked", "failed") or batch.source != "import":
            raise Conflict("This is done already, or being done.")
        batch.recipe = recipe.as_json()
        headings = [guessing.heading(text) for text in batch.head]
        fields: dict[str, str] = {}
        for text, field in zip(headings, recipe.columns, strict=True):
            # Of two columns that are called the same, the one that was taken counts.
            fields[text] = fields.get(text) or field
        kept: dict[str, Any] = {"fields": fields}
        kept |= {name: getattr(recipe, name) for name in ("match", "found", "missing", "empty")}
        row = insert(KeptMapping).values(kind=batch.kind, recipe=kept, person_id=batch.person_id, at=clock.now())
        new = {name: row.excluded[name] for name in ("recipe", "person_id", "at")}
        session.execute(row.on_conflict_do_update(index_elements=["kind"], set_=new))
        self.check(session, batch)

    def check(self, session: Session, batch: Batch) -> None:
        """Find out what would become of each row, now or, when there are many, by a job.

        Raises:
            Conflict: it is being worked on, or stored already.
        """
        _lock(session, batch)
        if batch.state not in ("read", "checked", "failed") or not batch.recipe:
            raise Conflict("This is done already, or being done.")
        batch.fault, batch.done = None, 0
        if batch.rows <= AT_ONCE:
            self._plan(session, batch)
        else:
            batch.state = "checking"
            self._queue.put(session, CHECK, {"batch": batch.id})
        session.flush()

    def carry_out(self, session: Session, batch: Batch, reason: str) -> None:
        """Store what is planned, now or by a job; rows that are wrong let nothing of an import be stored.

        Raises:
            Conflict: it is not checked, it is done already, or a record was changed meanwhile.
            Invalid: the reason is missing, or rows are wrong.
        """
        reason = clean(reason).strip()
        if not reason:
            raise Invalid({"reason": ["Please say why."]})
        if len(reason) > storing.LONGEST_REASON:
            raise Invalid({"reason": [Message("Please use at most {limit} characters.", limit=storing.LONGEST_REASON)]})
        # Of two who press the button at once, the second finds it done.
        _lock(session, batch)
        if batch.state != "checked":
            raise Conflict("This is done already, or being done.")
        if batch.counts.get("wrong"):
            raise Conflict("Nothing was imported, because rows of the table are wrong.")
        if not batch.counts.get("new") and not batch.counts.get("changed"):
            raise Conflict("There is nothing to change.")
        batch.state, batch.reason = "storing", reason
        session.flush()
        if batch.counts.get("new", 0) + batch.counts.get("changed", 0) <= AT_ONCE:
            self._store(session, batch, lambda _done: None)
        else:
            self._queue.put(session, STORE, {"batch": batch.id})
        session.flush()

    def kept_mapping(self, session: Session, kind: Kind) -> Mapping[str, Any]:
        """Return how the last table of this kind was taken."""
        return session.scalar(select(KeptMapping.recipe).where(KeptMapping.kind == kind.key)) or {}

    def _new(self, session: Session, viewer: Viewer, kind: Kind, source: str, name: str) -> Batch:
        open_ = select(Batch.id).where(Batch.person_id == viewer.person_id, Batch.state.in_(["read", "checked"]))
        old = session.scalars(open_.order_by(Batch.id.desc()).offset(MOST_OPEN - 1)).all()
        if old:
            session.execute(delete(Batch).where(Batch.id.in_(old)), execution_options={"synchronize_session": False})
        batch = Batch(
            kind=kind.key, source=source, person_id=viewer.person_id, at=clock.now(), state="read", name=name,
            sha256="", head=[], cells=None, rows=0, recipe={}, counts={}, done=0, reason="",
        )  # fmt: skip
        session.add(batch)
        return batch

    def _plan(self, session: Session, batch: Batch) -> None:
        kind = self._records.catalogue.get(batch.kind)
        viewer = guard.viewer_of(session, batch.person_id)
        batch.recipe = with_lists_of_now(batch.recipe, self._lists.current(session))
        if batch.source == "import":
            guard.refuse_import(viewer, kind)
            table = [(number, cells) for number, cells in batch.cells or ()]
            planned = Plan(session, viewer, kind, Recipe.of(batch.recipe), table).lines
        else:
            planned = choosing.plan(session, viewer, kind, Order.of(batch.recipe))
        lines.keep(session, batch, planned)
        batch.state = "checked"

    def _store(self, session: Session, batch: Batch, progress: Progress) -> None:
        # An answer may have been retired after the rows were checked.
        batch.recipe = with_lists_of_now(batch.recipe, self._lists.current(session))
        storing.store(session, self._records, batch, progress)

    def _check_by_job(self, arguments: dict[str, Any], _attempt: int) -> None:
        self._work(arguments["batch"], "checking", self._plan)

    def _store_by_job(self, arguments: dict[str, Any], _attempt: int) -> None:
        batch_id = arguments["batch"]

        def work(session: Session, batch: Batch) -> None:
            self._store(session, batch, partial(self._progress, batch_id))

        self._work(batch_id, "storing", work)

    def _work(self, batch_id: int, state: str, work: Any) -> None:
        try:
            with self._database.transaction() as session:
                # A second worker that does the same waits here and finds it done; readers of the row do not.
                system.take_turns(session, f"batch:{batch_id}")
                batch = session.get(Batch, batch_id)
                if batch is not None and batch.state == state:
                    work(session, batch)
        except StellwerkError as refusal:
            if isinstance(refusal, Unavailable):
                raise
            self._fail(batch_id, refusal.message)

    def _progress(self, batch_id: int, done: int) -> None:
        with self._database.transaction() as session:
            session.execute(update(Batch).where(Batch.id == batch_id).values(done=done))

    def _give_up(self, arguments: dict[str, Any], _error: str) -> None:
        self._fail(arguments["batch"], Message("Something went wrong on our side. Nothing was stored."))

    def _fail(self, batch_id: int, message: str) -> None:
        fault = {"told": told_as_json(message)}
        with self._database.transaction() as session:
            there = update(Batch).where(Batch.id == batch_id, Batch.state.in_(["checking", "storing"]))
            session.execute(there.values(state="failed", fault=fault, done=0))


def _lock(session: Session, batch: Batch) -> None:
    """Let nobody else work on a batch until the transaction ends, and see it as it stands now."""
    session.flush()
    session.refresh(batch, with_for_update=LOCKED)


def find(session: Session, viewer: Viewer, batch_id: int) -> Batch:
    """Return a batch of the person's own; nobody else knows of it.

    Raises:
        NotFound: there is none.
    """
    batch = session.scalar(select(Batch).where(Batch.id == batch_id, Batch.person_id == viewer.person_id))
    if batch is None:
        raise NotFound
    return batch


def forget(session: Session) -> int:
    """Remove batches that are old and return how many; what they did stands in the journal."""
    gone = delete(Batch).where(Batch.at < clock.now() - KEPT).returning(Batch.id)
    return len(session.scalars(gone, execution_options={"synchronize_session": False}).all())


def forget_person(session: Session, person_id: int, pattern: str) -> int:
    """Remove the batches of a person who is forgotten, and those whose tables or plans name them.

    `pattern` is how JSON names them, for PostgreSQL; empty when nothing of theirs tells them apart.
    """
    places = [Batch.person_id == person_id]
    if pattern:
        planned = or_(
            *(cast(column, Text).regexp_match(pattern, "i") for column in (BatchLine.before, BatchLine.after)),
            BatchLine.title.regexp_match(pattern, "i"),
            BatchLine.known_by.regexp_match(pattern, "i"),
        )
        places.append(Batch.id.in_(select(BatchLine.batch_id).where(planned)))
        for column in (Batch.cells, Batch.recipe, Batch.name, Batch.reason):
            places.append(cast(column, Text).regexp_match(pattern, "i"))
    gone = delete(Batch).where(or_(*places)).returning(Batch.id)
    return len(session.scalars(gone, execution_options={"synchronize_session": False}).all())
