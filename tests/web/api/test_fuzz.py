"""Whatever is sent, there is an answer that was meant: never a fault of ours, never half of something stored."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.records import Case, Task
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, ask, draw, form, text

ROUNDS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
NAMES = ["title", "description", "size", "choice", "several", "when", "day", "box", "rows", "who", "log", "values",
         "record", "version", "reason", "key", "payload", "broadcast", "name", "", "_", "rows[0].name"]  # fmt: skip
SIGNS = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("\0\ud800\u202e'\"\\{}[]<>&;%\n\r")), max_size=40
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(10**40), 10**40), st.floats(), SIGNS,
    st.sampled_from(["", " ", "1", "-1", "2026-03-06", "2026-13-45", "0000-00-00T00:00", "9999-12-31T23:59:59-14:00",
                     "a", "true", "INC-2026-0001", "9" * 30, "../../x", "'; DROP TABLE task; --", "\u0661"]),
)  # fmt: skip
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.one_of(st.sampled_from(NAMES), SIGNS), inner, max_size=5)
    ),
    max_leaves=12,
)
ANSWERS = st.dictionaries(st.one_of(st.sampled_from(NAMES), SIGNS), JSON, max_size=8)
MEANT = {200, 201, 202, 400, 403, 404, 409, 413, 422}


@pytest.fixture
def desk(stage: Stage) -> Stage:
    """A form with every kind of field, at a start and at a task."""
    fields = [
        text("title", required=True), ask("textarea", "description"), ask("number", "size", variable="size"),
        ask("select", "choice", values=[{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]),
        ask("checklist", "several", values=[{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]),
        {"type": "datetime", "subtype": "datetime", "key": "when", "dateLabel": "When"},
        {"type": "datetime", "subtype": "date", "key": "day", "dateLabel": "Day"}, ask("checkbox", "box"),
        {"type": "dynamiclist", "path": "rows", "label": "Rows", "components": [ask("textfield", "name")]},
        {"type": "reference", "key": "who", "label": "Who", "properties": {"entity": "person"}},
        ask("filepicker", "log"),
        ask("textfield", "reason", conditional={"hide": '= choice != "a"'}),
    ]  # fmt: skip
    begin = '<startEvent id="s"><extensionElements><sw:properties><sw:property name="form" value="look"/>'
    begin += "</sw:properties></extensionElements></startEvent>"
    stage.publish(
        draw("walk", begin + user("look") + user("next") + end() + flows("s look next e"), record="incident"),
        draw("plain", start() + user("look") + end() + flows("s look e")),
        form("look", *fields), form("next"),
    )  # fmt: skip
    return stage


def told(answer: Any) -> None:
    assert answer.status_code in MEANT, f"{answer.status_code} {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code


def post(client: Any, address: str, body: Any, **headers: str) -> Any:
    content = json.dumps(body).encode()
    return client.post(address, content=content, headers={"content-type": "application/json", **headers})


def sound(stage: Stage) -> None:
    """Every case has its task, its record and a journal that can be checked."""
    tasks = {task.case_id for task in stage.rows(Task)}
    for case in stage.rows(Case):
        assert case.status == "running" and case.id in tasks
        stage.events(case.id)


def test_bodies_of_a_start(desk: Stage) -> None:
    client = desk.api("Anna Novak")

    @ROUNDS
    @given(st.sampled_from(["walk", "plain"]), ANSWERS, JSON)
    def whatever(key: str, values: dict[str, Any], more: Any) -> None:
        address = f"/api/v1/diagrams/{key}/cases"
        told(post(client, address, {"values": values}))
        told(post(client, address, {"values": {"title": "x", **values}}))
        told(post(client, address, {"values": {"title": "x"}, "record": more}))
        told(post(client, address, more))

    whatever()
    sound(desk)
    assert desk.count(Case) > 0


def test_bodies_of_a_completion(desk: Stage) -> None:
    client = desk.api("Anna Novak")

    @ROUNDS
    @given(ANSWERS, JSON)
    def whatever(values: dict[str, Any], more: Any) -> None:
        case_id = desk.start(values={"title": "x"})
        address = f"/api/v1/tasks/{desk.tasks('open', case_id)[0].id}/complete"
        titled = {**values, "title": "x"}
        for body in (more, {"values": values, "version": more}, {"values": values}, {"values": titled}):
            told(post(client, address, body))
        told(client.get(address.removesuffix("/complete")))

    whatever()
    sound(desk)


def test_bodies_of_messages_and_reasons(desk: Stage) -> None:
    client, case_id = desk.api("Marek Dvorak"), desk.start(values={"title": "x"})
    number = desk.case(case_id).number

    @ROUNDS
    @given(SIGNS, JSON, st.one_of(st.booleans(), JSON))
    def whatever(key: str, payload: Any, broadcast: Any) -> None:
        told(post(client, "/api/v1/messages/alert.raised", {"key": key, "payload": payload, "broadcast": broadcast}))
        told(post(client, "/api/v1/messages/alert.raised", {"key": key, "payload": {"record_id": payload}}))
        told(post(client, f"/api/v1/cases/{number}/retry", {"reason": payload}))
        told(post(client, f"/api/v1/cases/{number}/retry", {"reason": key}))

    whatever()
    desk.work()
    sound(desk)


def test_addresses_and_queries(desk: Stage) -> None:
    client = desk.api("Marek Dvorak")
    desk.start(values={"title": "x"})
    places = ["/api/v1/tasks/{}", "/api/v1/cases/{}", "/api/v1/cases/{}/journal", "/api/v1/records/{}",
              "/api/v1/records/incident/{}"]  # fmt: skip
    lists = ["/api/v1/cases", "/api/v1/tasks", "/api/v1/records/incident"]
    writable = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)

    @ROUNDS
    @given(
        st.sampled_from(places), st.sampled_from(lists), writable,
        st.dictionaries(st.sampled_from(["after", "limit", "status", "q", "scope", "case", "record", "x"]), writable),
    )  # fmt: skip
    def whatever(place: str, listing: str, name: str, query: dict[str, str]) -> None:
        told(client.get(place.format(quote(name, safe=""))))
        told(client.get(listing, params=query))

    whatever()
