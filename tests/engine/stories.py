"""Runs a case twice, once in one go and once stored and restored between every two elements, and compares."""

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from app import clock
from app.engine import advance as engine
from app.engine.advance import Advance, Done, OperationAnswer, Waiting, Work
from app.engine.program import Program
from app.engine.serializer import dump, restore
from app.errors import BusinessError
from app.processes.definition import Diagram, read_diagram

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@dataclass(eq=False)
class Bundle:
    """What `app.processes` gives the engine, for diagrams that stand in a test."""

    diagrams: Mapping[str, Diagram]
    key: str
    id: int = 7


def program_of(*files: bytes) -> Program:
    """Compile diagrams; the first is the one that cases run."""
    diagrams = [read_diagram(file) for file in files]
    return Program.of(Bundle({diagram.key: diagram for diagram in diagrams}, diagrams[0].key))


class WorkingDays:
    """A calendar without nights and weekends off: hours and days are what they are."""

    def add(self, start: datetime, *, hours: float = 0, days: float = 0, calendar: str | None = None) -> datetime:
        return start + timedelta(hours=hours, days=days)


@dataclass
class Ports:
    """The world around a case in these tests."""

    operations: dict[str, Callable[..., Any]] = field(default_factory=dict)
    decisions: dict[str, Callable[[Mapping[str, Any]], Any]] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    sent: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    working_time: WorkingDays = field(default_factory=WorkingDays)

    def operation(self, work: Work, name: str, parameters: dict[str, Any]) -> OperationAnswer:
        self.called.append((name, parameters))
        value = self.operations[name](**parameters)
        return value if isinstance(value, Waiting) else Done(value)

    def decide(self, work: Work, decision: str, scope: Mapping[str, Any]) -> Any:
        return self.decisions[decision](scope)

    def scope(self, names: frozenset[str]) -> Mapping[str, Any]:
        return {"record": self.record} if any(name.split(".")[0] == "record" for name in names) else {}

    def send(self, work: Work, name: str, key: str, payload: dict[str, Any]) -> None:
        self.sent.append((name, key, payload))

    def executed(self, work: Work) -> None:
        self.passed.append(work.element_id)


class Story:
    """One case with what happens to it; `interrupted` stores and restores it between every two elements."""

    def __init__(
        self,
        program: Program,
        ports: Ports,
        data: dict[str, Any] | None = None,
        start: str | None = None,
        payload: dict[str, Any] | None = None,
        *,
        interrupted: bool,
    ) -> None:
        self.program, self.ports, self.interrupted = program, ports, interrupted
        self.workflow = engine.new_workflow(program, data or {}, start, payload)
        self.result = self.go()

    def go(self) -> Advance:
        if not self.interrupted:
            self.result = engine.advance(self.workflow, self.ports, max_steps=10_000, max_seconds=60)
            return self.result
        self.store()
        engine.close(self.workflow)
        while (token := engine.next_token(self.workflow)) is not None:
            self.workflow.ports = self.ports
            engine.carry_out(token)
            self.workflow.ports = None
            self.store()
        self.result = engine.advance(self.workflow, self.ports)
        self.store()
        return self.result

    def store(self) -> None:
        self.workflow = restore(self.program, dump(self.workflow))

    # What happens ----------------------------------------------------------------------------------------------

    def do(self, element: str, place: int = 0, **values: Any) -> "Story":
        work = [work for work in engine.open_tasks(self.workflow) if work.element_id == element][place]
        engine.complete(self.workflow, work.engine_id, values)
        self.go()
        return self

    def fire(self, element: str) -> "Story":
        work, _ = next(entry for entry in engine.waiting_timers(self.workflow) if entry[0].element_id == element)
        engine.fire_timer(self.workflow, work.engine_id)
        self.go()
        return self

    def receive(self, element: str, **payload: Any) -> "Story":
        work = next(entry[0] for entry in engine.waiting_messages(self.workflow) if entry[0].element_id == element)
        engine.receive(self.workflow, work.engine_id, payload)
        self.go()
        return self

    def answer(self, element: str, value: Any) -> "Story":
        engine.answer(self.workflow, self.pending(element), value)
        self.go()
        return self

    def fail(self, element: str, error: Exception) -> "Story":
        engine.fail(self.workflow, self.pending(element), error)
        self.go()
        return self

    def pending(self, element: str) -> Any:
        return next(w.engine_id for w in engine.pending_operations(self.workflow) if w.element_id == element)

    def retry(self) -> "Story":
        engine.retry(self.workflow, self.stuck_id)
        self.go()
        return self

    def skip(self) -> "Story":
        engine.skip(self.workflow, self.stuck_id)
        self.go()
        return self

    def edit(self, **values: Any) -> "Story":
        engine.edit_data(self.workflow, self.stuck_id, values)
        return self

    # What is the case now --------------------------------------------------------------------------------------

    @property
    def stuck_id(self) -> Any:
        stuck = engine.stuck_at(self.workflow)
        assert stuck is not None, self.result
        return stuck

    @property
    def open(self) -> list[str]:
        return [work.element_id for work in engine.open_tasks(self.workflow)]

    @property
    def timers(self) -> dict[str, datetime]:
        return {work.element_id: due for work, due in engine.waiting_timers(self.workflow)}

    @property
    def messages(self) -> list[tuple[str, str, str]]:
        return [(work.element_id, name, key) for work, name, key in engine.waiting_messages(self.workflow)]

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.workflow.data)

    @property
    def status(self) -> str:
        return self.result.status

    def facts(self) -> dict[str, Any]:
        """Everything that must not depend on whether the case was stored in between."""
        stuck = self.result.stuck
        return {
            "result": (self.result.status, self.result.end_events, stuck and (stuck.element_id, stuck.message)),
            "open": [(w.element_id, dict(w.data), w.path, w.instance) for w in engine.open_tasks(self.workflow)],
            "timers": [(w.element_id, due) for w, due in engine.waiting_timers(self.workflow)],
            "messages": self.messages,
            "pending": [w.element_id for w in engine.pending_operations(self.workflow)],
            "place": engine.place(self.workflow),
            "data": (self.workflow.data, self.workflow.stamps, self.workflow.sequence),
            "ports": (self.ports.passed, self.ports.sent, self.ports.called),
        }


def tell(
    tale: Callable[[Story], None],
    *files: bytes,
    ports: Callable[[], Ports] = Ports,
    at: datetime | None = MONDAY,
    **case: Any,
) -> Story:
    """Let the same happen to two cases, one of them stored between every two elements; they must not differ."""
    program = program_of(*files)
    ended = []
    for interrupted in (False, True):
        with clock.at(at) if at else nullcontext():
            story = Story(program, ports(), interrupted=interrupted, **case)
            tale(story)
            ended.append(story)
    assert ended[0].facts() == ended[1].facts()
    return ended[1]


def refuse(code: str) -> Callable[..., Any]:
    """Return an operation that says no."""

    def operation(**parameters: Any) -> Any:
        raise BusinessError(code, f"no: {code}")

    return operation
