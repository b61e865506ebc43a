"""Starting a case: who may, what is asked, which number it gets, which record it is about, which version it pins."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app import clock
from app.bootstrap import build
from app.engine import commands
from app.engine.records import Case, Task
from app.errors import Forbidden, Invalid, NotFound, Refused
from app.settings import Settings
from tests.engine.drawings import call, end, extensions, flows, gateway, start, user
from tests.stage import MANAGER, STAFF, Stage, ask, decision, draw, form, text

ASKS = f'<startEvent id="s">{extensions(form="report")}</startEvent>'
WALK = start() + user("look") + end() + flows("s look e")


@pytest.mark.parametrize(
    ("roles", "may", "may_not"),
    [
        ("shared.anyone", ["Anna Novak", "Chiara Ricci", "Marek Dvorak"], []),
        (STAFF, ["Anna Novak", "Marek Dvorak"], ["Chiara Ricci", "Ines Duarte", "Paul Okafor"]),
        (f"{STAFF}, {MANAGER}", ["Anna Novak", "Ines Duarte"], ["Chiara Ricci"]),
        ("team.network", ["Sofia Lindqvist"], ["Anna Novak"]),
    ],
)
def test_who_may_start(stage: Stage, roles: str, may: list[str], may_not: list[str]) -> None:
    stage.publish(draw("walk", WALK, start_roles=roles), form("look"))
    for name in may:
        assert stage.case(stage.start(by=name)).requester_id == stage.people[name]
    for name in may_not:
        with pytest.raises(Forbidden, match="roles do not let you start"):
            stage.start(by=name)
    assert stage.count(Case) == len(may)


def test_a_diagram_without_start_roles_is_started_by_nobody(stage: Stage) -> None:
    stage.publish(draw("part", WALK, start_roles="", inputs=""), form("look"))
    for name in ("Anna Novak", "Marek Dvorak"):
        with pytest.raises(Forbidden):
            stage.start("part", by=name)


def test_a_diagram_that_is_not_published(stage: Stage) -> None:
    with pytest.raises(NotFound, match="nowhere"):
        stage.start("nowhere")


def test_the_start_form_is_checked_and_goes_to_record_and_case(stage: Stage) -> None:
    body = ASKS + gateway("exclusive", "g", default="g_b") + user("a") + user("b") + end()
    stage.publish(
        draw("walk", body + flows("s g", "g>a: size > 10", "g>b:", "a e", "b e"), record="incident"),
        form("report", ask("textfield", "title", required=True), ask("textarea", "description"),
             ask("number", "size", variable="size"), ask("textfield", "colour")),
        form("a"), form("b"),
    )  # fmt: skip
    for wrong in ({}, {"title": "x", "more": 1}, {"title": 7}, {"title": "x", "size": "big"}):
        with pytest.raises(Invalid):
            stage.start(values=wrong)
    assert stage.count(Case) == 0
    case_id = stage.start(by="Chiara Ricci", values={"title": "Storage is gone", "size": 11, "colour": "red"})
    record = stage.record(case_id)
    assert stage.case(case_id).title == record["title"] == "Storage is gone"
    assert (record["colour"], record["requester"]) == ("red", str(stage.people["Chiara Ricci"]))
    assert stage.open() == ["a"]
    assert stage.payload(case_id, "case.started")["values"]["title"] == "Storage is gone"


@pytest.mark.parametrize("wrong", [{"title": 7}, {"title": "x" * 301}, {"colour": "red"}, {"title": "a\x00b"}])
def test_without_a_start_form_a_title_may_be_given_and_nothing_else(stage: Stage, wrong: dict[str, Any]) -> None:
    stage.publish(draw("walk", WALK), form("look"))
    with pytest.raises(Invalid):
        stage.start(values=wrong)
    assert stage.case(stage.start(values={"title": "Mine"})).title == "Mine"
    assert stage.case(stage.start()).title == "Walk"


def test_a_diagram_says_what_its_cases_are_called(stage: Stage) -> None:
    stage.publish(
        draw("walk", ASKS + user("look") + end() + flows("s look e"), title="'Trouble with ' + thing"),
        form("report", text("thing")), form("look"),
    )  # fmt: skip
    assert stage.case(stage.start(values={"thing": "disks"})).title == "Trouble with disks"
    assert stage.case(stage.start()).title == "Walk"  # nothing to make a title of


def test_cases_and_records_are_numbered(stage: Stage) -> None:
    stage.publish(draw("walk", WALK, record="incident"), draw("plain", WALK), form("look"))
    with clock.at(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)):
        first, second = stage.start(), stage.start("plain")
    with clock.at(datetime(2027, 1, 1, 0, 1, tzinfo=UTC)):
        third = stage.start()
    assert [stage.case(case).number for case in (first, second, third)] == [
        "C-2026-000001", "C-2026-000002", "C-2027-000003"
    ]  # fmt: skip
    assert stage.record(first)["number"] == "INC-2026-0001"
    assert stage.case(second).record_id is None
    assert stage.record(third)["number"] == "INC-2027-0002"


def test_a_case_may_be_about_a_record_that_is_there(stage: Stage) -> None:
    asks = draw("again", ASKS + user("look") + end() + flows("s look e"), record="incident")
    stage.publish(
        draw("walk", WALK, record="incident"), draw("errors", WALK, record="known_error"), asks, draw("plain", WALK),
        form("look"), form("report", ask("textfield", "cause")),
    )  # fmt: skip
    first = stage.case(stage.start(values={"title": "Storage is gone"}, by="Chiara Ricci"))
    again = stage.case(stage.start("again", values={"cause": "A cable"}, record_id=first.record_id))
    assert again.record_id == first.record_id
    assert (again.title, again.requester_id) == ("Storage is gone", stage.people["Chiara Ricci"])
    assert stage.record(again.id)["cause"] == "A cable"
    assert stage.case(stage.start("plain", record_id=first.record_id)).record_id == first.record_id
    for wrong in (first.record_id, 999_999):
        with pytest.raises(Invalid) as refused:
            stage.start("errors", record_id=wrong)
        assert "record" in refused.value.fields
    assert stage.count(Case) == 3


# Versions ------------------------------------------------------------------------------------------------------------


def test_running_cases_keep_their_path_and_the_next_one_takes_the_new(stage: Stage) -> None:
    stage.publish(draw("walk", WALK), form("look"))
    before = stage.start()
    longer = start() + user("look") + user("check") + end() + flows("s look check e")
    [published] = stage.publish(draw("walk", longer, lanes={MANAGER: "check"}), form("check"))[:1]
    assert (published.number, published.changed) == (2, True)
    after = stage.start()
    assert [stage.case(case).diagram_version for case in (before, after)] == [1, 2]
    for task in stage.tasks():
        stage.complete(task.id)
    assert stage.case(before).status == "completed"
    assert (stage.case(after).status, stage.open(after)) == ("running", ["check"])


def test_forms_decisions_and_called_diagrams_are_pinned_too(stage: Stage) -> None:
    decide = (
        '<businessRuleTask id="d"><extensionElements><sw:calledDecisionId>choose</sw:calledDecisionId>'
        "</extensionElements></businessRuleTask>"
    )
    part = start() + user("inner") + end() + flows("s inner e")
    body = (
        start() + user("look") + decide + gateway("exclusive", "g", default="g_b") + user("a") + user("b")
        + call("c", "part") + end() + flows("s look d g", "g>a: answer == 'a'", "g>b:", "a c e", "b c")
    )  # fmt: skip
    stage.publish(
        draw("walk", body), draw("part", part, inputs=""), decision("choose", {'"x"': "a", '"y"': "b"}),
        form("look", text("level")), form("a"), form("b"), form("inner", ask("textfield", "old")),
    )  # fmt: skip
    before = stage.start()
    shorter = start() + user("inner") + user("more") + end() + flows("s inner more e")
    stage.publish(
        draw("part", shorter, inputs=""), decision("choose", {'"x"': "b", '"y"': "a"}),
        form("look", text("level"), text("reason", required=True)), form("inner", ask("textfield", "new")),
        form("more"),
    )  # fmt: skip
    after = stage.start()
    assert stage.case(before).bundle_id != stage.case(after).bundle_id
    # The caller's own version is the same; only what it uses has changed.
    assert [stage.case(case).diagram_version for case in (before, after)] == [1, 1]
    one, other = stage.tasks("open", before)[0].id, stage.tasks("open", after)[0].id
    stage.complete(one, level="x")
    with pytest.raises(Invalid):
        stage.complete(other, level="x")
    stage.complete(other, level="x", reason="Because")
    assert (stage.open(before), stage.open(after)) == (["a"], ["b"])
    for case in (before, after):
        stage.complete(stage.tasks("open", case)[0].id)
    one, other = stage.tasks("open", before)[0].id, stage.tasks("open", after)[0].id
    with pytest.raises(Invalid):
        stage.complete(one, new="x")
    stage.complete(one, old="x")
    stage.complete(other, new="x")
    assert stage.case(before).status == "completed"
    assert stage.open(after) == ["more"]


def test_a_refused_publication_changes_nothing_for_cases(stage: Stage) -> None:
    stage.publish(draw("walk", WALK), form("look"))
    broken = start() + user("look") + '<serviceTask id="act"/>' + end() + flows("s look act e")
    with pytest.raises(Refused):
        stage.publish(draw("walk", broken))
    case = stage.case(stage.start())
    assert case.diagram_version == 1
    stage.complete("look")
    assert [task.status for task in stage.rows(Task)] == ["done"]


def test_another_process_takes_the_new_version_too(stage: Stage, database_url: str, tmp_path: Any) -> None:
    stage.publish(draw("walk", WALK), form("look"))
    other = build(Settings(var=tmp_path, secret_key="a test's own"), database_url)
    actor = stage.who("Anna Novak")

    def start_there() -> int:
        with other.database.transaction() as session:
            return commands.start_case(other.engine, session, "walk", actor, {}).case.diagram_version

    # The second time it knows the diagram, and goes by what it knows until it stores the case.
    assert [start_there(), start_there()] == [1, 1]
    stage.publish(draw("walk", start() + user("look") + user("look2") + end() + flows("s look look2 e")), form("look2"))
    assert [start_there(), start_there()] == [2, 2]
    # A case that one process began goes on in the other.
    stage.complete(stage.tasks()[-1].id)
    assert sorted(stage.open()) == ["look", "look", "look", "look2"]
    other.database.close()


def test_another_process_refuses_nothing_that_is_possible_by_now(
    stage: Stage, database_url: str, tmp_path: Any
) -> None:
    """What a process knows of a diagram may be of yesterday: who may start it, and what its form asks for."""
    asks = draw("walk", ASKS + user("look") + end() + flows("s look e"), start_roles=STAFF)
    stage.publish(asks, form("look"), form("report", text("colour")))
    other = build(Settings(var=tmp_path, secret_key="a test's own"), database_url)

    def start_there(by: str, **values: str) -> int:
        with other.database.transaction() as session:
            return commands.start_case(other.engine, session, "walk", stage.who(by), values).case.id

    for _ in range(2):
        start_there("Anna Novak", colour="red")
    with pytest.raises(Forbidden):
        start_there("Chiara Ricci", colour="red")
    anyone = draw("walk", ASKS + user("look") + end() + flows("s look e"), start_roles="shared.anyone")
    stage.publish(anyone, form("report", text("size")))
    assert stage.payload(start_there("Chiara Ricci", size="big"), "case.started")["values"] == {"size": "big"}
    with pytest.raises(Invalid):
        start_there("Anna Novak", colour="red")
    assert stage.count(Case) == 3
    other.database.close()
