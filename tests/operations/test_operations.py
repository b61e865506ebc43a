"""Operations: declared once, found by name, checked before they run."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app import clock
from app.errors import Invalid
from app.operations import (
    InvalidParameters,
    OperationContext,
    OperationGroup,
    Registry,
    UnknownOperation,
    describe,
)


class Priority(StrEnum):
    """How soon."""

    HIGH = "P1"
    LOW = "P6"


class OpenedIncident(BaseModel):
    """What opening gives back."""

    id: int
    priority: Priority
    at: datetime


incident = OperationGroup("incident")


@incident.operation("open", title="Open an incident", aliases=["incident.create"])
def open_incident(
    context: OperationContext,
    summary: Annotated[str, Field(min_length=3, max_length=200, description="In one line")],
    priority: Priority = Priority.LOW,
    channel: Literal["web", "phone"] | None = None,
    service_id: int | None = None,
) -> OpenedIncident:
    """Record a new incident and give it its number."""
    context.journal("incident.opened", {"summary": summary, "service": service_id, "channel": channel})
    return OpenedIncident(id=7, priority=priority, at=context.now)


@incident.operation("ping", title="Ping", runs="after_commit")
def ping(context: OperationContext) -> None:
    """Do nothing."""


def context(**more: Any) -> OperationContext:
    given: dict[str, Any] = {
        "session": Session(),
        "case_id": 1,
        "case_number": "C-2026-000001",
        "diagram": "incident",
        "element": "open",
        "record_id": None,
        "actor_id": None,
        "requester_id": None,
        "key": "1:x:0",
        "data": {},
        "send": lambda name, key, payload, broadcast=False: None,
        "journal": lambda event, data=None, payload=None: None,
    }
    return OperationContext(**{**given, **more})


@pytest.fixture
def registry() -> Registry:
    return Registry(incident)


def test_the_decorator_returns_the_function_itself() -> None:
    assert open_incident(context(), "Storage down").id == 7
    assert open_incident.__name__ == "open_incident"


def test_a_call_gives_json_able_data(registry: Registry) -> None:
    lines: list[Any] = []
    with clock.at(datetime(2026, 3, 6, 16, 50, tzinfo=UTC)):
        result = registry.get("incident.open").call(
            context(journal=lambda event, data=None, payload=None: lines.append((event, data))),
            {"summary": "Storage down", "priority": "P1", "service_id": "12"},
        )
    assert result == {"id": 7, "priority": "P1", "at": "2026-03-06T16:50:00Z"}
    assert lines == [("incident.opened", {"summary": "Storage down", "service": 12, "channel": None})]
    assert registry.get("incident.ping").call(context(), {}) is None


def test_old_names_still_work(registry: Registry) -> None:
    assert registry.get("incident.create") is registry.get("incident.open")
    assert "incident.create" in registry
    assert [operation.name for operation in registry.all()] == ["incident.open", "incident.ping"]


def test_an_unknown_operation_is_named_with_a_similar_one(registry: Registry) -> None:
    with pytest.raises(UnknownOperation, match="incident.opne.*Did you mean “incident.open”"):
        registry.get("incident.opne")


@pytest.mark.parametrize(
    ("values", "parameter", "words"),
    [
        ({}, "summary", "is missing"),
        ({"summary": "ab"}, "summary", "at least 3 characters"),
        ({"summary": 5}, "summary", "valid string, but is 5"),
        ({"summary": "Storage", "priority": "P9"}, "priority", "must be 'P1' or 'P6', but is 'P9'"),
        ({"summary": "Storage", "channel": "fax"}, "channel", "must be 'web' or 'phone', but is 'fax'"),
        ({"summary": "Storage", "urgency": 1}, "urgency", "is not known here; it takes summary, priority"),
        ({"summary": "Storage", "service_id": "x"}, "service_id", "valid integer"),
    ],
)
def test_wrong_parameters_are_explained(registry: Registry, values: dict[str, Any], parameter: str, words: str) -> None:
    with pytest.raises(InvalidParameters, match="Operation incident.open: parameter") as caught:
        registry.get("incident.open").call(context(), values)
    assert isinstance(caught.value, Invalid)
    assert words in caught.value.fields[parameter][0]
    assert words in caught.value.message


def test_a_taken_name_is_refused_and_nothing_of_the_group_is_added(registry: Registry) -> None:
    again = OperationGroup("incident")
    again.operation("close", title="Close")(ping)
    again.operation("create", title="Create")(ping)
    with pytest.raises(ValueError, match="two operations are called incident.create"):
        registry.add(again)
    assert "incident.close" not in registry


def undocumented(context: OperationContext) -> None:
    pass


def without_result(context: OperationContext):  # type: ignore[no-untyped-def]  # noqa: ANN201
    """Give nothing."""


def without_type(context: OperationContext, text) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Take anything."""


def with_anything(context: OperationContext, **values: int) -> None:
    """Take whatever comes."""


def with_reserved(context: OperationContext, copy: str) -> None:
    """Take a name that the model needs itself."""


@pytest.mark.parametrize("function", [undocumented, without_result, without_type, with_anything, with_reserved])
def test_a_signature_that_says_too_little_is_refused(function: Any) -> None:
    with pytest.raises(TypeError, match="operation incident.do"):
        OperationGroup("incident").operation("do", title="Do")(function)


@pytest.mark.parametrize("noun", ["Incident", "incident.open", "", "in-cident"])
def test_names_are_snake_case(noun: str) -> None:
    with pytest.raises(ValueError, match="snake_case"):
        OperationGroup(noun)
    with pytest.raises(ValueError, match="snake_case"):
        incident.operation(noun, title="x")


def test_the_catalogue_tells_the_modeller_everything(registry: Registry) -> None:
    opened, pinged = describe(registry)
    assert opened["name"] == "incident.open"
    assert opened["title"] == "Open an incident"
    assert opened["description"] == "Record a new incident and give it its number."
    assert opened["aliases"] == ["incident.create"]
    by_name = {parameter["name"]: parameter for parameter in opened["parameters"]}
    assert by_name["summary"] == {
        "name": "summary", "title": "Summary", "description": "In one line", "type": "string", "required": True,
        "choices": [], "minLength": 3, "maxLength": 200,
    }  # fmt: skip
    assert by_name["priority"]["choices"] == ["P1", "P6"]
    assert by_name["priority"]["default"] == "P6"
    assert by_name["channel"]["choices"] == ["web", "phone"]
    assert by_name["service_id"]["type"] == "integer|null"
    assert opened["result"]["properties"]["id"] == {"title": "Id", "type": "integer"}
    assert pinged["runs"] == "after_commit"
    assert pinged["parameters"] == []
