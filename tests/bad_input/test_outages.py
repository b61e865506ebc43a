"""PostgreSQL is stopped in the middle of a step: plain words, nothing half done, and the same task completes later."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text as sql

from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.domain.people import secrets
from app.domain.people.records import Team
from app.engine import background
from app.engine.records import Case, Evidence, Stimulus, Task
from app.errors import Unavailable
from app.operations import OperationContext
from tests.bad_input.test_requests import signed_in
from tests.engine.drawings import boundary, catch, end, extensions, flows, ref, service, start, timer, user
from tests.stage import Stage, draw, form, make_stage, text
from tests.web.api.conftest import problem

WALK = draw(
    "walk",
    start() + user("look", extensions(activity="ISRM-A1.2")) + service("act", "probe.act")
    + boundary("no", "act", ref("error")) + user("next") + end() + flows("s look act next e", "no e"),
    record="incident",
)  # fmt: skip
SOON = draw(
    "soon", start() + catch("wait", timer("PT0S")) + service("act", "probe.act") + end() + flows("s wait act e")
)

Stop = Callable[[OperationContext], None]


@pytest.fixture
def desk(new_cluster: Cluster, tmp_path: Path) -> Iterator[Stage]:
    """A service desk with a database server of its own, which the test may stop."""
    new_cluster.start()
    migrate(new_cluster.url())
    stage = make_stage(new_cluster.url(), tmp_path)
    stage.publish(WALK, SOON, form("look", text("title")), form("next"))
    stage.acts["act"] = lambda context: None
    yield stage
    stage.parts.database.close()


def stops_in_the_operation(cluster: Cluster) -> Stop:
    def act(context: OperationContext) -> None:
        context.session.add(Team(key="wayside", name="Wayside"))
        context.session.flush()
        cluster.halt()
        context.session.execute(sql("SELECT 1"))

    return act


def stops_after_the_operation(cluster: Cluster) -> Stop:
    def act(context: OperationContext) -> None:
        context.session.add(Team(key="wayside", name="Wayside"))
        context.session.flush()
        cluster.halt()

    return act


def cut_off_by_the_administrator(cluster: Cluster) -> Stop:
    """The server lives on, only this connection is ended."""

    def act(context: OperationContext) -> None:
        pid = context.session.scalar(sql("SELECT pg_backend_pid()"))
        with psycopg.connect(cluster.url().replace("+psycopg", ""), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [pid])
        context.session.execute(sql("SELECT 1"))

    return act


STOPS = [stops_in_the_operation, stops_after_the_operation, cut_off_by_the_administrator]


@pytest.mark.parametrize("stop", STOPS)
def test_a_task_completes_after_the_server_is_back(
    desk: Stage, new_cluster: Cluster, stop: Callable[[Cluster], Stop]
) -> None:
    case_id = desk.start(values={"title": "Storage is gone"})
    events = desk.events(case_id)
    task = desk.task("look")
    client, place = desk.api("Anna Novak"), f"/api/v1/tasks/{task.id}/complete"
    body, key = {"values": {"title": "Found"}, "version": task.version}, {"Idempotency-Key": "click-1"}
    desk.acts["act"] = stop(new_cluster)
    told = problem(client.post(place, json=body, headers=key), 503)
    assert told["title"] == "Please try again in a moment"
    assert told["detail"] == "The database does not answer. Nothing was stored; please try again."
    if stop is not cut_off_by_the_administrator:
        # Still away: all that is asked meanwhile hears the same, and the health check says so.
        problem(client.get(f"/api/v1/tasks/{task.id}"), 503)
        answer = client.get("/healthz")
        assert (answer.status_code, answer.json()["status"]) == (503, "database unreachable")
        page = desk.visitor().get("/sign-in", headers={"cookie": "stellwerk_session=x"})
        assert page.status_code == 503 and "<html" in page.text
        new_cluster.start()
    desk.acts["act"] = lambda context: None
    # Nothing of the interrupted step is there, …
    assert [(row.status, row.version) for row in desk.rows(Task)] == [("open", task.version)]
    assert desk.events(case_id) == events
    assert desk.record(case_id)["title"] == "Storage is gone"
    assert desk.rows(Team, Team.key == "wayside") == [] and desk.count(Evidence) == 0
    assert desk.case(case_id).status == "running"
    # … and the same request goes through.
    assert client.post(place, json=body, headers=key).status_code == 200
    assert desk.open(case_id) == ["next"]
    assert desk.count(Evidence) == 1


@pytest.mark.parametrize("stop", STOPS)
def test_a_timer_fires_after_the_server_is_back(
    desk: Stage, new_cluster: Cluster, stop: Callable[[Cluster], Stop]
) -> None:
    """A passing trouble is nobody's fault: the case is not stuck, the timer simply fires later."""
    case_id = desk.start("soon")
    desk.acts["act"] = stop(new_cluster)
    with pytest.raises(Unavailable):
        background.fire_due(desk.parts.engine)
    if stop is not cut_off_by_the_administrator:
        new_cluster.start()
    desk.acts["act"] = lambda context: None
    assert (desk.case(case_id).status, desk.count(Stimulus)) == ("running", 0)
    assert background.fire_due(desk.parts.engine) == 1
    assert desk.case(case_id).status == "completed"


def test_a_start_that_was_interrupted_leaves_no_case(desk: Stage, new_cluster: Cluster) -> None:
    body = start() + service("act", "probe.act") + user("look") + end() + flows("s act look e")
    desk.publish(draw("walk", body, record="incident"))
    client = desk.api("Anna Novak")
    desk.acts["act"] = stops_in_the_operation(new_cluster)
    problem(client.post("/api/v1/diagrams/walk/cases", json={}), 503)
    new_cluster.start()
    desk.acts["act"] = lambda context: None
    assert desk.count(Case) == 0
    assert client.post("/api/v1/diagrams/walk/cases", json={}).status_code == 201


def test_a_page_says_it_in_plain_words(desk: Stage, new_cluster: Cluster) -> None:
    desk.start()
    browser, secret = signed_in(desk, "Anna Novak")
    place = f"/work/tasks/{desk.task('look').id}"
    values = {"_csrf": secrets.csrf_token(secret), "_form": "complete", "title": "Found", "_version": "1"}
    desk.acts["act"] = stops_in_the_operation(new_cluster)
    answer = browser.post(place, data=values)
    assert answer.status_code == 503
    assert "Please try again in a moment" in answer.text
    new_cluster.start()
    desk.acts["act"] = lambda context: None
    assert [row.status for row in desk.rows(Task)] == ["open"]
    assert browser.post(place, data=values).status_code == 303
    assert desk.open() == ["next"]
