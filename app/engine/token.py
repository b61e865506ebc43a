"""The token: one place where a case is, with the data that the case knows there."""

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

if TYPE_CHECKING:
    from app.engine.nodes.node import Node
    from app.engine.workflow import Level

FRESH, PREPARED, CARRIED, CLOSED = range(4)
"""How far an element is carried out: not at all, its pre-script, its own work, its post-script."""


class Token(Task):  # type: ignore[misc]
    """A SpiffWorkflow task that leaves the tree once it is done, so that a case costs what is open in it, not its age.

    `data` are the variables, `stamps` say in which order they were written: where paths meet again, the newest value of
    each variable wins, whichever path arrives last. `internal_data` is what the element notes while it is at work.
    """

    id: UUID
    workflow: "Level"
    task_spec: "Node"
    data: dict[str, Any]
    internal_data: dict[str, Any]

    def __init__(
        self,
        level: "Level",
        node: "Node",
        parent: "Token | None" = None,
        state: int = TaskState.FUTURE,
        id: UUID | None = None,  # noqa: A002 - the name is SpiffWorkflow's
    ) -> None:
        # The base class is not asked: it reads the machine's clock and counts in a variable that all cases share.
        self.id = id or uuid4()
        self.workflow = level
        self.task_spec = node
        self._parent = parent.id if parent is not None else None
        self._children: list[UUID] = []
        self._state = state
        self.triggered = False
        self.thread_id = 0
        self.last_state_change = 0.0
        self.data = {}
        self.internal_data = {}
        self.stamps: dict[str, int] = {}
        self.phase = FRESH
        self.rank = 0
        level.tasks[self.id] = self
        if parent is not None:
            parent._children.append(self.id)

    def _set_state(self, value: int) -> None:
        self._state = value
        if value == TaskState.READY:
            self.workflow.top_workflow.queue(self)

    def run(self) -> bool | None:
        """Carry out the element; it is left when that is done, else the token waits here."""
        carried: bool | None = self.task_spec._run(self)
        if self.id not in self.workflow.tasks:
            return carried  # what it did ended its own path
        if carried:
            self.complete()
        elif self._state == TaskState.READY and not self.task_spec.manual:
            self._set_state(TaskState.STARTED)
        return carried

    @property
    def is_open(self) -> bool:
        """Tell whether the token is still part of its case."""
        return self.id in self.workflow.tasks

    @property
    def parent(self) -> "Token | None":
        """The token that this one is a round of, or the root of its level."""
        return self.workflow.tasks.get(self._parent) if self._parent is not None else None

    def inherit(self, other: "Token") -> None:
        """Start with the data of another token."""
        self.data, self.stamps = copy(other.data), copy(other.stamps)

    def write(self, values: Mapping[str, Any]) -> None:
        """Set variables, as the newest of the case."""
        if values:
            stamp = self.workflow.top_workflow.tick()
            for name, value in values.items():
                self.data[name] = value
                self.stamps[name] = stamp

    def merge(
        self, data: Mapping[str, Any], stamps: Mapping[str, int], leave_out: frozenset[str] = frozenset()
    ) -> None:
        """Take over what was written later than what this token has."""
        mine = self.stamps
        for name, stamp in stamps.items():
            if stamp > mine.get(name, -1) and name not in leave_out:
                self.data[name] = data[name]
                mine[name] = stamp
