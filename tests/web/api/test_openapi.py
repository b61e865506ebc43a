"""The description of the API: valid, complete, and true about tokens and problems."""

from typing import Any

import pytest
from fastapi.openapi.models import OpenAPI
from jsonschema import Draft202012Validator

from tests.stage import Stage


@pytest.fixture
def document(stage: Stage) -> dict[str, Any]:
    answer = stage.visitor().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_it_is_an_openapi_document(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    OpenAPI.model_validate(document)
    names = [operation["operationId"] for _, operation in operations(document)]
    assert len(names) == len(set(names))
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_all_references_lead_somewhere(document: dict[str, Any]) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            reference = node.get("$ref")
            if reference is not None:
                place: Any = document
                for part in reference.removeprefix("#/").split("/"):
                    place = place[part]
            for item in node.values():
                walk(item)
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk(document)


def test_the_endpoints_that_were_promised_are_there(document: dict[str, Any]) -> None:
    assert {name for name, _ in operations(document)} == {
        "GET /api/v1/diagrams", "POST /api/v1/diagrams/{key}/cases", "GET /api/v1/cases", "GET /api/v1/cases/{number}",
        "GET /api/v1/cases/{number}/journal", "POST /api/v1/cases/{number}/retry", "POST /api/v1/cases/{number}/cancel",
        "POST /api/v1/cases/{number}/data", "POST /api/v1/cases/{number}/skip",
        "GET /api/v1/tasks", "GET /api/v1/tasks/{task_id}", "POST /api/v1/tasks/{task_id}/claim",
        "POST /api/v1/tasks/{task_id}/take-over", "POST /api/v1/tasks/{task_id}/release",
        "POST /api/v1/tasks/{task_id}/put-off", "POST /api/v1/tasks/{task_id}/complete",
        "POST /api/v1/messages/{name}", "GET /api/v1/records/{kind}", "GET /api/v1/records/{kind}/{number}",
        "GET /api/v1/records/{kind}/{number}/links", "POST /api/v1/records/{kind}/{number}/links",
        "DELETE /api/v1/records/{kind}/{number}/links/{link_id}", "GET /api/v1/records/{kind}/{number}/thread",
        "POST /api/v1/records/{kind}/{number}/merge", "GET /api/v1/option-lists", "GET /api/v1/option-lists/{key}",
        "GET /api/v1/tags",
        "GET /api/v1/records/{kind}/{number}/tags", "POST /api/v1/records/{kind}/{number}/tags",
        "DELETE /api/v1/records/{kind}/{number}/tags/{name}", "GET /api/v1/records/{kind}/{number}/watchers",
        "PUT /api/v1/records/{kind}/{number}/watchers/{person}",
        "DELETE /api/v1/records/{kind}/{number}/watchers/{person}",
        "GET /api/v1/journal", "GET /api/v1/journal/anchors",
        "GET /api/v1/account/sessions", "DELETE /api/v1/account/sessions",
        "DELETE /api/v1/account/sessions/{session_id}", "GET /api/v1/account/tokens",
        "DELETE /api/v1/account/tokens/{token_id}",
        "GET /api/v1/notifications", "POST /api/v1/notifications/read",
        "POST /api/v1/notifications/{notification_id}/unread",
        "GET /api/v1/account/notifications", "PUT /api/v1/account/notifications",
        *(
            f"{method} /api/v1/{whose}webhooks{rest}"
            for whose in ("account/", "")
            for method, rest in (
                ("GET", ""), ("POST", ""), ("PATCH", "/{webhook_id}"), ("DELETE", "/{webhook_id}"),
                ("GET", "/{webhook_id}/deliveries"), ("POST", "/{webhook_id}/deliveries/{delivery_id}/send"),
            )
        ),
        "GET /api/v1/records/{kind}/{number}/comments", "POST /api/v1/records/{kind}/{number}/comments",
        "PATCH /api/v1/records/{kind}/{number}/comments/{comment_id}",
        "DELETE /api/v1/records/{kind}/{number}/comments/{comment_id}",
        "GET /api/v1/records/{kind}/{number}/mentions", "GET /api/v1/records/{kind}/{number}/history",
        "POST /api/v1/files", "GET /api/v1/files/{file_id}", "GET /api/v1/records/{kind}/{number}/files",
        "POST /api/v1/records/{kind}/{number}/files",
        "GET /api/v1/people", "GET /api/v1/teams", "GET /api/v1/roles", "POST /api/v1/roles/{role}/assignments",
        "POST /api/v1/roles/{role}/assignments/{assignment_id}/end",
        "GET /api/v1/lists/{kind}", "GET /api/v1/lists/{kind}/columns", "GET /api/v1/lists/{kind}/filters",
        "GET /api/v1/lists/{kind}/export.{format_of}", "POST /api/v1/lists/{kind}/changes", "GET /api/v1/search",
        "GET /api/v1/imports/{kind}/fields", "POST /api/v1/imports/{kind}", "GET /api/v1/batches/{batch_id}",
        "GET /api/v1/batches/{batch_id}/lines", "GET /api/v1/batches/{batch_id}/faults.csv",
        "POST /api/v1/batches/{batch_id}/check", "POST /api/v1/batches/{batch_id}/carry-out",
        "GET /api/v1/waiting", "GET /api/v1/workload", "POST /api/v1/workload/moves", "POST /api/v1/tasks/bulk",
        "GET /api/v1/calendar", "GET /api/v1/schedules", "GET /api/v1/schedules/{schedule_id}",
        "GET /api/v1/schedules/{schedule_id}/occurrences",
        *(f"POST /api/v1/schedules/{{schedule_id}}/{verb}" for verb in ("override", "pause", "resume", "run")),
        "GET /api/v1/records/{kind}/{number}/times", "GET /api/v1/agreements/applying", "POST /api/v1/agreements",
        "GET /api/v1/agreements/{number}", "PUT /api/v1/agreements/{number}",
        "POST /api/v1/agreements/{number}/activate", "POST /api/v1/agreements/{number}/end",
        "GET /api/v1/answers", "POST /api/v1/answers", "PUT /api/v1/answers/{answer_id}",
        "DELETE /api/v1/answers/{answer_id}",
        "GET /api/v1/calendars", "GET /api/v1/calendars/{key}", "GET /api/v1/calendars/{key}/months/{month}",
        "PUT /api/v1/calendars/{key}", "DELETE /api/v1/calendars/{key}", "PUT /api/v1/teams/{key}/calendar",
        "PUT /api/v1/people/{person_id}/calendar",
        "GET /api/v1/settings", "PATCH /api/v1/settings", "GET /healthz", "GET /metrics",
    }  # fmt: skip


def test_each_endpoint_names_its_security_and_its_problems(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    for name, operation in operations(document):
        assert operation["summary"], name
        if name == "GET /healthz":
            assert "security" not in operation
            continue
        assert operation["security"] == [{"HTTPBearer": []}], name
        responses = operation["responses"]
        assert {"401", "503"} <= responses.keys(), name
        for status, response in responses.items():
            assert response["description"], (name, status)
            if status.startswith(("4", "5")):
                assert list(response["content"]) == ["application/problem+json"], (name, status)
        if "{" in name and "messages" not in name:
            assert "404" in responses, name
        if name.startswith("POST"):
            assert {"403", "409", "422"} <= responses.keys(), name


def test_each_endpoint_and_field_is_described(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        assert operation.get("description"), name
    for name, schema in document["components"]["schemas"].items():
        assert schema.get("description") or name.startswith("Page_"), name
