"""Files over the API: sent, kept with records, comments and answers, given out to their readers alone."""

from typing import Any

import pytest

from app.domain.journal.records import JournalEntry
from app.domain.records.records import Record, StoredFile
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, ask, draw, form
from tests.web.api.conftest import problem

CHIARA, ANNA, INES, SOFIA, PAUL = "Chiara Ricci", "Anna Novak", "Ines Duarte", "Sofia Lindqvist", "Paul Okafor"
FILES = "/api/v1/files"


def upload(content: bytes = b"a,b\n1,2\n", name: str = "table.csv") -> dict[str, Any]:
    return {"files": {"file": (name, content)}}


@pytest.fixture
def place(desk: Stage, case_id: int) -> str:
    """The address of a record that Chiara asked for."""
    return f"/api/v1/records/incident/{desk.record(case_id)['number']}"


def journal(desk: Stage) -> list[dict[str, Any]]:
    return [one.data for one in desk.rows(JournalEntry) if one.event == "file.added"]


def test_a_file_is_kept_with_a_record_and_given_out_to_who_may_know_of_it(desk: Stage, place: str) -> None:
    chiara = desk.api(CHIARA)
    made = chiara.post(f"{place}/files", **upload(name="../../etc/päss.csv")).json()
    assert (made["name"], made["size"], made["media_type"], len(made["sha256"])) == ("päss.csv", 8, "text/csv", 64)
    [kept] = journal(desk)
    assert kept["sha256"] == made["sha256"] and kept["file"] == int(made["id"])
    for name in (CHIARA, ANNA, PAUL):
        [shown] = desk.api(name).get(f"{place}/files").json()["items"]
        assert shown == made | {"sender": CHIARA}
        answer = desk.api(name).get(f"{FILES}/{made['id']}")
        assert answer.content == b"a,b\n1,2\n" and answer.headers["content-disposition"].startswith("attachment;")
        assert "sandbox" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
    sofia = desk.api(SOFIA)
    assert problem(sofia.get(f"{FILES}/{made['id']}"), 404) == problem(sofia.get(f"{FILES}/999999"), 404)
    problem(sofia.get(f"{place}/files"), 404)
    problem(sofia.post(f"{place}/files", **upload()), 404)
    problem(desk.api(PAUL).post(f"{place}/files", **upload()), 403)
    for wrong in ("²", "x", "9" * 30):
        problem(sofia.get(f"{FILES}/{wrong}"), 404)


def test_what_is_no_file_or_too_large_is_refused_and_a_key_keeps_one(
    desk: Stage, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna = desk.api(ANNA)
    limit = desk.parts.settings.upload_limit_mb
    for address in (FILES, f"{place}/files"):
        assert "empty" in problem(anna.post(address, **upload(b"")), 422)["fields"]["file"][0]
        assert list(problem(anna.post(address, json={}), 422)["fields"]) == ["file"]
        assert list(problem(anna.post(address, data={"file": "text"}), 422)["fields"]) == ["file"]
        large = anna.post(address, **upload(b"x" * (limit * 1_000_000 + 1)))
        assert "too large" in problem(large, 422)["fields"]["file"][0]
    assert desk.count(StoredFile) == 0
    key = {"Idempotency-Key": "one"}
    first, again = (anna.post(f"{place}/files", headers=key, **upload()).json() for _ in range(2))
    assert first == again and desk.count(StoredFile) == 1
    problem(anna.post(f"{place}/files", headers=key, **upload(b"other")), 409)


def test_a_file_that_was_sent_goes_with_a_comment_to_its_readers_and_nowhere_else(desk: Stage, place: str) -> None:
    anna, chiara, ines = (desk.api(name) for name in (ANNA, CHIARA, INES))
    sent = anna.post(FILES, **upload()).json()["id"]
    assert anna.get(f"{FILES}/{sent}").status_code == 200
    problem(ines.get(f"{FILES}/{sent}"), 404)
    for client in (ines, chiara):
        told = problem(client.post(f"{place}/comments", json={"body": "mine", "files": [sent]}), 422)
        assert list(told["fields"]) == ["files"], "it is Anna's alone"
    assert anna.get(f"{place}/comments").json()["items"] == [], "and nothing was said"
    said = anna.post(f"{place}/comments", json={"body": "Look", "files": [sent, sent]}).json()
    assert [one["id"] for one in said["files"]] == [sent]
    assert journal(desk)[0]["comment"] == int(said["id"])
    assert ines.get(f"{FILES}/{sent}").status_code == 200
    # A note is for those who work with the record, and so are its files.
    assert chiara.get(f"{place}/files").json()["items"] == []
    problem(chiara.get(f"{FILES}/{sent}"), 404)
    for wrong in (sent, "x", "²", "9" * 30, "999999"):
        told = problem(anna.post(f"{place}/comments", json={"body": "x", "files": [wrong]}), 422)
        assert list(told["fields"]) == ["files"]
    problem(anna.post(f"{place}/comments", json={"body": "x", "files": ["1"] * 21}), 422)
    assert anna.delete(f"{place}/comments/{said['id']}").status_code == 200
    problem(ines.get(f"{FILES}/{sent}"), 404)


def test_an_answer_of_a_form_names_a_file_that_was_sent(desk: Stage) -> None:
    walk = start() + user("look") + end() + flows("s look e")
    desk.publish(draw("walk", walk, record="incident"), form("look", ask("filepicker", "log")))
    case = desk.start()
    anna = desk.api(ANNA)
    sent = anna.post(FILES, **upload(b"%PDF-1.7", "report.pdf")).json()
    task = desk.task("look").id
    answer = anna.post(f"/api/v1/tasks/{task}/complete", json={"values": {"log": [sent["id"]]}})
    assert answer.status_code == 200, answer.text
    [record] = desk.rows(Record)
    [file] = desk.rows(StoredFile)
    assert (file.record_id, file.task_id, file.media_type) == (record.id, task, "application/pdf")
    number = desk.record(case)["number"]
    assert [one["id"] for one in anna.get(f"/api/v1/records/incident/{number}/files").json()["items"]] == [sent["id"]]
