"""Publishing: all or nothing, immutable, numbered, one publisher after the other."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.errors import NotFound, Refused
from app.operations import OperationContext, OperationGroup, Registry
from app.processes.library import Library
from app.processes.publish import check, publish
from app.processes.sources import Source
from app.processes.versions import contents_of, generation, history, version
from tests.processes.drawings import properties
from tests.processes.library_files import Accepting, decision, diagram, form, process, put


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


def test_first_publishing_makes_version_one_of_each(session: Session, library: Library) -> None:
    before = generation(session)
    published = put(session, library, diagram(), form(), decision(), process())
    assert [(p.kind, p.key, p.number, p.changed) for p in published] == [
        ("diagram", "walk", 1, True),
        ("form", "incidents/look", 1, True),
        ("decision", "priority", 1, True),
        ("process", "incidents", 1, True),
    ]
    assert generation(session) == before + 1
    snapshot = library.current(session)
    assert (snapshot.diagram("walk").name, snapshot.diagram("walk").area) == ("Walk", "incidents")
    assert snapshot.forms["incidents/look"].name == "Look at it"
    assert snapshot.decisions["priority"].area == "incidents"
    assert snapshot.processes["incidents"].meta["goals"] == ["Services work again soon"]


def test_unchanged_content_makes_no_version_and_disturbs_nobody(session: Session, library: Library) -> None:
    put(session, library, diagram(), form())
    before = generation(session)
    parser = Accepting()
    again = put(session, library, diagram(), form(), parser=parser)
    assert [(p.number, p.changed) for p in again] == [(1, False), (1, False)]
    assert generation(session) == before
    assert parser.asked == []


def test_changed_content_makes_the_next_version_and_keeps_the_old(session: Session, library: Library) -> None:
    put(session, library, diagram(), form())
    (published,) = put(session, library, diagram(name="Run"))
    assert (published.number, published.changed) == (2, True)
    versions = history(session, "diagram", "walk")
    assert [(v.number, v.name, v.current, v.note) for v in versions] == [
        (2, "Run", True, "test"),
        (1, "Walk", False, "test"),
    ]
    assert contents_of(session, [versions[1].id]) == {versions[1].id: diagram().content}


def test_rolling_back_publishes_the_old_content_again(session: Session, library: Library) -> None:
    put(session, library, diagram(), form())
    put(session, library, diagram(name="Run"))
    (published,) = put(session, library, diagram())
    assert (published.number, library.current(session).diagram("walk").name) == (3, "Walk")
    assert version(session, "diagram", "walk", 1).hash == version(session, "diagram", "walk", 3).hash
    with pytest.raises(NotFound):
        version(session, "diagram", "walk", 4)


def test_one_bad_file_refuses_all_and_every_problem_is_listed(database: Database, library: Library) -> None:
    broken_form = Source(
        "form", "incidents/other", "forms/incidents/other.form", b'{"components": [{"type": "magic"}]}'
    )
    broken_decision = Source("decision", "priority", "bpmn/incidents/priority.dmn", b"<no/>")
    with pytest.raises(Refused) as refusal, database.transaction() as session:
        put(session, library, diagram(), form(), broken_form, broken_decision, parser=Accepting("walk"))
    files = {problem.file for problem in refusal.value.problems}
    assert files == {broken_form.file, broken_decision.file, "bpmn/incidents/walk.bpmn"}
    with database.transaction() as session:
        assert library.current(session).diagrams == {}
        assert library.current(session).forms == {}


def test_refusal_stores_nothing_of_what_was_fine_before(database: Database, library: Library) -> None:
    with database.transaction() as session:
        put(session, library, diagram(), form())
    with pytest.raises(Refused), database.transaction() as session:
        put(session, library, diagram(name="Run"), Source("decision", "x", "bpmn/incidents/x.dmn", b""))
    with database.transaction() as session:
        assert library.current(session).diagram("walk").number == 1


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        (Source("diagram", "../../x", "../../x.bpmn", diagram().content), "bad-key"),
        (Source("form", "incidents/../x", "x.form", form().content), "bad-key"),
        (Source("form", "look", "look.form", form().content), "bad-key"),
        (Source("decision", "Priority", "Priority.dmn", decision().content), "bad-key"),
        (Source("diagram", "walk", "bpmn/changes/walk.bpmn", diagram().content), "area"),
        (Source("decision", "other", "bpmn/incidents/other.dmn", decision().content), "decision-id"),
        (Source("diagram", "run", "run.bpmn", diagram().content), "process-id"),
        (Source("process", "incidents", "process.yaml", b"x" * 6_000_000), "file-size"),
    ],
)
def test_names_and_places_that_do_not_fit(session: Session, library: Library, source: Source, rule: str) -> None:
    with pytest.raises(Refused) as refusal:
        put(session, library, source)
    assert [problem.rule for problem in refusal.value.problems] == [rule]


def test_the_same_key_twice_is_refused(session: Session, library: Library) -> None:
    twin = Source("diagram", "walk", "bpmn/incidents/walk.bpmn", diagram(name="Run").content)
    with pytest.raises(Refused) as refusal:
        put(session, library, diagram(), twin, form())
    assert [problem.rule for problem in refusal.value.problems] == ["duplicate-key"]


def test_the_engine_sees_new_and_published_files_together(session: Session, library: Library) -> None:
    put(session, library, diagram("inner"), form())
    parser = Accepting()
    call = '<bpmn:callActivity id="look" calledElement="inner"/>'
    put(session, library, diagram("outer", task=call), parser=parser)
    assert parser.asked == [("outer", ["inner", "outer"])]


def test_what_the_engine_cannot_run_is_refused_with_its_file(session: Session, library: Library) -> None:
    with pytest.raises(Refused) as refusal:
        put(session, library, diagram(), form(), parser=Accepting("walk"))
    assert [(p.rule, p.file, p.element) for p in refusal.value.problems] == [
        ("engine", "bpmn/incidents/walk.bpmn", "walk")
    ]


def test_two_publishers_at_once_wait_for_each_other(database: Database, library: Library) -> None:
    names = [f"Walk {number}" for number in range(6)]

    def one(name: str) -> int:
        with database.transaction() as session:
            return put(session, library, diagram(name=name), form())[0].number

    with ThreadPoolExecutor(len(names)) as pool:
        numbers = list(pool.map(one, names))
    assert sorted(numbers) == [1, 2, 3, 4, 5, 6]
    with database.transaction() as session:
        assert sum(v.current for v in history(session, "diagram", "walk")) == 1
        assert session.scalar(text("SELECT count(*) FROM definition WHERE kind = 'form'")) == 1


def test_checking_needs_no_database_and_stores_nothing() -> None:
    problems = check([diagram(), form()], parser=Accepting("walk"), registry=Registry(), record_kinds={})
    assert [problem.rule for problem in problems] == ["engine"]


def test_checking_against_what_is_published(session: Session, library: Library) -> None:
    put(session, library, form())
    parser = Accepting()
    problems = check([diagram()], parser=parser, registry=Registry(), record_kinds={}, session=session)
    assert problems == []
    assert library.current(session).diagrams == {}


def test_a_diagram_that_uses_an_unreadable_form_is_not_blamed_for_it(session: Session, library: Library) -> None:
    broken = Source("form", "incidents/look", "forms/incidents/look.form", b"{")
    with pytest.raises(Refused) as refusal:
        put(session, library, diagram(), broken)
    assert {problem.file for problem in refusal.value.problems} == {broken.file}


def test_a_missing_form_is_named_with_task_and_line(session: Session, library: Library) -> None:
    with pytest.raises(Refused) as refusal:
        put(session, library, diagram())
    (problem,) = [problem for problem in refusal.value.problems if problem.severity == "error"]
    assert (problem.rule, problem.file, problem.element) == ("unknown-form", "bpmn/incidents/walk.bpmn", "look")
    assert problem.line > 0


def test_a_form_may_not_break_the_published_diagrams_that_use_it(session: Session, library: Library) -> None:
    task = f'<bpmn:userTask id="look" name="Look">{properties(outcome="title")}</bpmn:userTask>'
    put(session, library, diagram(task=task), form())
    renamed = Source(
        "form", "incidents/look", form().file, form().content.replace(b'"title", "label', b'"topic", "label')
    )
    assert renamed.content != form().content
    with pytest.raises(Refused) as refusal:
        put(session, library, renamed)
    (problem,) = [problem for problem in refusal.value.problems if problem.severity == "error"]
    assert (problem.rule, problem.file) == ("unknown-outcome", "bpmn/incidents/walk.bpmn")


def test_what_was_wrong_before_does_not_keep_its_forms_from_being_published(session: Session, library: Library) -> None:
    start = f'<bpmn:startEvent id="begin">{properties(form="look")}</bpmn:startEvent>'
    content = diagram(task=SERVICE).content.replace(b'<bpmn:startEvent id="begin"/>', start.encode())
    registry = Registry()
    registry.add(weather)
    walk = Source("diagram", "walk", "bpmn/incidents/walk.bpmn", content)
    publish(session, library, [walk, form()], parser=Accepting(), registry=registry)
    # The operation is gone now, as after an upgrade; that is not the form's fault.
    (published,) = put(session, library, form(title="Look again"))
    assert published.number == 2


weather = OperationGroup("weather")


@weather.operation("ask", title="Ask for the weather")
def ask(context: OperationContext) -> str:
    """Tell how the weather is."""
    return "fine"


SERVICE = (
    '<bpmn:serviceTask id="look" name="Look"><bpmn:extensionElements><spiffworkflow:serviceTaskOperator '
    'id="weather.ask" resultVariable="sky"><spiffworkflow:parameters/></spiffworkflow:serviceTaskOperator>'
    "</bpmn:extensionElements></bpmn:serviceTask>"
)
