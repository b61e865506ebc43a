"""A running case in memory: its levels (the diagram, sub-processes, called diagrams) and their tokens."""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from app.engine.scripting import ENGINE
from app.engine.token import CARRIED, PREPARED, Token
from app.engine.work import ElementError, StepPorts
from app.errors import Conflict, Message

if TYPE_CHECKING:
    from app.engine.program import LevelSpec, Program


MAX_DEPTH = 50


class Trail:
    """What a case has passed in one diagram, and how often: enough for the picture after the tokens are gone."""

    __slots__ = ("done", "flows")

    def __init__(self, done: dict[str, int] | None = None, flows: dict[str, int] | None = None) -> None:
        self.done = done or {}
        self.flows = flows or {}


class _LevelMixin:
    """What the case's diagram and the levels inside it have in common."""

    spec: "LevelSpec"
    tasks: dict[UUID, Token]
    task_tree: Token
    top_workflow: "Workflow"
    data: dict[str, Any]
    stamps: dict[str, int]
    completed: bool
    host: Token | None = None
    """The activity that this level is the inside of; None for the case's own diagram."""

    def plant(self) -> None:
        """Make the root that all tokens of this level hang on."""
        self.task_tree = Token(self, self.spec.start, state=TaskState.COMPLETED)  # type: ignore[arg-type]

    @property
    def tokens(self) -> Iterator[Token]:
        """The open tokens of this level, without those of the levels inside it."""
        root = self.task_tree.id
        return (token for token in list(self.tasks.values()) if token.id != root)

    @property
    def is_empty(self) -> bool:
        """Tell whether no token is left."""
        return len(self.tasks) == 1

    def absorb(self, token: Token) -> None:
        """Keep the newest data of a path that has ended."""
        for name, stamp in token.stamps.items():
            if stamp > self.stamps.get(name, -1):
                self.data[name], self.stamps[name] = token.data[name], stamp


class Level(_LevelMixin, BpmnSubWorkflow):  # type: ignore[misc]
    """One run of a sub-process or of a called diagram."""

    def __init__(self, spec: "LevelSpec", host: Token, top: "Workflow") -> None:
        self.host = host
        super().__init__(spec, host.id, top, deserializing=True)
        self.stamps = {}

    @property
    def parent_workflow(self) -> "Workflow | Level":
        """Return the level around this one (the name is SpiffWorkflow's)."""
        assert self.host is not None
        return self.host.workflow


class Workflow(_LevelMixin, BpmnWorkflow):  # type: ignore[misc]
    """One case. `ports` is set while it advances; `raised` keeps errors of this step as they were raised."""

    subprocesses: dict[UUID, Level]

    def __init__(self, program: "Program") -> None:
        super().__init__(program.main, program.levels, script_engine=ENGINE, deserializing=True)
        self.program = program
        self.stamps = {}
        self.sequence = 0
        self.trails: dict[str, Trail] = {}
        self.end_events: list[str] = []
        self.ports: StepPorts | None = None
        self.ready: deque[Token] = deque()
        self.urgent: deque[Token] = deque()
        self.raised: dict[UUID, BaseException] = {}

    def tick(self) -> int:
        """Count on; the count orders what happens in a case, independent of any clock."""
        self.sequence += 1
        return self.sequence

    def passed(self, token: Token, flows: list[str]) -> None:
        """Remember that an element was carried out and left along these flows."""
        node = token.task_spec
        trail = self.trails.setdefault(token.workflow.spec.diagram.key, Trail())
        trail.done[node.element.id] = trail.done.get(node.element.id, 0) + 1
        for flow in flows:
            trail.flows[flow] = trail.flows.get(flow, 0) + 1

    def queue(self, token: Token) -> None:
        """Line up a token that has become ready, unless it waits for a person."""
        token.rank = self.tick()
        self.line_up(token)

    def line_up(self, token: Token) -> None:
        """Put a ready token into the queue that its element belongs to."""
        node = token.task_spec
        if node.is_urgent(token):
            self.urgent.append(token)
        elif not node.manual or token.phase >= CARRIED or token.phase < PREPARED:
            self.ready.append(token)

    def next_ready(self) -> Token | None:
        """Take the next token that can be carried out: boundary events first, then first come, first served."""
        for line in (self.urgent, self.ready):
            while line:
                token = line.popleft()
                if token._state == TaskState.READY and token.is_open:
                    return token
        return None

    @property
    def levels(self) -> list["Workflow | Level"]:
        """The case's diagram and all levels inside it."""
        return [self, *self.subprocesses.values()]

    @property
    def all_tokens(self) -> Iterator[Token]:
        """The open tokens of all levels."""
        for level in self.levels:
            yield from level.tokens

    def find(self, engine_id: UUID) -> Token:
        """Return an open token.

        Raises:
            Conflict: it is no longer there.
        """
        for level in self.levels:
            token = level.tasks.get(engine_id)
            if token is not None and token is not level.task_tree:
                return token
        raise Conflict("The case has gone on meanwhile; this is no longer open.")

    def get_task_from_id(self, task_id: UUID) -> Token:
        """Return an open token (the name is SpiffWorkflow's)."""
        return self.find(task_id)

    def open_level(self, host: Token, spec: "LevelSpec") -> Level:
        """Begin a run of a sub-process or called diagram.

        Raises:
            ElementError: it would lie too deep; diagrams that call each other in a circle end here.
        """
        level = Level(spec, host, self)
        if level.depth > MAX_DEPTH:
            raise ElementError(
                Message(
                    "Calls and sub-processes lie more than {most} deep. Do diagrams call each other?", most=MAX_DEPTH
                )
            )
        self.subprocesses[host.id] = level
        level.plant()
        return level

    def remove(self, token: Token) -> None:
        """Take a token out of the case, with its rounds and all that runs inside it."""
        waiting = [token]
        while waiting:
            current = waiting.pop()
            tasks = current.workflow.tasks
            if tasks.pop(current.id, None) is None:
                continue
            if current._parent in tasks:
                tasks[current._parent]._children.remove(current.id)
            waiting.extend(tasks[child] for child in list(current._children) if child in tasks)
            level = self.subprocesses.pop(current.id, None)
            if level is not None:
                waiting.extend(level.tokens)
            if current.internal_data.get("guarded"):
                waiting.extend(self.guards(current))

    def guards(self, host: Token) -> list[Token]:
        """Return the boundary events that wait on an activity."""
        return [token for token in host.workflow.tokens if token.internal_data.get("host") == host.id.hex]
