"""Events: starts, catches, throws, boundaries, ends."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import (
    BoundaryEventMixin,
    EndEventMixin,
    IntermediateCatchEventMixin,
    IntermediateThrowEventMixin,
    StartEventMixin,
)
from SpiffWorkflow.util.task import TaskState

from app import clock
from app.engine.due import Cycle, read_timer
from app.engine.faults import happen, throw
from app.engine.nodes.activities import Sending, message_key
from app.engine.nodes.node import Node
from app.engine.scripting import evaluate
from app.engine.token import CARRIED, PREPARED, Token
from app.engine.work import ElementError
from app.errors import BusinessError, Message
from app.expressions import Expression
from app.processes.definition import Element

if TYPE_CHECKING:
    from app.engine.program import LevelSpec
    from app.engine.workflow import Level, Workflow


_KEPT = ("host", "message", "signal")


class StartEvent(Node, StartEventMixin):  # type: ignore[misc]
    """Where a level begins; what triggered it has happened before the case exists."""

    def __init__(self, level: "LevelSpec", name: str, element: Element) -> None:
        super().__init__(level, name, element, event_definition=NoneEventDefinition())


class Catch(Node, IntermediateCatchEventMixin):  # type: ignore[misc]
    """Waits for a timer, message or signal; also the receive task."""

    key: Expression | None = None
    timer: Expression | str = ""

    def __init__(self, level: "LevelSpec", name: str, element: Element, **more: Any) -> None:
        super().__init__(level, name, element, event_definition=NoneEventDefinition(), **more)

    def carry_out(self, token: Token) -> bool:
        """Begin to wait."""
        return not self.arm(token, token)

    def arm(self, token: Token, seen_from: Token) -> bool:
        """Note what the token waits for; False when there is nothing to wait for."""
        match self.element.event or ("message" if self.element.message else ""):
            case "timer":
                due, cycle = read_timer(self._timer_value(seen_from), self.element.timer_kind, clock.now(), self.label)
                token.internal_data["due"] = due
                if self.element.properties.get("moves"):
                    token.internal_data["armed"] = clock.now()
                if cycle is not None:
                    token.internal_data["cycle"] = cycle.state()
            case "message":
                token.internal_data["message"] = [self.element.message, message_key(self, seen_from)]
            case "signal":
                token.internal_data["signal"] = self.element.signal
            case _:
                return False
        token._set_state(TaskState.WAITING)
        return True

    def due_again(self, token: Token) -> datetime:
        """Return when a waiting timer would be due if it were armed now.

        Raises:
            StellwerkError: it could not be.
        """
        return read_timer(self._timer_value(token), self.element.timer_kind, clock.now(), self.label)[0]

    def _timer_value(self, token: Token) -> Any:
        return self.timer if isinstance(self.timer, str) else evaluate(token, self.timer)

    def happened(self, token: Token, values: dict[str, Any]) -> None:
        """Go on: what the token waits for has happened. Others that waited beside it at a gateway stop waiting."""
        gate = token.internal_data.get("gate")
        if gate:
            level = token.workflow
            for other in [other for other in level.tokens if other.internal_data.get("gate") == gate]:
                if other is not token:
                    level.top_workflow.remove(other)
        token.write(values)
        token.phase = CARRIED
        token._set_state(TaskState.READY)


class EventGateway(Node):
    """Takes all flows at once; the first of the events behind it that happens ends the waiting of the others."""

    def choose(self, token: Token) -> list[int]:
        """Return all flows."""
        return list(range(len(self.leaving)))

    def _successor(self, token: Token, way: Any, *, reuse: bool) -> Token:
        successor = super()._successor(token, way, reuse=False)
        successor.internal_data["gate"] = token.id.hex
        return successor


class Boundary(Catch, BoundaryEventMixin):  # type: ignore[misc]
    """Waits while an activity is at work."""

    def __init__(self, level: "LevelSpec", name: str, element: Element) -> None:
        super().__init__(level, name, element, cancel_activity=element.interrupting)

    def enter(self, token: Token) -> None:
        """Boundary events are put up by their activity."""
        raise RuntimeError("no flow leads into a boundary event")

    def is_urgent(self, token: Token) -> bool:
        """Boundary events go first."""
        return True

    def carry_out(self, token: Token) -> bool:
        """Begin to wait, with the eyes of the activity."""
        token.phase = PREPARED
        host = self.host(token)
        return host is None or not self.arm(token, host)

    def due_again(self, token: Token) -> datetime:
        """Return when it would be due, with the eyes of the activity."""
        return super().due_again(self.host(token) or token)

    def host(self, token: Token) -> Token | None:
        """Return the activity that the event waits on."""
        wanted = token.internal_data.get("host")
        return next((other for other in token.workflow.tokens if other.id.hex == wanted), None)

    def happened(self, token: Token, values: dict[str, Any]) -> None:
        """Let it happen to the activity; one that does not interrupt waits again."""
        host = self.host(token)
        if host is None:
            token.workflow.top_workflow.remove(token)
            return
        again = None if self.element.interrupting else self._again(token)
        if again is not None:
            guard = Token(token.workflow, self, token.workflow.task_tree)
            guard.internal_data.update(again)
            guard.phase = PREPARED
            guard._set_state(TaskState.WAITING)
        happen(token, host, values)

    @staticmethod
    def _again(token: Token) -> dict[str, Any] | None:
        """Return what the event waits for next; None when it will not happen again."""
        notes = token.internal_data
        kept: dict[str, Any] = {name: notes[name] for name in _KEPT if name in notes}
        if "cycle" in notes:
            cycle = Cycle(*notes["cycle"])
            due: datetime | None = cycle.next_after(notes["due"], clock.now())
            return kept | {"due": due, "cycle": cycle.state()} if due is not None else None
        return None if "due" in notes else kept


class Throw(Sending, IntermediateThrowEventMixin):  # type: ignore[misc]
    """Sends a message, broadcasts a signal inside the case, raises an escalation, or does nothing."""

    def __init__(self, level: "LevelSpec", name: str, element: Element) -> None:
        super().__init__(level, name, element, event_definition=NoneEventDefinition())

    def carry_out(self, token: Token) -> bool:
        """Throw what the event throws.

        Raises:
            ElementError: nobody catches the escalation.
        """
        element = self.element
        match element.event:
            case "message":
                self.send(token)
            case "signal":
                broadcast(token.workflow.top_workflow, element.signal)
            case "escalation":
                if not throw(token, "escalation", element.escalation, {}):
                    told = Message(
                        "No boundary event catches the escalation “{code}” of {element}.",
                        code=element.escalation, element=self.label,
                    )  # fmt: skip
                    raise ElementError(told)
        return True


class End(Throw, EndEventMixin):  # type: ignore[misc]
    """Ends a path, with what a throw event does, an error, or the end of everything on its level."""

    def carry_out(self, token: Token) -> bool:
        """Throw what the event throws.

        Raises:
            BusinessError: it is an error end event.
        """
        if self.element.event == "error":
            code = self.element.error
            told = Message(
                "{element} ends with the error “{code}”, which no boundary event catches.",
                element=self.label,
                code=code,
            )
            raise BusinessError(code, told)
        super().carry_out(token)
        return True

    def end(self, token: Token) -> None:
        """End the path; a terminate event ends all others of its level too."""
        level: Workflow | Level = token.workflow
        top = level.top_workflow
        if self.element.event == "terminate":
            for other in level.tokens:
                if other is not token:
                    top.remove(other)
        if level is top:
            top.end_events.append(self.element.id)
        super().end(token)


def broadcast(top: "Workflow", name: str) -> None:
    """Let a signal reach everything in the case that waits for it."""
    listening = [token for token in top.all_tokens if token.internal_data.get("signal") == name]
    for token in listening:
        if token.is_open and token._state == TaskState.WAITING:
            catching: Catch = token.task_spec
            catching.happened(token, {})
