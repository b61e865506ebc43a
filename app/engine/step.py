"""One step of a case: what the pure engine asks for while it advances, and how its result is stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.database.transaction import is_passing
from app.engine import dependences, messages, saving, tasks, timers, unstored
from app.engine.advance import Advance, Done, OperationAnswer, Waiting, Work, advance
from app.engine.evidence import digest_of, evidence_of
from app.engine.ports import Actor, CaseTime
from app.engine.records import Case, Task
from app.engine.serializer import dump
from app.engine.workflow import Workflow
from app.errors import BusinessError
from app.operations import OperationContext, SendMessage
from app.processes.bundle import BundleContents

if TYPE_CHECKING:
    from app.engine.engine import Engine


@dataclass(slots=True)
class Outcome:
    """What a step led to: the case, and the task its actor may go on with."""

    case: Case
    advance: Advance | None = None
    fresh_task_ids: list[int] = field(default_factory=list)
    next_task_id: int | None = None


@dataclass(slots=True)
class Step:
    """Everything between a stimulus and the next wait of one case, inside one transaction.

    It is the `StepPorts` of the pure engine: operations, decisions, lazily read scopes, messages.
    """

    engine: "Engine"
    session: Session
    case: Case
    contents: BundleContents
    workflow: Workflow
    actor: Actor | None = None
    by_form: bool = False
    mended: bool = False
    entries: list[Entry] = field(default_factory=list)
    completed: Task | None = None
    on_behalf_of: int | None = None
    values: dict[str, Any] = field(default_factory=dict)
    _record: dict[str, Any] | None = None
    _touched: bool = False
    movable: list[Work] = field(default_factory=list)
    opened_for: dict[str, tuple[int | None, str]] = field(default_factory=dict)
    working_time: CaseTime = field(init=False)

    def __post_init__(self) -> None:
        self.working_time = self.engine.working_time(self.session, lambda: self.case.record_id)

    @property
    def actor_id(self) -> int | None:
        """Who caused the step; None for the clock, jobs and messages."""
        return self.actor.person_id if self.actor else None

    # What the pure engine asks for -----------------------------------------------------------------------------

    def operation(self, work: Work, name: str, parameters: dict[str, Any]) -> OperationAnswer:
        """Carry out an operation in its own savepoint, or put its job into this transaction."""
        operation = self.engine.registry.get(name)
        if operation.runs == "after_commit":
            operation.check(parameters)
            self.engine.queue.put(
                self.session,
                "engine.operation",
                {
                    "case_id": self.case.id,
                    "engine_id": str(work.engine_id),
                    "element": work.element_id,
                    "operation": name,
                    "parameters": parameters,
                    "actor_id": self.actor_id,
                },
            )
            return Waiting()
        remembered = len(self.entries)
        try:
            with self.session.begin_nested():
                value = operation.call(self.context(work), parameters)
                self.session.flush()
        except BaseException:
            del self.entries[remembered:]
            self._record = None
            raise
        self.touch()
        return Done(value)

    def decide(self, work: Work, decision: str, scope: Mapping[str, Any]) -> Any:
        """Evaluate a decision table of the bundle."""
        return self.contents.decisions[decision].decide(scope)

    def scope(self, names: frozenset[str]) -> Mapping[str, Any]:
        """Give `record` and `case` to expressions that name them."""
        roots = {name.partition(".")[0] for name in names}
        given: dict[str, Any] = {}
        if "record" in roots:
            given["record"] = self.record or {}
        if "case" in roots:
            given["case"] = self.case_facts()
        return given

    def send(self, work: Work, name: str, key: str, payload: dict[str, Any]) -> None:
        """Put a message into the mailbox, in this transaction."""
        identity = f"{self.case.id}:{work.engine_id}:{self.case.version}"
        messages.send(
            self.engine, self.session, name, key, payload,
            identity=identity, sender_case_id=self.case.id, sender_id=self.actor_id,
        )  # fmt: skip
        self.note("message.sent", work.element_id, {"name": name, "key": key})

    def executed(self, work: Work) -> None:
        """Note that a visible element was carried out."""
        if work.element.type not in ("userTask", "manualTask", "task"):
            self.note("element.completed", work.element_id, {"diagram": work.diagram})

    # What operations and expressions see -----------------------------------------------------------------------

    def context(self, work: Work) -> OperationContext:
        """Make the context that an operation gets first."""
        return OperationContext(
            session=self.session,
            case_id=self.case.id,
            case_number=self.case.number,
            diagram=work.diagram,
            element=work.element_id,
            record_id=self.case.record_id,
            actor_id=self.actor_id,
            requester_id=self.case.requester_id,
            key=f"{self.case.id}:{work.engine_id}:{self.case.version}",
            data=work.data,
            send=self._sender(work),
            journal=lambda event, data=None, payload=None: self.note(event, work.element_id, data, payload),
        )  # fmt: skip

    def _sender(self, work: Work) -> SendMessage:
        def send(name: str, key: str, payload: dict[str, Any], broadcast: bool = False) -> None:
            messages.send(
                self.engine, self.session, name, key, payload, broadcast=broadcast,
                identity=f"{self.case.id}:{work.engine_id}:{self.case.version}:{name}:{key}",
                sender_case_id=self.case.id, sender_id=self.actor_id,
            )  # fmt: skip

        return send

    @property
    def record_kind(self) -> str:
        """Kind of the case's record, empty when it has none."""
        return self.contents.diagram.record if self.case.record_id is not None else ""

    @property
    def record(self) -> dict[str, Any] | None:
        """The case's record as it stands in this transaction."""
        if self._record is None and self.record_kind and self.case.record_id is not None:
            self._record = self.engine.records.read(self.session, self.record_kind, self.case.record_id)
        return self._record

    def case_facts(self) -> dict[str, Any]:
        """Return what expressions may ask of the case."""
        return {
            "id": str(self.case.id),
            "number": self.case.number,
            "title": self.case.title,
            "diagram": self.case.diagram,
            "record": str(self.case.record_id) if self.case.record_id else None,
            "requester": str(self.case.requester_id) if self.case.requester_id else None,
            "owner": str(self.case.owner_id) if self.case.owner_id else None,
            "started_at": self.case.started_at,
        }

    def note(
        self, event: str, element: str | None = None, data: dict[str, Any] | None = None,
        payload: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Add a line to the case's journal; what a substitute does is noted with whom they stood in for."""
        if self.on_behalf_of is not None:
            data = {**(data or {}), "on_behalf_of": self.on_behalf_of}
        self.entries.append(
            Entry(event, clock.now(), self.actor_id, element, data or {}, payload, self.case.id, self.case.record_id)
        )

    def write_record(self, values: dict[str, Any], element: str) -> None:
        """Write the declared values of a form to the case's record."""
        if values and self.record_kind and self.case.record_id is not None:
            self.engine.records.write(
                self.session, self.record_kind, self.case.record_id, values,
                actor_id=self.actor_id, case_id=self.case.id, element=element, on_behalf_of=self.on_behalf_of,
            )  # fmt: skip
            self.touch()

    def wait_for(self, rows: str, waiting: list[str]) -> None:
        """Remember which rows of a table (`tasks`, `timers`, `messages`) stand for what the case now waits for."""
        saving.set_quietly(self.case, waits={**self.case.waits, rows: waiting})

    def touch(self) -> None:
        """Note that the record is new or changed, so that the case takes its requester and title over."""
        self._record, self._touched = None, True

    # How a step ends -------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Advance until the case waits, is done or is stuck; then store everything.

        Raises:
            BusinessError: a form caused it and no boundary event catches it: nothing is stored, and the
                person sees the form again.
            Unavailable: the database went away.
        """
        settings = self.engine.settings
        result = advance(self.workflow, self, max_steps=settings.step_limit, max_seconds=settings.step_seconds)
        for error in self.workflow.raised.values():
            # What the database cannot do at the moment is nobody's fault at an element; the step is tried again whole.
            if is_passing(error) or (self.by_form and isinstance(error, BusinessError)):
                raise error
        return self.save(result)

    def save(self, result: Advance | None) -> Outcome:
        """Store state, work list, timers, subscriptions, evidence and journal of this step."""
        case, now = self.case, clock.now()
        self.refresh_people()
        rows, stuck = tasks.sync(self)
        if stuck is not None:
            result = Advance(status="stuck", stuck=stuck, end_events=[])
        timers.sync(self)
        dependences.sync(self)
        messages.sync(self)
        if self.completed is not None:
            self._show_evidence(self.completed, now)
        was_stuck = case.status == "stuck"
        if result is not None:
            self.conclude(result)
        if was_stuck and case.status == "running":
            unstored.go_on(self)
        lines, head, length = self.engine.journal.chained(
            f"case:{case.id}", case.journal_head, case.journal_length, self.entries
        )
        saving.set_quietly(case, state=dump(self.workflow), journal_head=head, journal_length=length)
        single = next((row for row in rows if "id" not in row), None)
        new_id = saving.save(self.session, case, lines, finished=self.completed, opened=single)
        if single is not None:
            single["id"] = new_id
        self.session.flush()
        fresh = tasks.opened(rows)
        return Outcome(case, result, [task.id for task in fresh], tasks.next_for(fresh, self.actor))

    def _show_evidence(self, task: Task, now: datetime) -> None:
        """Store what the completed task answers in the standard; its line in the journal vouches for it."""
        rows = evidence_of(self, task, now)
        self.session.add_all(rows)
        if rows:
            line = next(entry for entry in self.entries if entry.event == "task.completed")
            line.data["evidence"] = {"rows": len(rows), "digest": digest_of(rows)}

    def conclude(self, result: Advance) -> None:
        """Set the status that the advance led to."""
        case, now = self.case, clock.now()
        if result.stuck is not None:
            known = (case.status, case.stuck_element, case.stuck_message)
            saving.set_quietly(
                case, status="stuck", stuck_element=result.stuck.element_id, stuck_message=result.stuck.message,
                stuck_traceback=result.stuck.traceback,
            )  # fmt: skip
            if self.mended or known != (case.status, case.stuck_element, case.stuck_message):
                self.note("case.stuck", result.stuck.element_id, {}, {"message": str(result.stuck.message)})
            return
        if case.status == "stuck":
            if result.status != "completed" and not self.mended and unstored.pending(self.session, case.id):
                return  # something has gone on beside it, but somebody has to look at what could not be stored
            saving.set_quietly(case, status="running")
        saving.set_quietly(case, stuck_element=None, stuck_message=None, stuck_traceback=None)
        if result.status == "completed":
            last = result.end_events[-1] if result.end_events else None
            saving.set_quietly(case, status="completed", ended_at=now, end_event=last)
            self.note("case.completed", case.end_event, {"end_events": result.end_events})

    def refresh_people(self) -> None:
        """Carry a changed requester, owner or title of the record over to the case."""
        record = self.record if self._touched else None
        if not record:
            return
        saving.set_quietly(
            self.case,
            requester_id=_number(record.get("requester")) or self.case.requester_id,
            owner_id=_number(record.get("owner")),
            title=record.get("title") or self.case.title,
        )


def _number(value: Any) -> int | None:
    return int(value) if value else None
