"""What somebody's own cases wait for: tasks, times and messages, and nobody else's cases among them."""

import pytest

from app.insight import waiting
from app.insight.access import Viewer
from tests.engine.drawings import end, flows, gateway, start, user
from tests.stage import Stage, draw, form, text

TIMER = (
    '<intermediateCatchEvent id="pause" name="Until tomorrow"><timerEventDefinition><timeDuration>"PT20H"'
    "</timeDuration></timerEventDefinition></intermediateCatchEvent>"
)


@pytest.fixture
def walk(stage: Stage) -> Stage:
    """A process in which a task and a timer are waited for at once."""
    body = (
        start() + gateway("parallel", "g") + user("look") + TIMER + gateway("parallel", "j") + end()
        + flows("s g look j e", "g pause j")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look", text("title")))
    return stage


def found(stage: Stage, name: str, **more: int) -> list[waiting.Waiting]:
    """What this person's cases wait for."""
    with stage.parts.database.transaction() as session:
        return waiting.waiting(session, Viewer.of(stage.who(name)), **more)[0]


def test_it_says_what_is_waited_for(walk: Stage) -> None:
    case_id = walk.start(by="Chiara Ricci")
    [case] = found(walk, "Chiara Ricci")
    assert (case.id, case.asked, case.status) == (case_id, True, "running")
    assert [(wait.kind, wait.name.lower(), wait.assignee) for wait in case.waits] == [
        ("task", "look", ""), ("time", "pause", ""),
    ]  # fmt: skip
    assert case.waits[0].since is not None
    assert case.waits[1].due_at is not None


def test_others_have_cases_of_their_own(walk: Stage) -> None:
    walk.start(by="Chiara Ricci")
    assert found(walk, "Anna Novak") == [], "whoever may work on it has not asked for it"
    assert found(walk, "Marek Dvorak") == [], "nor has who may see everything"


def test_a_case_that_ended_waits_for_nothing(stage: Stage) -> None:
    stage.publish(draw("walk", start() + user("look") + end() + flows("s look e")), form("look", text("title")))
    stage.start(by="Anna Novak")
    stage.complete("look")
    assert found(stage, "Anna Novak") == []


def test_pages_follow_one_another(walk: Stage) -> None:
    ids = [walk.start(by="Chiara Ricci") for _ in range(3)]
    with walk.parts.database.transaction() as session:
        viewer = Viewer.of(walk.who("Chiara Ricci"))
        first, more = waiting.waiting(session, viewer, limit=2)
        second, end_ = waiting.waiting(session, viewer, before=more, limit=2)
    assert [case.id for case in (*first, *second)] == ids[::-1]
    assert end_ is None
