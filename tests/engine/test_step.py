"""One step is one transaction: state, record, work list, timers, evidence, journal and jobs, together or not at all."""

import pytest
from sqlalchemy import text as sql

from app.domain.people.records import Team
from app.domain.records import files
from app.engine.records import Case, Evidence, Message, Subscription, Task, Timer
from app.errors import BusinessError, Invalid
from app.operations import OperationContext
from tests.engine.drawings import (
    boundary,
    catch,
    end,
    extensions,
    flows,
    gateway,
    named,
    ref,
    service,
    start,
    timer,
    user,
)
from tests.stage import MANAGER, TEAMS, Stage, ask, draw, form, text

LOOK = form("look", text("title"), ask("number", "cost", variable=""), text("grade"))
# After `look`: an operation, and then everything a case can wait for at once.
EVERYTHING = draw(
    "walk",
    start() + user("look", extensions(activity="ISRM-A1.2", requirement="PR9.1", evidence="report"))
    + service("act", "probe.act", "answer") + gateway("parallel", "g") + user("next") + boundary("late", "next",
    timer("PT1H")) + catch("reply", ref("message", "information.provided"), key="case.number")
    + service("outside", "probe.act_outside") + end("e")
    + flows("s look act g next e", "g reply e", "g outside e", "late e"),
    beside=named("message", "information.provided"),
    record="incident",
)  # fmt: skip


@pytest.fixture
def waiting(stage: Stage) -> Stage:
    """A case that waits for somebody to look at it."""
    stage.publish(EVERYTHING, LOOK, form("next"))
    stage.acts["act"] = lambda context: "done"
    stage.start()
    return stage


def jobs(stage: Stage) -> list[tuple[str, str]]:
    with stage.parts.database.transaction() as session:
        return [tuple(row) for row in session.execute(sql("SELECT task_name, status FROM procrastinate_jobs"))]


def founded(stage: Stage) -> list[str]:
    """The teams that operations have made."""
    return [team.key for team in stage.rows(Team, Team.key.not_in(TEAMS))]


def everything(stage: Stage) -> dict[str, object]:
    """What a step may change, as far as it can be compared."""
    [case] = stage.rows(Case)
    with stage.parts.database.transaction() as session:
        state = session.execute(sql("SELECT state FROM process_case")).scalar_one()
        journal = session.execute(sql("SELECT count(*) FROM journal_entry")).scalar_one()
    tasks = [(task.element, task.status, task.version) for task in stage.rows(Task)]
    rows = [stage.count(model) for model in (Timer, Subscription, Evidence, Message, Team)]
    return {
        "case": (case.status, case.version, state, case.journal_length), "journal": journal, "tasks": tasks,
        "rows": rows, "jobs": jobs(stage), "record": stage.record(case.id),
    }  # fmt: skip


def test_everything_is_stored_together(waiting: Stage) -> None:
    outcome = waiting.complete("look", title="Storage is gone", cost=40, grade="P2")
    case = waiting.case(outcome.case.id)
    assert (case.status, case.title) == ("running", "Storage is gone")
    assert waiting.open() == ["next"]
    assert waiting.record(case.id)["title"] == "Storage is gone"
    assert waiting.record(case.id)["cost"] == 40  # no attribute of an incident, so it is kept as a custom value
    assert [row.element for row in waiting.rows(Timer)] == ["late"]
    assert [(row.element, row.name, row.key) for row in waiting.rows(Subscription)] == [
        ("reply", "information.provided", case.number)
    ]
    assert ("engine.operation", "todo") in jobs(waiting)
    done = waiting.task("look", "done")
    assert (done.completed_by_id, done.assignee_id) == (waiting.people["Anna Novak"],) * 2
    assert waiting.events(case.id) == [
        "case.started@s", "element.completed@s", "task.opened@look", "task.completed@look", "element.completed@act",
        "element.completed@g", "task.opened@next",
    ]  # fmt: skip
    assert waiting.payload(case.id, "task.completed")["values"] == {
        "title": "Storage is gone", "cost": 40, "grade": "P2"
    }  # fmt: skip


def test_evidence_is_written_for_each_identifier(waiting: Stage) -> None:
    waiting.complete("look", title="Storage is gone")
    rows = waiting.rows(Evidence)
    assert [(row.identifier, row.element, row.kind, row.diagram_version) for row in rows] == [
        ("ISRM-A1.2", "look", "report", 1), ("PR9.1", "look", "report", 1)
    ]  # fmt: skip
    [case] = waiting.rows(Case)
    for row in rows:
        assert (row.case_id, row.record_id) == (case.id, case.record_id)
        assert row.person_id == waiting.people["Anna Novak"]
        assert len(row.values_hash) == 64
    waiting.complete("next")
    assert len(waiting.rows(Evidence)) == 2


def broken_commit(context: OperationContext) -> str:
    """Let the commit itself fail: a deferred constraint is checked there."""
    context.session.execute(sql("CREATE TEMPORARY TABLE IF NOT EXISTS twice (n int)"))
    context.session.execute(sql("DROP TABLE IF EXISTS twice"))
    context.session.execute(
        sql("CREATE TEMPORARY TABLE twice (n int UNIQUE DEFERRABLE INITIALLY DEFERRED) ON COMMIT DROP")
    )
    context.session.execute(sql("INSERT INTO twice VALUES (1), (1)"))
    return "done"


def test_nothing_is_stored_when_the_commit_fails(waiting: Stage) -> None:
    before = everything(waiting)
    waiting.acts["act"] = broken_commit
    with pytest.raises(Exception, match="twice"):
        waiting.complete("look", title="Storage is gone")
    assert everything(waiting) == before
    waiting.acts["act"] = lambda context: "done"
    waiting.complete("look", title="Storage is gone")
    assert waiting.open() == ["next"]


def test_nothing_is_stored_when_the_answers_do_not_fit(waiting: Stage) -> None:
    before = everything(waiting)
    for values in ({"title": ["no text"]}, {"unknown": 1}, {"title": "x" * 400}, {"cost": "much"}):
        with pytest.raises(Invalid) as refused:
            waiting.complete("look", **values)
        assert list(refused.value.fields) == list(values)
        assert everything(waiting) == before


def found_team_then(error: Exception | None) -> object:
    def act(context: OperationContext) -> str:
        context.journal("team.founded")
        context.send("information.requested", context.case_number, {})
        context.session.add(Team(key="wayside", name="Wayside"))
        context.session.flush()
        if error is not None:
            raise error
        return "founded"

    return act


def test_an_uncaught_business_error_stores_nothing_and_goes_to_the_person(waiting: Stage) -> None:
    before = everything(waiting)
    waiting.acts["act"] = found_team_then(BusinessError("team.taken", "There is a team of this name."))  # type: ignore[assignment]
    with pytest.raises(BusinessError, match="There is a team of this name") as refused:
        waiting.complete("look", title="Storage is gone")
    assert refused.value.code == "team.taken"
    assert everything(waiting) == before


def test_a_business_error_at_the_start_opens_no_case(stage: Stage) -> None:
    stage.publish(draw("walk", start() + service("act", "probe.act") + end() + flows("s act e"), record="incident"))
    stage.acts["act"] = found_team_then(BusinessError("team.taken", "There is a team of this name."))  # type: ignore[assignment]
    with pytest.raises(BusinessError):
        stage.start()
    assert stage.count(Case) == stage.count(Message) == len(founded(stage)) == 0


def test_another_error_leaves_the_case_stuck_and_the_task_done(waiting: Stage) -> None:
    waiting.acts["act"] = found_team_then(RuntimeError("disk full"))  # type: ignore[assignment]
    outcome = waiting.complete("look", title="Storage is gone", cost=40)
    case = waiting.case(outcome.case.id)
    assert (case.status, case.stuck_element, case.stuck_message) == ("stuck", "act", "RuntimeError: disk full")
    assert case.stuck_traceback is not None and "in act" in case.stuck_traceback
    # What the operation had done is undone, what the person had done is kept.
    assert founded(waiting) == [] and waiting.count(Message) == 0
    assert waiting.task("look", "done").completed_by_id == waiting.people["Anna Novak"]
    assert waiting.record(case.id)["cost"] == 40
    assert waiting.rows(Evidence)
    events = waiting.events(case.id)
    assert events[-2:] == ["task.completed@look", "case.stuck@act"]
    assert waiting.payload(case.id, "case.stuck") == {"message": "RuntimeError: disk full"}


CAUGHT = draw(
    "walk",
    start() + user("look") + service("act", "probe.act", "answer")
    + boundary("taken", "act", ref("error", "team.taken")) + user("other") + user("next") + end()
    + flows("s look act next e", "taken other e"),
    beside=named("error", "team.taken"),
    lanes={MANAGER: "other"},
)  # fmt: skip


def test_a_business_error_goes_to_the_boundary_event_that_catches_it(stage: Stage) -> None:
    stage.publish(CAUGHT, LOOK, form("other"), form("next"))
    stage.acts["act"] = found_team_then(BusinessError("team.taken", "There is a team of this name."))  # type: ignore[assignment]
    case_id = stage.start()
    stage.complete("look")
    assert stage.open() == ["other"]
    assert founded(stage) == []  # its savepoint was rolled back, the step was not
    assert stage.count(Message) == 0
    assert "team.founded@act" not in stage.events(case_id)
    assert stage.task("other").role == MANAGER


def test_a_boundary_event_for_another_code_does_not_catch_it(stage: Stage) -> None:
    stage.publish(CAUGHT, LOOK, form("other"), form("next"))
    stage.acts["act"] = found_team_then(BusinessError("team.closed", "Closed."))  # type: ignore[assignment]
    stage.start()
    with pytest.raises(BusinessError, match="Closed"):
        stage.complete("look")
    assert stage.open() == ["look"]


def test_each_operation_has_a_savepoint_of_its_own(stage: Stage) -> None:
    body = (
        start() + service("first", "probe.act", name="'first'") + service("second", "probe.act", name="'second'")
        + boundary("no", "second", ref("error")) + service("third", "probe.act", name="'third'") + user("look") + end()
        + flows("s first second third look e", "no third")
    )  # fmt: skip
    stage.publish(draw("walk", body), LOOK)

    def found(key: str, error: Exception | None = None) -> object:
        def act(context: OperationContext) -> None:
            context.session.add(Team(key=key, name=key))
            context.session.flush()
            if error:
                raise error

        return act

    stage.acts |= {  # type: ignore[assignment]
        "first": found("first"), "second": found("second", BusinessError("no")), "third": found("third")
    }  # fmt: skip
    stage.start()
    assert founded(stage) == ["first", "third"]
    assert stage.open() == ["look"]


def test_a_database_error_in_an_operation_does_not_spoil_the_step(stage: Stage) -> None:
    body = start() + user("look") + service("act", "probe.act") + end() + flows("s look act e")
    stage.publish(draw("walk", body), LOOK)

    def twice(context: OperationContext) -> None:
        for _ in range(2):
            context.session.execute(sql("INSERT INTO team (key, name) VALUES ('wayside', 'Wayside')"))

    stage.acts["act"] = twice
    case_id = stage.start()
    stage.complete("look")
    case = stage.case(case_id)
    assert (case.status, case.stuck_element) == ("stuck", "act")
    assert case.stuck_message is not None and "uq_team_key" in case.stuck_message
    assert founded(stage) == []


def test_two_errors_in_one_step_and_one_of_them_is_the_persons_to_mend(stage: Stage) -> None:
    """A rule that says no counts, whatever else has gone wrong on another path, now or earlier."""
    body = (
        start() + gateway("parallel", "g") + service("broken", "probe.act", name="'broken'") + user("look")
        + service("act", "probe.act") + gateway("parallel", "j") + end()
        + flows("s g broken j e", "g look act j")
    )  # fmt: skip
    stage.publish(draw("walk", body), LOOK)

    def broken(context: OperationContext) -> None:
        raise RuntimeError("disk full")

    def refuse(context: OperationContext) -> None:
        raise BusinessError("no", "The rule says no.")

    stage.acts |= {"broken": broken, "act": refuse}
    case_id = stage.start()
    assert stage.case(case_id).stuck_element == "broken"
    with pytest.raises(BusinessError, match="The rule says no"):
        stage.complete("look")
    assert stage.open() == ["look"]


def test_files_of_a_form_are_tied_to_the_record(stage: Stage) -> None:
    stage.publish(
        draw("walk", start() + user("look") + end() + flows("s look e"), record="incident"),
        form("look", ask("filepicker", "log", multiple=True)),
    )
    stage.start()
    with stage.parts.database.transaction() as session:
        mine, theirs = (
            files.store_file(session, b"a line", "a.log", limit_mb=1, uploaded_by_id=stage.people[name])
            for name in ("Anna Novak", "Ben Osei")
        )
    with pytest.raises(Invalid):
        stage.complete("look", log=[str(theirs.id)])
    with pytest.raises(Invalid):
        stage.complete("look", log=["999999"])
    task_id = stage.task("look").id
    outcome = stage.complete("look", log=[str(mine.id)])
    rows = {row.id: row for row in stage.rows(files.StoredFile)}
    assert (rows[mine.id].record_id, rows[mine.id].task_id) == (outcome.case.record_id, task_id)
    assert rows[theirs.id].record_id is None


def test_steps_of_a_case_are_one_chain_of_hashes(waiting: Stage) -> None:
    waiting.complete("look", title="Storage is gone")
    waiting.complete("next")
    [case] = waiting.rows(Case)
    assert len(waiting.events(case.id)) == case.journal_length
    with waiting.parts.database.transaction() as session:
        session.execute(sql("ALTER TABLE journal_entry DISABLE TRIGGER ALL"))
        session.execute(sql("UPDATE journal_entry SET data = '{\"task\": 99}' WHERE event = 'task.completed'"))
        verdict = waiting.parts.journal.verify(session, f"case:{case.id}", head=case.journal_head)
        session.execute(sql("ALTER TABLE journal_entry ENABLE TRIGGER ALL"))
    assert not verdict.sound
