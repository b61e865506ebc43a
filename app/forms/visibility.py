"""Which fields are shown: conditions evaluated in the order of what they depend on."""

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from app.expressions import Expression, ExpressionError
from app.forms.fields import WITHOUT_VALUE, Field, Section


def section_of(fields: tuple[Field, ...]) -> Section:
    """Gather `fields` into a section and put their conditions in order.

    Raises:
        ValueError: when conditions depend on each other in a circle; the message names the keys.
    """
    inputs: dict[str, Field] = {}
    conditions: dict[str, tuple[Expression, ...]] = {}
    watched: set[str] = set()

    def gather(level: tuple[Field, ...], inherited: tuple[Expression, ...]) -> None:
        for field in level:
            own = (*inherited, field.hide) if field.hide else inherited
            if field.hide:
                watched.update(field.hide.names)
            if field.kind == "group":
                gather(field.fields, own)
            elif field.kind not in WITHOUT_VALUE:
                inputs[field.key] = field
                if own:
                    conditions[field.key] = own
                if field.section:
                    watched.update(field.section.watched)

    gather(fields, ())
    graph = {
        key: {name for expression in expressions for name in expression.names if name in conditions}
        for key, expressions in conditions.items()
    }
    try:
        order = tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ValueError(" → ".join(f"“{key}”" for key in reversed(error.args[1]))) from error
    return Section(fields, inputs, tuple((key, conditions[key]) for key in order), frozenset(watched))


def scope_of(
    section: Section, values: Mapping[str, Any], outer: Mapping[str, Any] | None = None
) -> tuple[dict[str, Any], frozenset[str]]:
    """Return what conditions of `section` see, and the keys of its hidden fields.

    A field that is hidden counts as unanswered for the conditions of others. `outer` is the scope around a row.
    """
    scope = {**(outer or {}), **dict.fromkeys(section.inputs), **{k: values[k] for k in section.inputs if k in values}}
    hidden = set()
    for key, conditions in section.conditional:
        if any(holds(condition, scope) for condition in conditions):
            hidden.add(key)
            scope[key] = None
    return scope, frozenset(hidden)


def holds(condition: Expression | None, scope: Mapping[str, Any]) -> bool:
    """Tell whether a `hide` condition holds; one that cannot be evaluated for these values hides nothing."""
    if condition is None:
        return False
    try:
        return condition.evaluate(scope) is True
    except ExpressionError:
        return False
