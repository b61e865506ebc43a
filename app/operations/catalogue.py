"""The operations as JSON, from which the modeller fills its drop-downs and hints."""

from typing import Any

from pydantic_core import PydanticUndefined

from app.operations.operation import Operation, choices_of
from app.operations.registry import Registry

_LIMITS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "pattern", "format")


def describe(registry: Registry) -> list[dict[str, Any]]:
    """Return one entry per operation: name, title, description, parameters with types and limits, result."""
    return [_operation(operation) for operation in registry.all()]


def _operation(operation: Operation) -> dict[str, Any]:
    schema = operation.parameters.model_json_schema()
    return {
        "name": operation.name,
        "aliases": list(operation.aliases),
        "title": operation.title,
        "description": operation.description,
        "runs": operation.runs,
        "parameters": [_parameter(operation, name, schema) for name in operation.parameters.model_fields],
        "schema": schema,
        "result": operation.result,
    }


def _parameter(operation: Operation, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    field = operation.parameters.model_fields[name]
    own = _resolved(schema["properties"][name], schema)
    entry: dict[str, Any] = {
        "name": name,
        "title": field.title or name.replace("_", " ").capitalize(),
        "description": field.description or own.get("description", ""),
        "type": _type_of(own, schema),
        "required": field.is_required(),
        "choices": choices_of(field.annotation),
    }
    if field.default is not PydanticUndefined and "default" in own:
        entry["default"] = own["default"]
    for part in (own, *(_resolved(one, schema) for one in own.get("anyOf", []))):
        entry.update({limit: part[limit] for limit in _LIMITS if limit in part})
    return entry


def _resolved(own: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    reference = own.get("$ref", "")
    return {**schema["$defs"][reference.rpartition("/")[2]], **own} if reference else own


def _type_of(own: dict[str, Any], schema: dict[str, Any]) -> str:
    if "type" in own:
        return str(own["type"])
    kinds = [_type_of(_resolved(one, schema), schema) for one in own.get("anyOf", [])]
    return "|".join(dict.fromkeys(kinds)) or "any"
