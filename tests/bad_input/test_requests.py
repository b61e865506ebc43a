"""Requests that nobody should send: over the API and from pages, with nothing half done."""

import json
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.domain.people import secrets, sign_in
from app.domain.records.records import StoredFile
from app.engine.records import Case, Task
from app.engine.repair import edit_data
from app.web import csrf
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, ask, decision, draw, form, text
from tests.web.api.conftest import problem

DECIDE = (
    '<businessRuleTask id="rate" name="Find the priority"><extensionElements><sw:calledDecisionId>priority'
    "</sw:calledDecisionId></extensionElements></businessRuleTask>"
)


@pytest.fixture
def desk(stage: Stage) -> Stage:
    body = start() + user("look") + user("next") + end() + flows("s look next e")
    stage.publish(
        draw("walk", body, record="incident"),
        form("look", text("title"), ask("textarea", "description"), ask("filepicker", "log")), form("next"),
    )  # fmt: skip
    stage.start(values={"title": "Storage is gone"})
    return stage


def complete(desk: Stage, body: Any, name: str = "Anna Novak") -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return desk.api(name).post(
        f"/api/v1/tasks/{desk.task('look').id}/complete", content=content, headers={"content-type": "application/json"}
    )


def untouched(desk: Stage) -> None:
    [task] = desk.rows(Task)
    assert (task.status, task.version, desk.rows(Case)[0].version) == ("open", 1, desk.rows(Case)[0].version)
    assert desk.record(1)["description"] is None


# JSON ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [7, "text", None, [], [{"values": {}}], {"values": 7}, {"values": "text"}, {"values": [["title", "x"]]},
     {"values": {"title": 7}}, {"values": {"title": ["x"]}}, {"values": {"title": {"en": "x"}}},
     {"values": {"description": True}}, {"values": {"log": "x"}}, {"values": {"log": {"id": 1}}},
     {"values": {"title": "x"}, "version": "one"}, {"values": {"title": "x"}, "version": 1.5},
     {"values": {"title": "x"}, "version": []}],
)  # fmt: skip
def test_json_of_the_wrong_type(desk: Stage, body: Any) -> None:
    told = problem(complete(desk, body), 422)
    assert told["fields"]
    untouched(desk)


def test_a_text_of_five_megabytes(desk: Stage) -> None:
    told = problem(complete(desk, {"values": {"description": "x" * 5_000_000}}), 413)
    assert told["title"] == "This is too large"
    untouched(desk)
    # One that is smaller than a request may be, but longer than a field may be.
    told = problem(complete(desk, {"values": {"description": "x" * 900_000}}), 422)
    assert "at most" in told["fields"]["description"][0]
    untouched(desk)


def test_a_text_of_five_megabytes_on_a_page(desk: Stage) -> None:
    browser, secret = signed_in(desk, "Anna Novak")
    values = {"_csrf": secrets.csrf_token(secret), "_form": "complete", "description": "x" * 5_000_000}
    place = f"/work/tasks/{desk.task('look').id}"
    for files in (None, {"nothing": ("", b"")}):
        answer = browser.post(place, data=values, files=files)
        assert answer.status_code in (413, 422)
        assert "<html" in answer.text and "Traceback" not in answer.text
        untouched(desk)


def test_many_fields_and_files(desk: Stage) -> None:
    browser, secret = signed_in(desk, "Anna Novak")
    place = f"/work/tasks/{desk.task('look').id}"
    values: dict[str, Any] = {"_csrf": secrets.csrf_token(secret), "_form": "complete"}
    answer = browser.post(place, data={**values, **{f"field{n}": "x" for n in range(6000)}})
    assert answer.status_code in (400, 413, 422)
    many = [("log", (f"{n}.txt", b"x", "text/plain")) for n in range(60)]
    answer = browser.post(place, data=values, files=many)
    assert answer.status_code in (400, 413, 422)
    untouched(desk)
    assert desk.count(StoredFile) == 0


# Files ---------------------------------------------------------------------------------------------------------------


def signed_in(desk: Stage, name: str) -> tuple[TestClient, str]:
    with desk.parts.database.transaction() as session:
        secret = sign_in.open_session(session, desk.people[name], hours=12)
    return TestClient(desk.app, cookies={csrf.SESSION: secret}, follow_redirects=False), secret


@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../x", "x"), ("..\\..\\x.exe", "x.exe"), ("/etc/passwd", "passwd"), ("C:\\Windows\\x", "x"), ("..", "file"),
     (".htaccess", "htaccess"), ("a\u202etxt.exe", "atxt.exe"), ("con", "_con"), ("x" * 400 + ".txt", None)],
)  # fmt: skip
def test_a_file_that_is_named_like_a_path(desk: Stage, tmp_path: Path, name: str, kept: str | None) -> None:
    browser, secret = signed_in(desk, "Anna Novak")
    number = desk.record(1)["number"]
    before = sorted(str(path) for path in Path.cwd().glob("*"))
    answer = browser.post(
        f"/records/incident/{number}/files", data={"_csrf": secrets.csrf_token(secret)},
        files={"file": (name, b"#!/bin/sh\n", "text/html")},
    )  # fmt: skip
    assert answer.status_code == 303, answer.text
    [file] = desk.rows(StoredFile)
    assert file.name == kept or (kept is None and len(file.name) <= 150)
    assert sorted(str(path) for path in Path.cwd().glob("*")) == before
    answer = browser.get(f"/files/{file.id}")
    assert answer.content == b"#!/bin/sh\n"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["content-type"] in ("application/octet-stream", "text/plain; charset=utf-8")
    assert "sandbox" in answer.headers["content-security-policy"]
    assert signed_in(desk, "Sofia Lindqvist")[0].get(f"/files/{file.id}").status_code == 404


def test_a_file_without_content_or_too_large(desk: Stage) -> None:
    browser, secret = signed_in(desk, "Anna Novak")
    number = desk.record(1)["number"]
    for content in (b"", b"x" * 21_000_000):
        answer = browser.post(
            f"/records/incident/{number}/files", data={"_csrf": secrets.csrf_token(secret)},
            files={"file": ("a.txt", content)},
        )  # fmt: skip
        assert answer.status_code == 422
        assert desk.count(StoredFile) == 0


# Ids, tokens ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["", "/claim", "/release", "/reassign"])
def test_somebody_elses_task_on_pages(desk: Stage, verb: str) -> None:
    browser, secret = signed_in(desk, "Sofia Lindqvist")
    values = {"_csrf": secrets.csrf_token(secret), "_form": "complete", "title": "x", "to": "1"}
    for task_id in (str(desk.task("look").id), "999999", "9" * 30, "-1", "0x1", "\u0661", "%00"):
        assert browser.post(f"/work/tasks/{task_id}{verb}", data=values).status_code == 404
    untouched(desk)


@pytest.mark.parametrize(
    "place",
    ["/work/tasks/{}", "/cases/{}", "/records/incident/{}", "/records/{}", "/files/{}", "/start/{}", "/cases/{}/retry"],
)
def test_addresses_that_lead_nowhere_on_pages(desk: Stage, place: str) -> None:
    browser, _ = signed_in(desk, "Anna Novak")
    for name in ("9" * 30, "%00", "..%2f..%2fetc%2fpasswd", "\u202e", "x" * 3000, "'%20OR%201=1"):
        answer = browser.get(place.format(name))
        assert answer.status_code == 404, (place, name)
        assert "<html" in answer.text


def test_a_replayed_csrf_token(desk: Stage) -> None:
    """A token belongs to one session: neither to the one before nor to another person's."""
    browser, secret = signed_in(desk, "Anna Novak")
    old = secrets.csrf_token(secret)
    browser.post("/sign-out", data={"_csrf": old})
    again, fresh = signed_in(desk, "Anna Novak")
    other, others = signed_in(desk, "Ben Osei")
    place = f"/work/tasks/{desk.task('look').id}/claim"
    for client, token in (
        (again, old), (other, old), (again, secrets.csrf_token(others)), (again, ""), (again, "x" * 100_000),
        (again, secrets.csrf_token("")),
    ):  # fmt: skip
        answer = client.post(place, data={"_csrf": token})
        assert answer.status_code == 403
        assert "nothing was stored" in answer.text
    answer = again.post(place, data={"_csrf": secrets.csrf_token(fresh)}, headers={"origin": "https://evil.example"})
    assert answer.status_code == 403
    assert browser.post(place, data={"_csrf": old}).status_code in (303, 401, 403)
    untouched(desk)
    assert again.post(place, data={"_csrf": secrets.csrf_token(fresh)}).status_code == 303


# Diagrams that cannot go on ------------------------------------------------------------------------------------------


def test_a_decision_without_a_match_names_itself(stage: Stage) -> None:
    body = start() + user("look") + DECIDE + user("next") + end() + flows("s look rate next e")
    stage.publish(
        draw("walk", body), decision("priority", {'"high"': "P1", '"low"': "P4"}), form("look", text("level")),
        form("next"),
    )  # fmt: skip
    case_id = stage.start()
    answer = complete(stage, {"values": {"level": "purple"}})
    assert (answer.status_code, answer.json()["status"]) == (200, "stuck")
    case = stage.case(case_id)
    assert case.stuck_element == "rate"
    assert case.stuck_message is not None and "priority" in case.stuck_message
    # The person's answer is kept, and with another value the case goes on.
    assert stage.task("look", "done").completed_by_id == stage.people["Anna Novak"]
    stage.mend(edit_data, case_id, "Ines Duarte", {"level": "low"}, "There is no purple")
    assert stage.open() == ["next"]
