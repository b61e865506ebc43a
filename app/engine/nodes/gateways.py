"""Gateways: how paths part and meet."""

from collections.abc import Mapping

from SpiffWorkflow.bpmn.specs.mixins import ExclusiveGatewayMixin, InclusiveGatewayMixin, ParallelGatewayMixin
from SpiffWorkflow.util.task import TaskState

from app.engine.nodes.node import Node
from app.engine.token import CARRIED, PREPARED, Token
from app.engine.work import ElementError
from app.engine.workflow import Level, Workflow
from app.errors import Message


class ExclusiveGateway(Node, ExclusiveGatewayMixin):  # type: ignore[misc]
    """Takes the first flow whose condition holds, in the order of the drawing; else the default flow."""

    def choose(self, token: Token) -> list[int]:
        """Return the one flow to take."""
        for place, way in enumerate(self.leaving):
            if not way.default and self.holds(token, way):
                return [place]
        for place, way in enumerate(self.leaving):
            if way.default:
                return [place]
        return self.no_way() if self.leaving else []

    def skip(self, token: Token) -> None:
        """Refuse: which way should the case go?"""
        raise ElementError(_decides(self))


class Join(Node):
    """A gateway at which paths may meet. A token that has come in waits for the others."""

    def enter(self, token: Token) -> None:
        """Let the token wait; the gateway opens when all that must come have come."""
        token.phase = PREPARED
        if len(self.element.incoming) < 2:
            token._set_state(TaskState.READY)
            return
        token._set_state(TaskState.WAITING)
        self.arrived(token)

    def arrived(self, token: Token) -> None:
        """React to a token that has come in."""

    def waiting(self, level: Workflow | Level) -> dict[str, list[Token]]:
        """Return the tokens that wait here, by the flow they came along."""
        found: dict[str, list[Token]] = {}
        for token in level.tokens:
            if token.task_spec is self and token._state == TaskState.WAITING:
                found.setdefault(token.internal_data.get("via", ""), []).append(token)
        return found

    def open(self, level: Workflow | Level, waiting: dict[str, list[Token]]) -> None:
        """Make one token of the first that came along each flow; the newest value of each variable wins."""
        meeting = [tokens[0] for tokens in waiting.values()]
        onward = meeting.pop()
        for token in meeting:
            onward.merge(token.data, token.stamps)
            level.top_workflow.remove(token)
        onward.phase = CARRIED
        onward._set_state(TaskState.READY)

    def retry(self, token: Token) -> None:
        """Wait again, or look for the way on again."""
        if token.phase >= CARRIED:
            super().retry(token)
        else:
            token._set_state(TaskState.WAITING)
            self.arrived(token)

    def skip(self, token: Token) -> None:
        """Go on with what has come in."""
        token._set_state(TaskState.WAITING)
        self.open(token.workflow, self.waiting(token.workflow))


class ParallelGateway(Join, ParallelGatewayMixin):  # type: ignore[misc]
    """Waits for one token on each incoming flow, then takes all outgoing flows."""

    def arrived(self, token: Token) -> None:
        """Open when a token waits on each incoming flow."""
        waiting = self.waiting(token.workflow)
        if len(waiting) == len(self.element.incoming):
            self.open(token.workflow, waiting)

    def choose(self, token: Token) -> list[int]:
        """Return all flows."""
        return list(range(len(self.leaving)))


class InclusiveGateway(Join, InclusiveGatewayMixin):  # type: ignore[misc]
    """Takes all flows whose conditions hold; as a join it waits for every token that can still reach it.

    `reach` maps each incoming flow to the elements from which it can be reached without passing the gateway.
    """

    reach: Mapping[str, frozenset[str]] = {}

    def skip(self, token: Token) -> None:
        """Go on with what has come in; refuse when it is the way on that is not known."""
        if token.phase >= CARRIED:
            raise ElementError(_decides(self))
        super().skip(token)

    def settle(self, level: Workflow | Level) -> bool:
        """Open if nothing that still moves can bring a further token; tell whether it opened.

        A token elsewhere is waited for when it can reach a flow on which nothing waits yet, and none on which something
        does (BPMN 2.0, 13.4.3).
        """
        waiting = self.waiting(level)
        if not waiting:
            return False
        full = [self.reach[flow] for flow in waiting if flow in self.reach]
        empty = [reach for flow, reach in self.reach.items() if flow not in waiting]
        for token in level.tokens:
            place = token.task_spec.element.id
            if (token.task_spec is self and token._state == TaskState.WAITING) or "host" in token.internal_data:
                continue
            if any(place in reach for reach in empty) and not any(place in reach for reach in full):
                return False
        self.open(level, waiting)
        return True


def _decides(node: Node) -> Message:
    return Message(
        "{element} decides where the case goes; edit the data so that one of its conditions holds.", element=node.label
    )
