"""The system's lines and the anchors over the API."""

from typing import Any

import pytest

from app.domain.journal import anchors, system
from tests.stage import Stage
from tests.web.api.conftest import problem

PATH = "/api/v1/journal"


@pytest.fixture
def noted(stage: Stage) -> Stage:
    """Four lines about three subjects, and an anchor after each."""
    with stage.parts.database.transaction() as session:
        for subject, actor in (("settings", None), ("person:99", 2), ("role:x.y", None), ("settings", 2)):
            system.note(session, "settings.changed", subject=subject, actor_id=actor, data={"n": 1}, payload={"a": "b"})
            anchors.write(session)
    return stage


def items(stage: Stage, address: str, name: str = "Paul Okafor") -> list[dict[str, Any]]:
    answer = stage.api(name).get(address)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def test_lines_are_listed_newest_first(noted: Stage) -> None:
    found = [line for line in items(noted, PATH) if line["subject"] not in ("anchors",)]
    changes = [line for line in found if line["event"] == "settings.changed"]
    assert [line["subject"] for line in changes] == ["settings", "role:x.y", "person:99", "settings"]
    assert changes[0] | {"at": "", "hash": ""} == {
        "subject": "settings", "position": 2, "at": "", "event": "settings.changed", "actor": "Ben Osei",
        "data": {"n": 1}, "payload": {"a": "b"}, "hash": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "subjects"),
    [
        ("subject=settings", ["settings", "settings"]),
        ("subject=role:x.", []),
        ("subject=role:x.y", ["role:x.y"]),
        ("person=99", ["person:99"]),
        ("person=2&subject=settings", ["settings"]),
        ("since=2999-01-01T00:00:00Z", []),
        ("until=2001-01-01T00:00:00Z", []),
    ],
)
def test_lines_can_be_filtered(noted: Stage, asked: str, subjects: list[str]) -> None:
    assert [line["subject"] for line in items(noted, f"{PATH}?{asked}")] == subjects


def test_a_kind_of_subjects_can_be_asked_for(noted: Stage) -> None:
    subjects = [line["subject"] for line in items(noted, f"{PATH}?subject=role:")]
    assert "role:x.y" in subjects
    assert all(subject.startswith("role:") for subject in subjects)


def test_the_list_goes_on(noted: Stage) -> None:
    client, seen, address = noted.api("Marek Dvorak"), [], f"{PATH}?limit=3&person=2"
    first = client.get(f"{PATH}?limit=1&subject=settings").json()
    second = client.get(f"{PATH}?limit=1&subject=settings&after={first['next']}").json()
    assert [first["items"][0]["position"], second["items"][0]["position"], second["next"]] == [2, 1, None]
    seen = client.get(address).json()["items"]
    assert {line["actor"] for line in seen} == {"Ben Osei"}


def test_anchors_come_with_the_line_that_proves_them(noted: Stage) -> None:
    found = items(noted, f"{PATH}/anchors")
    assert [anchor["position"] for anchor in found] == [4, 3, 2, 1]
    assert [anchors.read_line(anchor["line"]).position for anchor in found] == [4, 3, 2, 1]
    part = noted.api("Paul Okafor").get(f"{PATH}/anchors?limit=3").json()
    rest = noted.api("Paul Okafor").get(f"{PATH}/anchors?limit=3&after={part['next']}").json()
    assert ([anchor["position"] for anchor in rest["items"]], rest["next"]) == ([1], None)


@pytest.mark.parametrize("asked", ["since=soon", "since=2026-01-01T00:00:00", "person=0", "limit=0", "after=x"])
def test_what_cannot_be_read_is_refused(noted: Stage, asked: str) -> None:
    problem(noted.api("Paul Okafor").get(f"{PATH}?{asked}"), 422)


@pytest.mark.parametrize("address", [PATH, f"{PATH}/anchors"])
def test_others_may_not_read(noted: Stage, address: str) -> None:
    problem(noted.api("Ines Duarte").get(address), 403)
