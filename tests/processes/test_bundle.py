"""Bundles: what a case pins stays what it was, and finding it costs next to nothing."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.errors import NotFound, Refused
from app.processes.bundle import closure, contents, pin
from app.processes.library import Library
from tests.processes.library_files import CALL, DECIDE, decision, diagram, form, put
from tests.sent import sent


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path)


@pytest.fixture
def filled(database: Database, library: Library) -> Library:
    """outer calls middle, middle calls inner, inner decides and is a form's user; all committed."""
    with database.transaction() as session:
        put(
            session, library, form(), decision(), diagram("leaf"),
            diagram("inner", task=DECIDE.format(key="priority")),
            diagram("middle", task=CALL.format(key="inner")), diagram("outer", task=CALL.format(key="middle")),
        )  # fmt: skip
    return library


def test_closure_holds_everything_that_may_be_called(session: Session, filled: Library) -> None:
    members = closure(filled.current(session), "outer")
    assert [(member.kind, member.key) for member in members] == [
        ("decision", "priority"),
        ("diagram", "inner"),
        ("diagram", "middle"),
        ("diagram", "outer"),
    ]


def test_a_diagram_may_call_itself(session: Session, library: Library) -> None:
    put(session, library, diagram("again", task=CALL.format(key="again")))
    bundle = contents(session, pin(session, library, "again"))
    assert list(bundle.diagrams) == ["again"]


def test_contents_are_ready_to_run(session: Session, filled: Library) -> None:
    bundle = contents(session, pin(session, filled, "leaf"))
    assert (bundle.diagram.key, bundle.numbers, bundle.form_numbers) == ("leaf", {"leaf": 1}, {"incidents/look": 1})
    assert bundle.forms["incidents/look"].title == "Look at it"
    assert bundle.xml["leaf"] == diagram("leaf").content
    deep = contents(session, pin(session, filled, "outer"))
    assert deep.decisions["priority"].decide({"impact": "site"}) == {"priority": "P1"}


def test_a_running_case_keeps_what_it_pinned(session: Session, filled: Library) -> None:
    old = pin(session, filled, "outer")
    put(session, filled, decision(value="team"))
    new = pin(session, filled, "outer")
    assert new != old
    assert contents(session, old).decisions["priority"].decide({"impact": "site"}) == {"priority": "P1"}
    assert contents(session, new).decisions["priority"].decide({"impact": "team"}) == {"priority": "P1"}
    assert contents(session, new).decision_numbers == {"priority": 2}


def test_publishing_a_called_diagram_makes_no_version_of_its_callers(session: Session, filled: Library) -> None:
    put(session, filled, diagram("inner", name="New", task=DECIDE.format(key="priority")))
    bundle = contents(session, pin(session, filled, "outer"))
    assert bundle.numbers == {"outer": 1, "middle": 1, "inner": 2}


def test_publishing_something_else_keeps_the_bundle(session: Session, filled: Library) -> None:
    before = pin(session, filled, "outer")
    put(session, filled, diagram("leaf", name="Other"))
    assert pin(session, filled, "outer") == before


def test_starting_again_costs_one_statement(database: Database, filled: Library) -> None:
    for _ in range(2):
        with database.transaction() as session:
            contents(session, pin(session, filled, "outer"))
    with sent(database.engine) as seen, database.transaction() as session:
        contents(session, pin(session, filled, "outer"))
    assert len(seen) == 1


def test_a_pin_that_was_rolled_back_is_made_anew(database: Database, filled: Library) -> None:
    with pytest.raises(RuntimeError), database.transaction() as session:
        pin(session, filled, "outer")
        pin(session, filled, "outer")
        raise RuntimeError
    with database.transaction() as session:
        bundle_id = pin(session, filled, "outer")
    with database.transaction() as session:
        assert contents(session, bundle_id).key == "outer"
        assert pin(session, filled, "outer") == bundle_id


def test_many_first_starts_at_once_share_one_bundle(database: Database, filled: Library) -> None:
    def start(_: int) -> tuple[int, int]:
        with database.transaction() as session:
            bundle_id = pin(session, filled, "outer")
            return bundle_id, id(contents(session, bundle_id))

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(start, range(12)))
    assert len(set(found)) == 1


def test_what_is_not_published_cannot_be_pinned(session: Session, library: Library) -> None:
    with pytest.raises(NotFound):
        pin(session, library, "nowhere")
    with pytest.raises(NotFound):
        contents(session, 4711)


def test_a_diagram_with_a_missing_part_is_refused(session: Session, filled: Library) -> None:
    snapshot = filled.current(session)
    del snapshot.decisions["priority"]
    with pytest.raises(Refused) as refusal:
        closure(snapshot, "outer")
    assert "priority" in refusal.value.problems[0].message


def test_two_installations_on_one_database_share_bundles(session: Session, filled: Library, tmp_path: Path) -> None:
    other = Library(tmp_path / "other")
    assert pin(session, other, "leaf") == pin(session, filled, "leaf")
