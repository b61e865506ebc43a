"""Diagrams over the API: what is published, and starting cases."""

import json
from functools import partial
from typing import Any

import pytest

from app.engine.records import Case
from app.errors import BusinessError
from app.operations import OperationContext
from tests.at_once import at_once
from tests.engine.drawings import end, flows, service, start
from tests.stage import Stage, draw
from tests.web.api.conftest import problem

CASES = "/api/v1/diagrams/walk/cases"


def test_the_list_says_what_you_may_start(desk: Stage) -> None:
    def startable(name: str) -> dict[str, bool]:
        items = desk.api(name).get("/api/v1/diagrams").json()["items"]
        return {item["key"]: item["startable"] for item in items}

    assert startable("Chiara Ricci") == {"alarm": True, "walk": True, "closed": False}
    assert startable("Anna Novak") == {"alarm": True, "walk": True, "closed": True}
    [walk] = [item for item in desk.api("Anna Novak").get("/api/v1/diagrams").json()["items"] if item["key"] == "walk"]
    assert walk == {
        "key": "walk", "name": "Walk", "area": "incidents", "blueprint": "ISRM-01", "version": 1, "startable": True,
        "purpose": "",
    }  # fmt: skip


def test_starting_a_case(desk: Stage) -> None:
    answer = desk.api("Chiara Ricci").post(CASES, json={"values": {"title": "Storage is gone"}})
    assert answer.status_code == 201
    [case], [task] = desk.rows(Case), desk.tasks()
    assert answer.json() == {
        "case": case.number, "status": "running", "record": str(case.record_id), "new_tasks": [str(task.id)],
        "next_task": None,
    }  # fmt: skip
    answer = desk.api("Anna Novak").post(CASES, json={"values": {"title": "Another one"}})
    assert answer.json()["next_task"] == str(desk.tasks()[-1].id)  # she may go straight on


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"values": {}}, ["title"]),
        ({"values": {"title": 7}}, ["title"]),
        ({"values": {"title": "x", "unknown": 1, "title2": "y"}}, ["unknown", "title2"]),
        ({"values": {"title": "a\x00b"}}, ["values"]),
        ({"values": {"title": "\ud800"}}, ["values"]),
        ({"values": {"title": "x", "description": 10**30}}, ["values"]),
        ({"values": []}, ["values"]),
        ({"values": None}, ["values"]),
        ({"value": {}}, ["value"]),
        ({"record": 5}, ["record"]),
        ({"record": "INC-2026-9999", "values": {"title": "x"}}, ["record"]),
        ({"record": "x" * 51}, ["record"]),
        ([], ["body"]),
        ("text", ["body"]),
        (None, ["body"]),
    ],
)
def test_what_does_not_fit_is_named(desk: Stage, body: Any, fields: list[str]) -> None:
    content = json.dumps(body)
    answer = desk.api("Anna Novak").post(CASES, content=content, headers={"content-type": "application/json"})
    told = problem(answer, 422)
    assert sorted(told["fields"]) == sorted(fields)
    assert all(messages and all(messages) for messages in told["fields"].values())
    assert desk.count(Case) == 0


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"values": {"title": "x"}', b"NaN", b"[" * 100_000, b'{"values": {"title": 1e999}}',
     b'{"values":' * 2000 + b"1" + b"}" * 2000, b'{"values": {"cost": ' + b"9" * 5000 + b"}}"],
)  # fmt: skip
def test_what_is_no_json_at_all(desk: Stage, content: bytes) -> None:
    answer = desk.api("Anna Novak").post(CASES, content=content, headers={"content-type": "application/json"})
    problem(answer, answer.status_code)
    assert answer.status_code in (400, 422)
    assert desk.count(Case) == 0


def test_another_type_of_content_is_refused(desk: Stage) -> None:
    answer = desk.api("Anna Novak").post(CASES, data={"title": "x"})
    problem(answer, 422)


def test_an_existing_record(desk: Stage, case_id: int) -> None:
    number = desk.record(case_id)["number"]
    body = {"record": number, "values": {"title": "Storage is gone again"}}
    answer = desk.api("Anna Novak").post(CASES, json=body)
    assert answer.status_code == 201
    assert answer.json()["record"] == str(desk.case(case_id).record_id)
    # Whoever may not know of the record hears the same as about one that does not exist.
    told = problem(desk.api("Sofia Lindqvist").post(CASES, json=body), 422)
    missing = problem(desk.api("Sofia Lindqvist").post(CASES, json={**body, "record": "INC-2026-9999"}), 422)
    assert told["fields"]["record"][0].replace(number, "") == missing["fields"]["record"][0].replace(
        "INC-2026-9999", ""
    )


def test_a_rule_that_says_no(desk: Stage) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("incident.too_many", "You have reported ten incidents today.")

    desk.publish(draw("walk", start() + service("act", "probe.act") + end() + flows("s act e")))
    desk.acts["act"] = refuse
    told = problem(desk.api("Anna Novak").post(CASES, json={}), 422)
    assert (told["code"], told["detail"]) == ("incident.too_many", "You have reported ten incidents today.")
    assert desk.count(Case) == 0


def test_what_a_message_starts_is_not_started_by_hand(desk: Stage) -> None:
    problem(desk.api("Anna Novak").post("/api/v1/diagrams/alarm/cases", json={}), 409)


def test_a_fault_of_ours_is_told_without_details(desk: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(desk.parts.library), "current", lambda self, session: 1 / 0)
    told = problem(desk.api("Anna Novak").post(CASES, json={"values": {"title": "x"}}), 500)
    assert "ZeroDivision" not in str(told) and "mark" in told["detail"]


# Idempotency-Key -----------------------------------------------------------------------------------------------------


def test_a_repeated_key_starts_no_second_case(desk: Stage) -> None:
    client, body = desk.api("Anna Novak"), {"values": {"title": "Storage is gone"}}
    key = {"Idempotency-Key": "ticket-17"}
    first, again = client.post(CASES, json=body, headers=key), client.post(CASES, json=body, headers=key)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert desk.count(Case) == 1
    # The same key of somebody else is another one.
    assert desk.api("Ben Osei").post(CASES, json=body, headers=key).status_code == 201
    assert desk.count(Case) == 2


def test_a_key_for_another_request_is_refused(desk: Stage) -> None:
    client, key = desk.api("Anna Novak"), {"Idempotency-Key": "ticket-17"}
    client.post(CASES, json={"values": {"title": "Storage is gone"}}, headers=key)
    for address, body in ((CASES, {"values": {"title": "Other"}}), ("/api/v1/diagrams/closed/cases", {})):
        told = problem(client.post(address, json=body, headers=key), 409)
        assert "Idempotency-Key" in told["detail"]
    assert desk.count(Case) == 1


def test_a_key_of_a_refused_request_may_be_used_again(desk: Stage) -> None:
    client, key = desk.api("Anna Novak"), {"Idempotency-Key": "ticket-17"}
    problem(client.post(CASES, json={"values": {}}, headers=key), 422)
    assert client.post(CASES, json={"values": {"title": "x"}}, headers=key).status_code == 201


def test_a_key_that_is_too_long_is_refused_and_an_empty_one_is_none(desk: Stage) -> None:
    client, body = desk.api("Anna Novak"), {"values": {"title": "x"}}
    told = problem(client.post(CASES, json=body, headers={"Idempotency-Key": "k" * 201}), 422)
    assert list(told["fields"]) == ["Idempotency-Key"]
    for _ in range(2):
        assert client.post(CASES, json=body, headers={"Idempotency-Key": " "}).status_code == 201
    assert desk.count(Case) == 2


def test_the_same_key_at_the_same_time(desk: Stage) -> None:
    def post(client: Any) -> Any:
        body, key = {"values": {"title": "x"}}, {"Idempotency-Key": "ticket-17"}
        return client.post(CASES, json=body, headers=key).json()

    answers = at_once(*[partial(post, desk.api("Anna Novak")) for _ in range(6)])
    assert desk.count(Case) == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["case"] == desk.rows(Case)[0].number
