"""Tasks over the API: lists, one with its form, claim, release, complete."""

from functools import partial
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.domain.records import files
from app.domain.records.records import StoredFile
from app.engine.records import Case, Evidence
from app.errors import BusinessError
from app.operations import OperationContext
from tests.at_once import at_once
from tests.engine.drawings import end, flows, gateway, start, user
from tests.stage import Stage, ask, draw, form
from tests.web.api.conftest import number, problem
from tests.web.api.test_cases import pages

TASKS = "/api/v1/tasks"


def address(stage: Stage, element: str = "look", verb: str = "") -> str:
    return f"{TASKS}/{stage.task(element).id}" + (f"/{verb}" if verb else "")


def test_the_list_holds_what_you_may_know_of(desk: Stage, case_id: int) -> None:
    task = desk.task("look")
    other = desk.start("closed")
    ids = [str(task.id), str(desk.task("next").id)]

    def seen(name: str, query: str = "") -> list[str]:
        return [item["id"] for item in desk.api(name).get(f"{TASKS}{query}").json()["items"]]

    assert seen("Anna Novak") == seen("Paul Okafor") == seen("Ines Duarte") == ids
    assert seen("Chiara Ricci") == ids[:1]
    assert seen("Sofia Lindqvist") == []
    assert seen("Anna Novak", "?scope=mine") == [] and seen("Anna Novak", "?scope=offered") == ids
    desk.api("Anna Novak").post(address(desk, verb="claim"))
    assert seen("Anna Novak", "?scope=mine") == ids[:1] and seen("Anna Novak", "?scope=offered") == ids[1:]
    assert seen("Ben Osei", "?scope=offered") == ids[1:]
    assert seen("Anna Novak", f"?case={number(desk, other)}") == ids[1:]
    assert seen("Anna Novak", "?status=done") == []
    desk.complete("look", title="x")
    assert seen("Anna Novak", "?status=done") == ids[:1]
    problem(desk.api("Anna Novak").get(f"{TASKS}?scope=theirs"), 422)


def test_cursors(desk: Stage) -> None:
    for _ in range(5):
        desk.start("closed")
    found = pages(desk.api("Anna Novak"), TASKS, 2)
    assert [len(page) for page in found] == [2, 2, 1]
    assert [item["id"] for page in found for item in page] == [str(task.id) for task in desk.tasks()]


def test_one_task_with_its_form(desk: Stage, case_id: int) -> None:
    told = desk.api("Anna Novak").get(address(desk)).json()
    task = desk.task("look")
    assert {name: told[name] for name in ("id", "case", "element", "status", "role", "assignee", "version")} == {
        "id": str(task.id), "case": number(desk, case_id), "element": "look", "status": "open",
        "role": "incidents.process_staff", "assignee": None, "version": 1,
    }  # fmt: skip
    assert told["guidance"] == "Look **closely**."
    assert told["values"] == {"title": "Storage is gone"}
    Draft202012Validator.check_schema(told["form"])
    validator = Draft202012Validator(told["form"])
    assert validator.is_valid({"title": "x", "cost": 5})
    assert not validator.is_valid({"title": "x", "cost": "much"})
    assert not validator.is_valid({"cost": 5})


def test_who_has_no_part_in_the_work_does_not_see_what_its_form_holds(desk: Stage, case_id: int) -> None:
    told = desk.api("Chiara Ricci").get(address(desk)).json()
    assert (told["form"], told["values"], told["guidance"]) == (None, {}, "")
    assert told["name"] == "look"
    for name in ("Ines Duarte", "Paul Okafor", "Ben Osei"):
        assert desk.api(name).get(address(desk)).json()["form"] is not None


def test_claim_and_release(desk: Stage, case_id: int) -> None:
    anna, ben = desk.api("Anna Novak"), desk.api("Ben Osei")
    answer = anna.post(address(desk, verb="claim"))
    assert answer.json()["assignee"] == str(desk.people["Anna Novak"])
    assert answer.json()["version"] == desk.task("look").version == 2
    assert anna.post(address(desk, verb="claim")).json()["version"] == 2
    for verb in ("claim", "release"):
        assert "Somebody else" in problem(ben.post(address(desk, verb=verb)), 409)["detail"]
    told = problem(ben.post(address(desk, verb="complete"), json={"values": {"title": "x"}}), 409)
    assert "Somebody else" in told["detail"]
    answer = anna.post(address(desk, verb="release"))
    assert (answer.json()["assignee"], answer.json()["version"]) == (None, 3)
    assert ben.post(address(desk, verb="claim")).status_code == 200


def test_a_task_meant_for_one_person_is_not_released(desk: Stage) -> None:
    desk.publish(draw("walk", start() + user("look") + end() + flows("s look e"), lane="case.requester"))
    desk.start(by="Chiara Ricci")
    told = problem(desk.api("Chiara Ricci").post(address(desk, verb="release")), 409)
    assert "meant for you alone" in told["detail"]
    assert desk.task("look").assignee_id == desk.people["Chiara Ricci"]


def test_completing(desk: Stage, case_id: int) -> None:
    answer = desk.api("Anna Novak").post(
        address(desk, verb="complete"), json={"values": {"title": "Found", "cost": 2.5}, "version": 1}
    )
    assert answer.status_code == 200
    following = str(desk.task("next").id)
    assert answer.json() == {
        "case": number(desk, case_id), "status": "running", "record": str(desk.case(case_id).record_id),
        "new_tasks": [following], "next_task": following,
    }  # fmt: skip
    assert desk.record(case_id)["cost"] == 2.5
    assert desk.count(Evidence) == 1


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"values": {}}, ["title"]),
        ({"values": {"title": "x", "cost": "much"}}, ["cost"]),
        ({"values": {"title": "x", "cost": True, "wrong": 1}}, ["cost", "wrong"]),
        ({"values": {"title": {"a": 1}}}, ["title"]),
        ({"values": {"title": "x" * 500}}, ["title"]),
        ({"values": {"title": "x"}, "version": "1"}, ["version"]),
        ({"values": {"title": "x"}, "version": True}, ["version"]),
        ({"values": {"title": "x"}, "extra": 1}, ["extra"]),
    ],
)
def test_answers_that_do_not_fit(desk: Stage, case_id: int, body: Any, fields: list[str]) -> None:
    told = problem(desk.api("Anna Novak").post(address(desk, verb="complete"), json=body), 422)
    assert sorted(told["fields"]) == sorted(fields)
    assert desk.open(case_id) == ["look"]


def test_a_stale_version(desk: Stage, case_id: int) -> None:
    client = desk.api("Anna Novak")
    client.post(address(desk, verb="claim"))
    told = problem(client.post(address(desk, verb="complete"), json={"values": {"title": "x"}, "version": 1}), 409)
    assert "changed after you opened it" in told["detail"]
    answer = client.post(address(desk, verb="complete"), json={"values": {"title": "x"}, "version": 2})
    assert answer.status_code == 200


def test_completing_twice(desk: Stage, case_id: int) -> None:
    anna, place = desk.api("Anna Novak"), address(desk, verb="complete")
    body = {"values": {"title": "x"}}
    assert anna.post(place, json=body).status_code == 200
    for name in ("Anna Novak", "Ben Osei"):
        assert "completed before" in problem(desk.api(name).post(place, json=body), 409)["detail"]
    assert desk.count(Evidence) == 1


def test_completing_twice_with_the_same_key_is_completing_once(desk: Stage, case_id: int) -> None:
    anna, place = desk.api("Anna Novak"), address(desk, verb="complete")
    body, key = {"values": {"title": "x"}}, {"Idempotency-Key": "click-1"}
    first, again = anna.post(place, json=body, headers=key), anna.post(place, json=body, headers=key)
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    problem(anna.post(place, json={"values": {"title": "y"}}, headers=key), 409)
    problem(desk.api("Ben Osei").post(place, json=body, headers=key), 409)  # his key is another one


def test_a_double_click(desk: Stage, case_id: int) -> None:
    """The same request twice at the same moment, with and without a key."""
    for headers, expected in (({"Idempotency-Key": "click-1"}, [200] * 4), ({}, [200, 409, 409, 409])):
        desk.start(by="Chiara Ricci", values={"title": "x"})
        place = address(desk, verb="complete")

        def click(client: Any, place: str = place, headers: Any = headers) -> int:
            return int(client.post(place, json={"values": {"title": "x"}}, headers=headers).status_code)

        answers = at_once(*[partial(click, desk.api("Anna Novak")) for _ in range(4)])
        assert sorted(answers) == expected
    assert desk.count(Evidence) == 2


def test_somebody_elses_task_id(desk: Stage, case_id: int) -> None:
    """Whoever may not know of a task hears the same as about one that does not exist, and nothing happens to it."""
    sofia = desk.api("Sofia Lindqvist")
    for verb, body in (("claim", None), ("release", None), ("complete", {"values": {"title": "x"}})):
        theirs = problem(sofia.post(address(desk, verb=verb), json=body), 404)
        nobodys = problem(sofia.post(f"{TASKS}/999999/{verb}", json=body), 404)
        assert theirs == nobodys
    assert problem(sofia.get(address(desk)), 404) == problem(sofia.get(f"{TASKS}/999999"), 404)
    # Who asked for it may know of it, and still not do it.
    for verb, body in (("claim", None), ("release", None), ("complete", {"values": {"title": "x"}})):
        problem(desk.api("Chiara Ricci").post(address(desk, verb=verb), json=body), 403)
    task = desk.task("look")
    assert (task.status, task.version, task.assignee_id) == ("open", 1, None)


def test_a_rule_that_says_no_leaves_the_task_open(desk: Stage, case_id: int) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("incident.already_closed", "This incident is closed.")

    desk.acts["act"] = refuse
    told = problem(desk.api("Anna Novak").post(address(desk, verb="complete"), json={"values": {"title": "x"}}), 422)
    assert (told["code"], told["detail"]) == ("incident.already_closed", "This incident is closed.")
    assert desk.open(case_id) == ["look"]


def test_a_withdrawn_task(desk: Stage) -> None:
    body = (
        start() + gateway("parallel", "g") + user("look") + user("next")
        + '<endEvent id="e"><terminateEventDefinition/></endEvent>' + end("f") + flows("s g look e", "g next f")
    )  # fmt: skip
    desk.publish(draw("closed", body))
    desk.start("closed")
    place = address(desk, "next", "complete")
    desk.complete("look", title="x")
    told = problem(desk.api("Anna Novak").post(place, json={"values": {}}), 409)
    assert "withdrawn" in told["detail"]


def test_a_file_of_somebody_else_cannot_be_taken(desk: Stage) -> None:
    desk.publish(
        draw("walk", start() + user("look") + end() + flows("s look e"), record="incident"),
        form("look", ask("filepicker", "log", multiple=True)),
    )
    desk.start()
    with desk.parts.database.transaction() as session:
        secret = files.store_file(session, b"secret", "s.txt", limit_mb=1, uploaded_by_id=desk.people["Ines Duarte"])
    client = desk.api("Anna Novak")
    for wrong in ([str(secret.id)], ["../../x"], ["²"], ["9" * 30], [secret.id], "x", [["1"]]):
        told = problem(client.post(address(desk, verb="complete"), json={"values": {"log": wrong}}), 422)
        assert list(told["fields"]) == ["log"]
    assert desk.rows(StoredFile)[0].record_id is None
    assert {case.status for case in desk.rows(Case)} == {"running"}
