"""The only way in which anything written in a diagram is evaluated: `app.expressions`, never Python."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.bpmn.script_engine import BasePythonScriptEngineEnvironment, PythonScriptEngine

from app.engine.storable import storable
from app.engine.work import StepPorts
from app.expressions import Assignment, Expression, parse, parse_assignments

if TYPE_CHECKING:
    from app.engine.token import Token


def evaluate(token: "Token", expression: Expression, more: Mapping[str, Any] | None = None) -> Any:
    """Evaluate an expression where a token is; it sees the case's data, `record` and `case`.

    Raises:
        ExpressionError: a name is missing or the values do not go together.
    """
    data, ports = token.data, token.workflow.top_workflow.ports
    roots = {name.partition(".")[0] for name in expression.names}
    scope = {root: data[root] for root in roots if root in data}
    if more:
        scope.update(more)
    if ports is None:
        return expression.evaluate(scope)
    if roots:
        scope.update(ports.scope(expression.names))
    return expression.evaluate(scope, ports.working_time)


def assign(token: "Token", assignments: Iterable[Assignment]) -> None:
    """Carry out the lines of a script, each seeing what the ones before it have set.

    Raises:
        ExpressionError: a line has no value; it names the line.
    """
    for assignment in assignments:
        token.write({assignment.name: storable(evaluate(token, assignment.expression), assignment.name)})


class Scope(Mapping[str, Any]):
    """What a decision table sees: `record` and `case`, read only when asked for, then the case's data."""

    def __init__(self, data: Mapping[str, Any], ports: StepPorts) -> None:
        self._data = data
        self._ports = ports

    def __getitem__(self, name: str) -> Any:
        given = self._ports.scope(frozenset({name}))
        return given[name] if name in given else self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


class ExpressionEnvironment(BasePythonScriptEngineEnvironment):  # type: ignore[misc]
    """Stands where SpiffWorkflow would run Python; no Python gets past it."""

    def evaluate(self, expression: str, context: dict[str, Any], external_context: Any = None) -> Any:
        """Evaluate an expression of our language."""
        return parse(expression).evaluate(context)

    def execute(self, script: str, context: dict[str, Any], external_context: Any = None) -> bool:
        """Carry out assignments of our language."""
        for assignment in parse_assignments(script):
            context[assignment.name] = assignment.expression.evaluate(context)
        return True

    def call_service(self, context: dict[str, Any], **kwargs: Any) -> Any:
        """Refuse: service tasks call operations through the step's ports alone."""
        raise NotImplementedError("operations are called through the step's ports")


ENGINE = PythonScriptEngine(environment=ExpressionEnvironment())
"""Shared by all cases; it keeps nothing."""
