"""What tokens may be used for, at every endpoint, and how often."""

from datetime import timedelta
from typing import Any

import pytest

from app import clock
from app.domain.people import sessions, sign_in, tokens
from app.domain.people.tokens import SCOPES
from app.errors import TooMany
from app.settings import Settings
from app.web.api.scopes import Pace, scope_of
from tests.stage import Stage
from tests.web.api.conftest import problem

ADMIN = "Marek Dvorak"
OPEN = {"/healthz"}
# Everything whose first word is not in this table is administration.
TABLE = {
    "read": ["GET cases", "GET cases/{number}/journal", "GET tasks", "GET records/{kind}", "GET tags", "GET diagrams",
             "GET waiting", "GET workload", "GET answers",
             "GET account/tokens", "HEAD cases"],
    "work": ["POST tasks/{task_id}/complete", "POST messages/{name}", "POST diagrams/{key}/cases",
             "POST notifications/read",
             "POST tasks/bulk", "POST workload/moves", "PUT answers/{answer_id}",
             "DELETE records/{kind}/{number}/tags/{name}",
             "PUT records/{kind}/{number}/watchers/{person}"],
    "account": ["DELETE account/sessions", "DELETE account/sessions/{session_id}", "DELETE account/tokens/{token_id}"],
    "journal.read": ["GET journal", "GET journal/anchors"],
    "administration": ["POST journal", "GET people", "POST people", "GET whatever-comes-later", "PATCH settings",
                       "GET settings"],
}  # fmt: skip


def sample(document: dict[str, Any], schema: dict[str, Any]) -> Any:
    """The smallest body that a schema takes."""
    if "$ref" in schema:
        return sample(document, document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return None if {"type": "null"} in schema["anyOf"] else sample(document, schema["anyOf"][0])
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    if schema.get("type") == "object" or "properties" in schema:
        known = schema.get("properties", {})
        return {name: sample(document, known[name]) for name in schema.get("required", ())}
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("format") == "date-time":
        return "2030-01-01T00:00:00Z"
    found = {"string": "x" * max(1, schema.get("minLength", 0)), "integer": 1, "number": 1, "boolean": False}
    return found.get(schema.get("type", ""), [])


def token(stage: Stage, *scopes: str) -> tokens.NewToken:
    with stage.parts.database.transaction() as session:
        return tokens.create_token(session, stage.people[ADMIN], "test", scopes=scopes)


@pytest.mark.parametrize("scope", TABLE)
def test_endpoints_need_the_scope_of_their_family(scope: str) -> None:
    assert {endpoint: scope_of(*_split(endpoint)) for endpoint in TABLE[scope]} == dict.fromkeys(TABLE[scope], scope)
    assert scope_of("GET", "/metrics") == "metrics"


def test_every_endpoint_refuses_tokens_without_its_scope(desk: Stage) -> None:
    document = desk.visitor().get("/api/v1/openapi.json").json()
    clients = {scope: desk.visitor(token(desk, scope).token) for scope in SCOPES}
    allowed: dict[str, list[str]] = {}
    for path, operations in document["paths"].items():
        for method in operations if path not in OPEN else ():
            address, query = path, {}
            for part in operations[method].get("parameters", ()):
                value = sample(document, part["schema"])
                if part["in"] == "path":
                    address = address.replace("{" + part["name"] + "}", str(value))
                elif part.get("required"):
                    query[part["name"]] = value
            # Bodies are checked first, so they have to fit for the scope to be looked at.
            schema = operations[method].get("requestBody", {}).get("content", {}).get("application/json", {})
            body = sample(document, schema.get("schema", {}))
            answers = {
                scope: client.request(method, address, json=body, params=query) for scope, client in clients.items()
            }
            lacking = {scope for scope, answer in answers.items() if "lacks the scope" in answer.text}
            for scope in lacking:
                problem(answers[scope], 403)
            allowed[f"{method.upper()} {path}"] = sorted(SCOPES - lacking)
    assert allowed == {endpoint: [scope_of(*endpoint.split())] for endpoint in allowed}
    assert len(allowed) > 20


def test_a_scope_gives_no_right_that_the_person_has_not(desk: Stage) -> None:
    with desk.parts.database.transaction() as session:
        made = tokens.create_token(session, desk.people["Chiara Ricci"], "test", scopes=["metrics"])
    problem(desk.visitor(made.token).get("/metrics"), 403)


def test_ones_own_sessions_and_tokens(desk: Stage) -> None:
    with desk.parts.database.transaction() as session:
        for browser in ("Firefox", "Chromium"):
            sign_in.open_session(session, desk.people["Anna Novak"], hours=1, user_agent=browser, address="192.0.2.7")
        sign_in.open_session(session, desk.people["Ben Osei"], hours=1)
        [bens] = sessions.sessions_of(session, desk.people["Ben Osei"])
    anna = desk.api("Anna Novak")
    listed = anna.get("/api/v1/account/sessions").json()["items"]
    assert [(one["browser"], one["address"]) for one in listed] == [
        ("Chromium", "192.0.2.7"), ("Firefox", "192.0.2.7")
    ]  # fmt: skip
    problem(anna.delete(f"/api/v1/account/sessions/{bens.id}"), 404)
    assert anna.delete(f"/api/v1/account/sessions/{listed[0]['id']}").json() == {"count": 1}
    assert anna.delete("/api/v1/account/sessions").json() == {"count": 1}
    [own] = anna.get("/api/v1/account/tokens").json()["items"]
    assert own["current"] and own["scopes"] == sorted(SCOPES)
    assert anna.delete(f"/api/v1/account/tokens/{own['id']}").json() == {"count": 1}
    problem(anna.get("/api/v1/account/tokens"), 401)


def test_a_token_in_a_loop_is_told_to_wait(desk: Stage) -> None:
    desk.app.state.pace = Pace(60)
    with clock.at(clock.now()):
        busy, other = desk.api("Anna Novak"), desk.api("Ben Osei")
        assert {busy.get("/api/v1/tasks").status_code for _ in range(60)} == {200}
        answer = busy.get("/api/v1/tasks")
        problem(answer, 429)
        assert answer.headers["retry-after"] == "2"
        assert other.get("/api/v1/tasks").status_code == 200
        clock.advance(timedelta(seconds=2))
        assert busy.get("/api/v1/tasks").status_code == 200


def test_no_limit_where_none_is_set_and_a_generous_one_by_default() -> None:
    for _ in range(5000):
        Pace(0).count(1)
    usual = Pace(Settings().api_calls_per_minute)
    with clock.at(clock.now()):
        for _ in range(1200):
            usual.count(1)
        with pytest.raises(TooMany):
            usual.count(1)


def _split(endpoint: str) -> Any:
    method, path = endpoint.split()
    return method, f"/api/v1/{path}"
