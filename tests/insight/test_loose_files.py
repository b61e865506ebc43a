"""Files that became part of nothing go after a while; what anything still names stays, and two workers do it once."""

from datetime import timedelta
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select, text, update

from app import clock
from app.database.migrate import configuration
from app.domain.records import files
from app.domain.records.records import Record, StoredFile
from app.engine import commands
from app.engine.records import Case, Message, Stimulus, Task
from app.errors import Invalid
from app.forms import load_form
from app.forms.references import files_in
from app.insight import loose_files
from app.jobs.records import carried
from tests.engine.drawings import end, extensions, flows, start, user
from tests.stage import Stage, ask, draw, form
from tests.stage import text as line

ANNA = "Anna Novak"
ROWS = {"type": "dynamiclist", "path": "rows", "label": "Rows", "components": [ask("filepicker", "photos")]}
DAYS = 7


@pytest.fixture
def walk(stage: Stage) -> Stage:
    """A process about incidents, and one without a record, that ask for a file at the start and in rows of a task."""
    body = start(event=extensions(form="brought")) + user("look") + end() + flows("s look e")
    stage.publish(
        draw("walk", body, record="incident"), draw("stroll", body), form("look", ROWS),
        form("brought", line("title"), ask("filepicker", "log")),
    )  # fmt: skip
    return stage


def sent(stage: Stage, name: str = "a.log", days_ago: int = 0) -> str:
    """Let Anna send a file; returns its id as answers name it."""
    with clock.at(clock.now() - timedelta(days=days_ago)), stage.parts.database.transaction() as session:
        return str(files.store_file(session, b"a line", name, limit_mb=1, uploaded_by_id=stage.people[ANNA]).id)


def kept(stage: Stage) -> list[str]:
    with stage.parts.database.transaction() as session:
        return list(session.scalars(select(StoredFile.name).order_by(StoredFile.name)))


def removed(stage: Stage, in_days: float = 0, days: int = DAYS) -> int:
    with clock.at(clock.now() + timedelta(days=in_days)), stage.parts.database.transaction() as session:
        return loose_files.remove(session, days=days)


def test_only_what_is_loose_and_old_goes(stage: Stage) -> None:
    for name, age in (("young", 6), ("old", 8), ("older", 30)):
        sent(stage, name, age)
    assert removed(stage, days=0) == 0 and kept(stage) == ["old", "older", "young"], "0 never removes"
    assert removed(stage) == 2 and kept(stage) == ["young"]
    assert removed(stage) == 0
    assert removed(stage, in_days=2) == 1 and kept(stage) == []


def test_it_is_a_duty_with_the_days_of_the_setting(stage: Stage) -> None:
    sent(stage, "old", stage.parts.settings.loose_file_days + 1)
    duties = stage.parts.duties("here")
    assert "loose files" in duties.names
    while kept(stage):
        assert duties.fire() == 1, "all duties have been carried out, and the file is still there"


def test_what_is_named_stays_for_as_long_as_it_is(walk: Stage) -> None:
    names = ("draft", "value", "unstored", "message", "job", "data", "nothing")
    old = {name: sent(walk, name, 8) for name in names}
    with_draft = walk.start("walk")
    walk.on_task(
        commands.save_draft, walk.tasks(case_id=with_draft)[0].id, ANNA, {"rows": [{"photos": [old["draft"]]}]}
    )
    silent = walk.start("stroll", by=None, start_element="s", payload={"sent": {"log": [old["data"]]}})
    soon = clock.now() + timedelta(days=30)
    with walk.parts.database.transaction() as session:
        session.execute(update(Record).values(custom={"text": 'so "wide"', "rows": [{"photos": [old["value"]]}]}))
        session.add(Stimulus(case_id=silent, kind="answer", data={"answer": {"log": old["unstored"]}}, error="x",
                             at=clock.now()))  # fmt: skip
        session.add(Message(identity="m", name="m", key="", payload={"log": old["message"]}, created_at=clock.now(),
                            expires_at=soon))  # fmt: skip
        walk.parts.queue.put(session, "engine.answer", {"log": [old["job"]]}, at=soon)
    assert removed(walk) == 1 and kept(walk) == sorted(set(names) - {"nothing"})
    assert removed(walk) == 0
    lets_go: dict[str, Any] = {
        "draft": update(Task).values(status="cancelled"),
        "value": update(Record).values(custom={}),
        "unstored": update(Stimulus).values(retried_at=clock.now()),
        "message": update(Message).values(status="expired"),
        "job": delete(carried).where(carried.c.args["arguments"].has_key("log")),
        "data": update(Case).where(Case.id == silent).values(status="completed"),
    }
    days, left = 8, set(lets_go)
    for name, statement in lets_go.items():
        assert removed(walk, in_days=days) == 0, "all that is left is named"
        with walk.parts.database.transaction() as session:
            session.execute(statement, execution_options={"synchronize_session": False})
        assert removed(walk, in_days=days + DAYS - 1) == 0, "it was looked at not long ago"
        days += DAYS + 1
        left.discard(name)
        assert removed(walk, in_days=days) == 1 and kept(walk) == sorted(left)
        days += DAYS + 1


def test_answers_keep_their_files_for_ever(walk: Stage) -> None:
    for diagram in ("walk", "stroll"):
        with walk.parts.database.transaction() as session:
            before = {task.id for task in session.scalars(select(Task))}
        walk.start(diagram, values={"log": [sent(walk, f"{diagram} start", 8)]})
        [task] = [task for task in walk.tasks() if task.id not in before]
        inner = sent(walk, f"{diagram} row", 8)
        walk.complete(task.id, rows=[{"photos": [inner]}, {"photos": []}])
    rows = {row.name: row for row in walk.rows(StoredFile)}
    for diagram, tied in (("walk", "record_id"), ("stroll", "case_id")):
        [case] = walk.rows(Case, Case.diagram == diagram)
        assert case.status == "completed"
        wanted = case.record_id if tied == "record_id" else case.id
        for name in ("start", "row"):
            assert getattr(rows[f"{diagram} {name}"], tied) == wanted
        assert rows[f"{diagram} row"].task_id is not None
    assert removed(walk, in_days=100) == 0 and len(kept(walk)) == 4


def test_a_database_of_before_keeps_what_cases_without_a_record_were_answered(walk: Stage) -> None:
    named, other = sent(walk, "named", 8), sent(walk, "other", 8)
    case_id = walk.start("stroll", values={"log": [named]})
    walk.start("walk", values={"title": other})
    answered = ScriptDirectory.from_config(configuration()).get_revision("0022").module.ANSWERED
    with walk.parts.database.transaction() as session:
        session.execute(update(StoredFile).values(case_id=None), execution_options={"synchronize_session": False})
        session.execute(text(answered))
    assert {row.name: row.case_id for row in walk.rows(StoredFile)} == {"named": case_id, "other": None}


def test_two_workers_remove_a_file_once(stage: Stage) -> None:
    for number in range(3):
        sent(stage, f"{number}", 8)
    with stage.parts.database.transaction() as one, stage.parts.database.transaction() as other:
        assert loose_files.remove(one, days=DAYS) == 3
        assert loose_files.remove(other, days=DAYS) == 0, "nor does it wait"
    assert kept(stage) == []


def test_whoever_names_a_file_at_the_same_moment_keeps_it_or_is_told_that_it_is_gone(walk: Stage) -> None:
    actor = walk.who(ANNA)
    walk.start("stroll")
    named = sent(walk, "named", 8)
    with walk.parts.database.transaction() as answering:
        assert walk.parts.engine.reference_check(answering, actor, None)("file", named)
        assert removed(walk) == 0
        commands.complete(walk.parts.engine, answering, walk.task("look").id, actor, {"rows": [{"photos": [named]}]})
    assert removed(walk) == 0 and kept(walk) == ["named"]
    gone = sent(walk, "gone", 8)
    walk.start("walk")
    assert removed(walk) == 1
    with pytest.raises(Invalid):
        walk.complete("look", rows=[{"photos": [gone]}])


def test_a_form_knows_the_files_in_its_rows() -> None:
    content = form("look", ask("filepicker", "log"), ROWS).content
    assert sorted(files_in(load_form(content), {"log": ["1"], "rows": [{"photos": ["2"]}, {"photos": None}]})) == [1, 2]
