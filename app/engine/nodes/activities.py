"""Tasks: for people, for operations, decisions, scripts and messages."""

from collections.abc import Mapping
from typing import Any

from SpiffWorkflow.bpmn.specs.mixins import (
    ManualTaskMixin,
    NoneTaskMixin,
    ScriptTaskMixin,
    ServiceTaskMixin,
    UserTaskMixin,
)

from app.engine.nodes.node import Node
from app.engine.scripting import Scope, assign, evaluate
from app.engine.storable import storable
from app.engine.token import Token
from app.engine.work import ElementError, Waiting
from app.errors import Message
from app.expressions import Assignment, Expression


class UserTask(Node, UserTaskMixin):  # type: ignore[misc]
    """Waits for a person; `complete` lets it go on."""

    def carry_out(self, token: Token) -> bool:
        """Leave the token ready: it is in somebody's work list now."""
        return False


class ManualTask(UserTask, ManualTaskMixin):  # type: ignore[misc]
    """A user task without a form."""


class PlainTask(Node, NoneTaskMixin):  # type: ignore[misc]
    """A task without a type: drawn for people, passed at once."""


class ScriptTask(Node, ScriptTaskMixin):  # type: ignore[misc]
    """Sets variables."""

    assignments: tuple[Assignment, ...] = ()

    def carry_out(self, token: Token) -> bool:
        """Set one variable after the other."""
        assign(token, self.assignments)
        return True


class ServiceTask(Node, ServiceTaskMixin):  # type: ignore[misc]
    """Calls an operation, in the step or after its commit."""

    parameters: Mapping[str, Expression] = {}

    def carry_out(self, token: Token) -> bool:
        """Call the operation; False when its answer is a later step."""
        values = {name: evaluate(token, expression) for name, expression in self.parameters.items()}
        answer = self.ports(token).operation(self.work(token), self.element.operator, values)
        if isinstance(answer, Waiting):
            token.internal_data["asked"] = True
            return False
        self.store(token, answer.value)
        return True

    def store(self, token: Token, value: Any) -> None:
        """Keep the operation's answer where the diagram wants it."""
        token.internal_data.pop("asked", None)
        if self.element.result:
            token.write({self.element.result: storable(value, self.element.result)})

    def skip(self, token: Token) -> None:
        """Go on with nothing as the result."""
        if self.element.result:
            token.write({self.element.result: None})
        super().skip(token)


class DecisionTask(ServiceTask):
    """Asks a decision table."""

    def carry_out(self, token: Token) -> bool:
        """Evaluate the table; its outputs become variables, unless one variable takes the whole answer."""
        ports = self.ports(token)
        answer = ports.decide(self.work(token), self.element.decision, Scope(token.data, ports))
        if self.element.result:
            self.store(token, answer)
        elif isinstance(answer, Mapping):
            token.write({str(name): storable(value, str(name)) for name, value in answer.items()})
        else:
            token.write({self.element.decision: storable(answer, self.element.decision)})
        return True


class Sending(Node):
    """What send tasks and throwing message events share."""

    key: Expression | None = None
    payload: Expression | None = None

    def send(self, token: Token) -> None:
        """Put the element's message into the mailbox.

        Raises:
            ElementError: the key has no value, or the payload is not a map.
        """
        payload: Any = evaluate(token, self.payload) if self.payload is not None else {}
        if not isinstance(payload, Mapping):
            raise ElementError(
                Message("The payload of the message of {element} must be a map of names to values.", element=self.label)
            )
        kept = {str(name): storable(value, str(name)) for name, value in payload.items()}
        self.ports(token).send(self.work(token), self.element.message, message_key(self, token), kept)


class SendTask(Sending):
    """Sends a message."""

    def carry_out(self, token: Token) -> bool:
        """Put the message into the mailbox."""
        self.send(token)
        return True


def message_key(node: Any, token: Token) -> str:
    """Return the key that a message is sent or awaited with, empty when the element has none.

    Raises:
        ElementError: the expression has no value.
    """
    if node.key is None:
        return ""
    value = evaluate(token, node.key)
    if value is None or isinstance(value, bool | Mapping | list):
        told = Message(
            "The message key of {element} has no usable value: {value}.", element=node.label, value=repr(value)
        )
        raise ElementError(told)
    return str(value)
