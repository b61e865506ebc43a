"""Cases over the API: lists, one case, its journal, retry and cancel."""

from functools import partial
from typing import Any

import pytest

from app.engine import unstored
from app.engine.records import Case
from app.operations import OperationContext
from tests.at_once import at_once
from tests.engine.drawings import end, flows, service, start, user
from tests.stage import Stage, draw
from tests.web.api.conftest import number, problem

CASES = "/api/v1/cases"


def pages(client: Any, address: str, limit: int) -> list[list[dict[str, Any]]]:
    """Follow the cursors of a list to its end."""
    found, after = [], ""
    while True:
        answer = client.get(f"{address}{'&' if '?' in address else '?'}limit={limit}{after}")
        assert answer.status_code == 200, answer.text
        found.append(answer.json()["items"])
        if answer.json()["next"] is None:
            return found
        after = f"&after={answer.json()['next']}"


def test_the_list_holds_what_you_may_know_of(desk: Stage, case_id: int) -> None:
    other = desk.start("closed")

    def seen(name: str) -> list[str]:
        return [case["number"] for case in desk.api(name).get(CASES).json()["items"]]

    both = [number(desk, other), number(desk, case_id)]
    assert seen("Anna Novak") == seen("Ines Duarte") == seen("Paul Okafor") == seen("Marek Dvorak") == both
    assert seen("Chiara Ricci") == [number(desk, case_id)]
    assert seen("Sofia Lindqvist") == []


def test_filters_and_cursors(desk: Stage) -> None:
    for place in range(5):
        desk.start(by="Chiara Ricci", values={"title": f"Storage {place}"})
    desk.start("closed")
    client = desk.api("Anna Novak")
    found = pages(client, CASES, 2)
    assert [len(page) for page in found] == [2, 2, 2]
    numbers = [case["number"] for page in found for case in page]
    assert numbers == [case.number for case in reversed(desk.rows(Case))]
    assert [len(page) for page in pages(client, CASES, 6)] == [6]
    assert [case["diagram"] for case in client.get(f"{CASES}?diagram=closed").json()["items"]] == ["closed"]
    assert client.get(f"{CASES}?status=stuck").json() == {"items": [], "next": None}
    assert len(client.get(f"{CASES}?status=running").json()["items"]) == 6
    record = desk.record(desk.rows(Case)[0].id)["number"]
    [case] = client.get(f"{CASES}?record={record}").json()["items"]
    assert (case["record"], case["title"]) == (record, "Storage 0")


@pytest.mark.parametrize(
    ("query", "field"),
    [("limit=0", "limit"), ("limit=201", "limit"), ("limit=x", "limit"), ("after=x", "after"),
     ("after=%00", "after"), ("after=LTE=", "after"), ("after=" + "OTk5" * 20, "after"),
     ("after=MTIgMw==", "after"), ("after=%F0%9F%98%80", "after")],
)  # fmt: skip
@pytest.mark.parametrize("address", [CASES, "/api/v1/tasks", "/api/v1/records/incident", "journal"])
def test_what_a_list_does_not_understand(desk: Stage, case_id: int, address: str, query: str, field: str) -> None:
    if address == "journal":
        address = f"{CASES}/{number(desk, case_id)}/journal"
    told = problem(desk.api("Anna Novak").get(f"{address}?{query}"), 422)
    assert list(told["fields"]) == [field]


@pytest.mark.parametrize("address", [CASES, "/api/v1/tasks"])
def test_a_status_that_does_not_exist(desk: Stage, address: str) -> None:
    assert list(problem(desk.api("Anna Novak").get(f"{address}?status=nonsense"), 422)["fields"]) == ["status"]


def test_one_case(desk: Stage, case_id: int) -> None:
    case = desk.case(case_id)
    assert desk.api("Chiara Ricci").get(f"{CASES}/{case.number}").json() == {
        "number": case.number, "title": "Storage is gone", "diagram": "walk", "diagram_version": 1,
        "area": "incidents", "status": "running", "record": desk.record(case_id)["number"],
        "started_at": case.started_at.isoformat().replace("+00:00", "Z"), "ended_at": None, "end_event": None,
        "stuck": None, "kept": [], "remedies": [],
    }  # fmt: skip


def test_the_journal_is_a_chain_that_can_be_followed(desk: Stage, case_id: int) -> None:
    desk.complete("look", title="Storage is gone", diagnosis="A cable")
    client, address = desk.api("Anna Novak"), f"{CASES}/{number(desk, case_id)}/journal"
    lines = client.get(address).json()["items"]
    assert [line["position"] for line in lines] == list(range(1, len(lines) + 1))
    assert len(lines) == desk.case(case_id).journal_length
    assert lines[-1]["hash"] == desk.case(case_id).journal_head.hex()
    [done] = [line for line in lines if line["event"] == "task.completed"]
    assert done["actor"] == "Anna Novak" and done["element"] == "look"
    assert done["payload"] == {"values": {"title": "Storage is gone", "diagnosis": "A cable"}}
    assert [line for page in pages(client, address, 2) for line in page] == lines


def test_the_journal_is_not_for_those_who_merely_asked(desk: Stage, case_id: int) -> None:
    """What staff write for each other stands in it."""
    desk.complete("look", title="Storage is gone", diagnosis="The caller sits on the cable")
    client = desk.api("Chiara Ricci")
    told = problem(client.get(f"{CASES}/{number(desk, case_id)}/journal"), 403)
    assert "cable" not in str(told)
    for address in (CASES, f"{CASES}/{number(desk, case_id)}", "/api/v1/tasks?status=done"):
        assert "sits on" not in client.get(address).text


def broken(context: OperationContext) -> None:
    raise RuntimeError("disk full")


def test_retry_and_cancel_of_a_stuck_case(desk: Stage, case_id: int) -> None:
    desk.acts["act"] = broken
    answer = desk.api("Anna Novak").post(f"/api/v1/tasks/{desk.task('look').id}/complete", json={"values": {
        "title": "x"
    }})  # fmt: skip
    assert answer.json()["status"] == "stuck"
    ines, address = desk.api("Ines Duarte"), f"{CASES}/{number(desk, case_id)}"
    assert ines.get(address).json()["stuck"] == {"element": "act", "message": "RuntimeError: disk full"}
    for body, field in (({"reason": " "}, "reason"), ({}, "reason"), ({"reason": "x" * 2001}, "reason"),
                        ({"reason": "x\x00"}, "reason"), ({"reason": "x", "more": 1}, "more")):  # fmt: skip
        assert list(problem(ines.post(f"{address}/retry", json=body), 422)["fields"]) == [field]
    assert ines.post(f"{address}/retry", json={"reason": "Perhaps"}).json()["status"] == "stuck"
    desk.acts["act"] = lambda context: None
    answer = ines.post(f"{address}/retry", json={"reason": "The disk was replaced"})
    assert (answer.status_code, answer.json()["status"]) == (200, "running")
    assert answer.json()["new_tasks"] == [str(desk.task("next").id)]
    problem(ines.post(f"{address}/retry", json={"reason": "Again"}), 409)
    answer = ines.post(f"{address}/cancel", json={"reason": "Reported twice"})
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    problem(ines.post(f"{address}/cancel", json={"reason": "Again"}), 409)
    assert ines.get(address).json()["stuck"] is None


def test_only_what_can_work_is_offered_and_the_rest_is_refused(desk: Stage, case_id: int) -> None:
    ines, address = desk.api("Ines Duarte"), f"{CASES}/{number(desk, case_id)}"
    assert ines.get(address).json()["remedies"] == ["cancel"]
    assert desk.api("Anna Novak").get(address).json()["remedies"] == []
    desk.acts["act"] = broken
    desk.complete("look", title="x")
    assert ines.get(address).json()["remedies"] == ["retry", "data", "skip", "cancel"]
    for body, field in (({"reason": "x"}, "data"), ({"reason": "x", "data": []}, "data"), ({"data": {}}, "reason")):
        assert field in problem(ines.post(f"{address}/data", json=body), 422)["fields"]
    answer = ines.post(f"{address}/data", json={"reason": "A word is missing", "data": {"title": "Storage"}})
    assert (answer.status_code, answer.json()["status"]) == (200, "stuck")
    assert ines.post(f"{address}/skip", json={"reason": "Done by hand"}).json()["status"] == "running"
    told = problem(ines.post(f"{address}/skip", json={"reason": "Done by hand"}), 409)
    assert "is not stuck" in told["detail"]
    # What could not be stored leaves no element behind that could be skipped.
    unstored.remember(desk.parts.engine, case_id, unstored.TIMER, {"element": "next"}, RuntimeError("disk full"))
    assert ines.get(address).json()["remedies"] == ["retry", "cancel"]
    for way, body in (("skip", {}), ("data", {"data": {}})):
        answer = ines.post(f"{address}/{way}", json={"reason": "x"} | body)
        assert "stuck at no element" in problem(answer, 409)["detail"]
    assert ines.post(f"{address}/retry", json={"reason": "The disk is back"}).json()["status"] == "running"


def test_two_people_mend_the_same_case_at_the_same_time(desk: Stage) -> None:
    body = start() + service("act", "probe.act", name="'broken'") + user("next") + end() + flows("s act next e")
    desk.publish(draw("walk", body))
    desk.acts["broken"] = broken
    case_id = desk.start()
    desk.acts["broken"] = lambda context: None

    def retry(client: Any) -> int:
        answer = client.post(f"{CASES}/{number(desk, case_id)}/retry", json={"reason": "because"})
        return int(answer.status_code)

    answers = at_once(*[partial(retry, desk.api(name)) for name in ("Ines Duarte", "Marek Dvorak") * 2])
    assert sorted(answers) == [200, 409, 409, 409]
    assert desk.open() == ["next"]
