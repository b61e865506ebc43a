"""A Python function with a name, a title and checked parameters, so that a diagram can call it."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Annotated, Any, Concatenate, Literal, TypeVar, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, create_model
from pydantic_core import ErrorDetails

from app.errors import Invalid
from app.operations.context import OperationContext

Runs = Literal["in_step", "after_commit"]
Function = TypeVar("Function", bound=Callable[Concatenate[OperationContext, ...], Any])


class InvalidParameters(Invalid):
    """A diagram gave an operation something it does not take; `fields` maps each parameter to its messages."""


class Operation:
    """One operation; made by `OperationGroup.operation`, found through `Registry.get`.

    `runs` is `in_step` for work inside the step's transaction and `after_commit` for everything outside
    (mail, HTTP), which a job carries out at least once.
    """

    def __init__(
        self,
        name: str,
        function: Callable[..., Any],
        *,
        title: str,
        runs: Runs = "in_step",
        aliases: Sequence[str] = (),
    ) -> None:
        """Read the function's signature.

        Raises:
            TypeError: the function has no docstring, no return annotation, or a parameter that a diagram cannot give.
        """
        self.name = name
        self.title = title
        self.runs: Runs = runs
        self.aliases = tuple(aliases)
        self.function = function
        self.description = inspect.getdoc(function) or ""
        if not self.description:
            raise TypeError(f"operation {name} needs a docstring: process owners read it in the modeller")
        hints = get_type_hints(function, include_extras=True)
        if "return" not in hints:
            raise TypeError(f"operation {name} needs a return annotation")
        self.parameters: type[BaseModel] = _model_of(name, function, hints)
        self._result: TypeAdapter[Any] = TypeAdapter(hints["return"])
        self.result: dict[str, Any] = self._result.json_schema(mode="serialization")

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"

    def check(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values as the function takes them: converted, defaults filled in.

        Raises:
            InvalidParameters: names each wrong, missing or unknown parameter and what it may be.
        """
        try:
            model = self.parameters.model_validate(dict(values))
        except ValidationError as error:
            raise self._explain(error) from None
        return {field: getattr(model, field) for field in type(model).model_fields}

    def call(self, context: OperationContext, values: Mapping[str, Any]) -> Any:
        """Check the values, carry the operation out and return its result as JSON-able data.

        Raises:
            InvalidParameters: the values do not fit.
            BusinessError: a rule of the organisation says no.
        """
        answer = self.function(context, **self.check(values))
        return self._result.dump_python(self._result.validate_python(answer), mode="json")

    def _explain(self, error: ValidationError) -> InvalidParameters:
        known = list(self.parameters.model_fields)
        fields: dict[str, list[str]] = {}
        for detail in error.errors(include_url=False):
            parameter = str(detail["loc"][0]) if detail["loc"] else ""
            fields.setdefault(parameter, []).append(_in_words(detail, known))
        told = "; ".join(f"parameter “{name}” {message}" for name, said in fields.items() for message in said)
        return InvalidParameters(fields, f"Operation {self.name}: {told}.")


def choices_of(annotation: Any) -> list[Any]:
    """Return the values that an annotation allows (`Literal` or enumeration), or nothing."""
    if get_origin(annotation) is Annotated:
        return choices_of(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if inspect.isclass(annotation) and issubclass(annotation, Enum):
        return [member.value for member in annotation]
    return [choice for part in get_args(annotation) for choice in choices_of(part)] if _is_union(annotation) else []


def _is_union(annotation: Any) -> bool:
    return type(None) in get_args(annotation)


def _model_of(name: str, function: Callable[..., Any], hints: dict[str, Any]) -> type[BaseModel]:
    parameters = list(inspect.signature(function).parameters.values())
    if not parameters:
        raise TypeError(f"operation {name} must take the context first")
    fields: dict[str, Any] = {}
    for parameter in parameters[1:]:
        if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
            raise TypeError(f"operation {name}: diagrams give parameters by name, so {parameter} is not possible")
        if parameter.name not in hints:
            raise TypeError(f"operation {name}: parameter {parameter.name} needs a type")
        if parameter.name.startswith(("_", "model_")) or hasattr(BaseModel, parameter.name):
            raise TypeError(f"operation {name}: parameter {parameter.name} has a reserved name")
        default = ... if parameter.default is parameter.empty else parameter.default
        fields[parameter.name] = (hints[parameter.name], default)
    model: type[BaseModel] = create_model(name, __config__=ConfigDict(extra="forbid"), **fields)
    return model


def _in_words(detail: ErrorDetails, known: list[str]) -> str:
    """Say what is wrong in the words of a person who draws diagrams."""
    kind, inside = detail["type"], "".join(f"[{part!r}]" for part in detail["loc"][1:])
    if kind == "missing":
        return f"{inside} is missing".strip()
    if kind == "extra_forbidden":
        return f"{inside} is not known here; it takes {', '.join(known) or 'no parameters'}".strip()
    context = detail.get("ctx") or {}
    if kind in ("literal_error", "enum"):
        said = f"must be {context.get('expected')}"
    else:
        said = detail["msg"].replace("Input should", "must").replace("Value error, ", "")
    return f"{inside} {said}, but is {_shown(detail['input'])}".strip()


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
