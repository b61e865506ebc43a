"""What all elements have in common: a token comes in, something is carried out, tokens go out along the flows."""

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.mixins import BpmnSpecMixin
from SpiffWorkflow.util.task import TaskState

from app.engine.faults import fail
from app.engine.scripting import assign, evaluate
from app.engine.token import CARRIED, CLOSED, PREPARED, Token
from app.engine.work import ElementError, StepPorts, Work
from app.errors import Message
from app.expressions import Assignment, Expression
from app.processes.definition import Element

if TYPE_CHECKING:
    from app.engine.nodes.rounds import Rounds
    from app.engine.program import LevelSpec
    from app.engine.workflow import Level


@dataclass(frozen=True, slots=True)
class Leaving:
    """A way out: the flow's id (empty for one that is not drawn), the element it leads to, when it is taken."""

    flow: str
    target: str
    condition: Expression | None = None
    default: bool = False


class Node(BpmnSpecMixin):  # type: ignore[misc]
    """An element of a diagram as it runs; shared by all cases, so nothing of a case is kept here.

    `guards` are the boundary events that wait while the element is at work, `catchers` those that catch what is thrown
    inside it. `rounds` is the loop that the element is one round of.
    """

    _wf_spec: "LevelSpec"
    name: str
    manual: bool

    def __init__(self, level: "LevelSpec", name: str, element: Element, **more: Any) -> None:
        super().__init__(
            level, name, bpmn_name=element.name, lane=element.lane, documentation=element.documentation, **more
        )
        self.bpmn_id = element.id
        self.element = element
        self.leaving: tuple[Leaving, ...] = ()
        self.guards: tuple[str, ...] = ()
        self.catchers: tuple[Element, ...] = ()
        self.rounds: Rounds | None = None
        self.pre_script: tuple[Assignment, ...] = ()
        self.post_script: tuple[Assignment, ...] = ()

    @property
    def label(self) -> Message:
        """What messages call the element."""
        return Message("“{name}”", name=Message(self.element.name or self.element.id))

    # How a token comes in --------------------------------------------------------------------------------------

    def enter(self, token: Token) -> None:
        """Take in a token: put up the boundary events, then get ready."""
        level = token.workflow
        for name in self.guards:
            guard = Token(level, level.spec.task_specs[name], level.task_tree)
            guard.internal_data["host"] = token.id.hex
            guard._set_state(TaskState.READY)
        if self.guards:
            token.internal_data["guarded"] = True
        if not self.pre_script:
            token.phase = PREPARED
        token._set_state(TaskState.READY)

    def is_urgent(self, token: Token) -> bool:
        """Tell whether the token goes before all others that are ready."""
        return False

    # What it does ----------------------------------------------------------------------------------------------

    def _run_hook(self, token: Token) -> bool | None:
        if token.phase < PREPARED:
            assign(token, self.pre_script)
            token.phase = PREPARED
        if token.phase < CARRIED:
            if not self.carry_out(token) or not token.is_open:
                return None
            token.phase = CARRIED
        if token.phase < CLOSED:
            assign(token, self.post_script)
            token.phase = CLOSED
        token.internal_data["out"] = self.choose(token)
        return True

    def carry_out(self, token: Token) -> bool:
        """Do the element's work; False when it goes on later."""
        return True

    def retry(self, token: Token) -> None:
        """Let a stuck token try again."""
        token._set_state(TaskState.READY)

    def skip(self, token: Token) -> None:
        """Let a stuck token go on as if the element had been carried out without a result.

        Raises:
            StellwerkError: the element cannot be skipped.
        """
        token.phase = CARRIED
        token._set_state(TaskState.READY)

    def choose(self, token: Token) -> list[int]:
        """Return which flows a token leaves by: those without condition, those whose condition holds, or the default.

        Raises:
            ElementError: there are flows but none of them may be taken.
        """
        if not self.leaving:
            return []
        chosen = [place for place, way in enumerate(self.leaving) if not way.default and self.holds(token, way)]
        conditional = any(way.condition is not None and not self.leaving[place].default
                          for place, way in enumerate(self.leaving) if place in chosen)  # fmt: skip
        if not conditional:
            chosen = sorted(chosen + [place for place, way in enumerate(self.leaving) if way.default])
        return chosen or self.no_way()

    def holds(self, token: Token, way: Leaving) -> bool:
        """Tell whether a flow may be taken."""
        return way.condition is None or bool(evaluate(token, way.condition))

    def no_way(self) -> list[int]:
        """Say that no flow may be taken."""
        told = Message(
            "None of the conditions of the flows out of {element} holds, and no flow is marked as the default.",
            element=self.label,
        )
        raise ElementError(told)

    # How tokens go out -----------------------------------------------------------------------------------------

    def _on_complete(self, token: Token) -> None:
        top = token.workflow.top_workflow
        if self.rounds is not None:
            self.tell(token)
            self.rounds.round_done(token)
            return
        out = [self.leaving[place] for place in token.internal_data.get("out", ())]
        top.passed(token, [way.flow for way in out if way.flow])
        self.tell(token)
        if not out:
            self.end(token)
        last = len(out) - 1
        successors = [self._successor(token, way, reuse=place == last) for place, way in enumerate(out)]
        top.remove(token)
        for successor in successors:
            try:
                successor.task_spec.enter(successor)
            except Exception as error:
                fail(successor, error)

    def tell(self, token: Token) -> None:
        """Let the step hear that the element was carried out."""
        ports = token.workflow.top_workflow.ports
        if ports is not None:
            ports.executed(self.work(token))

    def end(self, token: Token) -> None:
        """End the token's path."""
        token.workflow.absorb(token)

    def _successor(self, token: Token, way: Leaving, *, reuse: bool) -> Token:
        level: Level = token.workflow
        successor = Token(level, level.spec.task_specs[way.target], level.task_tree)
        if reuse:
            successor.data, successor.stamps = token.data, token.stamps
        else:
            successor.inherit(token)
        if way.flow:
            successor.internal_data["via"] = way.flow
        return successor

    # What others ask -------------------------------------------------------------------------------------------

    def work(self, token: Token) -> Work:
        """Describe the token to those outside the engine."""
        level = token.workflow
        path: list[str] = []
        role = ""
        around = level.host
        while around is not None:
            node = around.task_spec
            if node.element.calls:
                path.insert(0, node.element.id)
                role = role or node.element.properties.get("role_override", "").strip()
            around = around.workflow.host
        return Work(
            token.id, self.element, level.spec.diagram.key, MappingProxyType(token.data), tuple(path), role,
            token.internal_data.get("round"),
        )  # fmt: skip

    def ports(self, token: Token) -> StepPorts:
        """Return the ports of the step under way."""
        ports = token.workflow.top_workflow.ports
        if ports is None:
            raise RuntimeError("a case moves only inside advance()")
        return ports

    # What SpiffWorkflow would do and we do not -----------------------------------------------------------------

    def _predict(self, my_task: Any, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Make no tokens ahead of time: a case costs what is open in it, and a new version has less to move."""

    def _on_ready(self, my_task: Any) -> None:
        """Do nothing: `enter` and `line_up` have done it."""

    def test(self) -> None:
        """Check nothing at run time: the diagram was checked when it was compiled."""
