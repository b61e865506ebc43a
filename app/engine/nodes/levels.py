"""Activities with an inside of their own: embedded sub-processes and call activities."""

from typing import TYPE_CHECKING

from SpiffWorkflow.bpmn.specs.mixins import CallActivityMixin, SubWorkflowTaskMixin
from SpiffWorkflow.util.task import TaskState

from app.engine.nodes.node import Node
from app.engine.token import CARRIED, Token
from app.engine.work import ElementError
from app.engine.workflow import Level
from app.errors import Message
from app.processes.definition import Element

if TYPE_CHECKING:
    from app.engine.program import LevelSpec


class SubProcess(Node, SubWorkflowTaskMixin):  # type: ignore[misc]
    """An embedded sub-process: it sees the data around it, and what it writes is seen after it."""

    spec: str

    def __init__(self, level: "LevelSpec", name: str, element: Element, inside: str) -> None:
        super().__init__(level, name, element, subworkflow_spec=inside)

    def carry_out(self, token: Token) -> bool:
        """Begin the inside; the activity goes on when its last token is gone."""
        top = token.workflow.top_workflow
        spec = top.program.levels[self.spec]
        level = top.open_level(token, spec)
        try:
            self.fill(token, level)
        except ElementError:
            del top.subprocesses[token.id]
            raise
        spec.start.begin(level, spec.start.openings)
        if level.is_empty:
            del top.subprocesses[token.id]
            return True
        return False

    def fill(self, token: Token, level: Level) -> None:
        """Hand the data in."""
        level.task_tree.inherit(token)

    def empty(self, token: Token, level: Level) -> None:
        """Hand the data out."""
        token.merge(level.data, level.stamps)

    def finished(self, token: Token, level: Level) -> None:
        """Go on behind the activity: its last token is gone."""
        top = token.workflow.top_workflow
        self.empty(token, level)
        del top.subprocesses[token.id]
        token.phase = CARRIED
        token._set_state(TaskState.READY)

    def skip(self, token: Token) -> None:
        """Go on behind the activity, whatever has happened inside."""
        level = token.workflow.top_workflow.subprocesses.get(token.id)
        if level is not None:
            for inner in level.tokens:
                level.top_workflow.remove(inner)
            del token.workflow.top_workflow.subprocesses[token.id]
        super().skip(token)


class CallActivity(SubProcess, CallActivityMixin):  # type: ignore[misc]
    """Calls another diagram: its declared inputs go in, its declared outputs come out, nothing else."""

    def fill(self, token: Token, level: Level) -> None:
        """Hand the declared inputs in.

        Raises:
            ElementError: the case does not have one of them.
        """
        called = level.spec.diagram
        missing = [name for name in called.inputs if name not in token.data]
        if missing:
            told = Message(
                "{element} calls “{diagram}”, which needs {names}; the case has no such data.",
                element=self.label, diagram=called.key, names=", ".join(f"“{name}”" for name in missing),
            )  # fmt: skip
            raise ElementError(told)
        level.task_tree.write({name: token.data[name] for name in called.inputs})

    def empty(self, token: Token, level: Level) -> None:
        """Hand the declared outputs out; one that was never set is nothing."""
        token.write({name: level.data.get(name) for name in level.spec.diagram.outputs})
