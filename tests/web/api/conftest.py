"""A service desk whose API is used."""

from typing import Any

import pytest

from tests.engine.drawings import end, extensions, flows, named, ref, service, start, user
from tests.stage import STAFF, Stage, ask, draw, form, text

ASKS = f'<startEvent id="s">{extensions(form="report")}</startEvent>'


@pytest.fixture
def desk(stage: Stage) -> Stage:
    """Diagrams: `walk` has a record and work for the staff, `closed` is for the staff alone, `alarm` starts by message.

    An operation stands behind `look`; it does what `stage.acts["act"]` says.
    """
    look = user("look", extensions(guidance="Look **closely**.", activity="ISRM-A1.2"))
    message = named("message", "alert.raised")
    stage.publish(
        draw("walk", ASKS + look + service("act", "probe.act") + user("next") + end() + flows("s look act next e"),
             record="incident", blueprint="ISRM-01"),
        draw("closed", start() + user("next") + end() + flows("s next e"), start_roles=STAFF),
        draw("alarm", start("s", ref("message", "alert.raised")) + user("next") + end() + flows("s next e"),
             beside=message),
        form("report", text("title", required=True), ask("textarea", "description")),
        form("look", text("title", required=True), ask("textarea", "diagnosis"), ask("number", "cost")),
        form("next"),
    )  # fmt: skip
    stage.acts["act"] = lambda context: None
    return stage


@pytest.fixture
def case_id(desk: Stage) -> int:
    """A case that Chiara Ricci asked for."""
    return desk.start(by="Chiara Ricci", values={"title": "Storage is gone"})


def number(stage: Stage, case_id: int) -> str:
    """The number of a case."""
    return str(stage.case(case_id).number)


def problem(answer: Any, status: int) -> dict[str, Any]:
    """The problem details of an answer; they must be complete."""
    assert answer.status_code == status, f"{answer.status_code}: {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["status"] == status and told["title"] and told["type"] == "about:blank"
    return told
