"""What is published now, where it comes from and where it can be written to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.errors import NotFound, Refused
from app.processes.library import Library, export
from app.processes.sources import Source, is_key, read_source, read_sources, relative_path
from tests.processes.drawings import drawn, simple
from tests.processes.library_files import decision, diagram, form, process, put
from tests.sent import sent

ALL = [diagram(), form(), decision(), process()]


def write(home: Path, *sources: Source) -> None:
    for source in sources:
        path = home / source.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.content)


@pytest.fixture
def statements(database: Database) -> Iterator[list[str]]:
    with sent(database.engine) as seen:
        yield seen


def test_shipped_files_are_found_by_their_place(tmp_path: Path) -> None:
    write(tmp_path, *ALL)
    (tmp_path / "bpmn/incidents/scenarios").mkdir()
    (tmp_path / "bpmn/incidents/scenarios/closed.yaml").write_text("scenario: x")
    (tmp_path / "bpmn/incidents/README.md").write_text("notes")
    key = lambda source: (source.kind, source.key)  # noqa: E731
    assert sorted(read_sources(tmp_path), key=key) == sorted(ALL, key=key)
    assert read_source(tmp_path / "bpmn/incidents/priority.dmn", tmp_path) == decision()


def test_files_of_other_kinds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        read_source(tmp_path / "notes.txt", tmp_path)
    with pytest.raises(Refused):
        read_source(tmp_path / "gone.bpmn", tmp_path)


def test_export_writes_back_byte_for_byte(session: Session, tmp_path: Path) -> None:
    put(session, Library(tmp_path), *ALL)
    written = export(session, tmp_path / "out")
    assert sorted(path.relative_to(tmp_path / "out").as_posix() for path in written) == sorted(s.file for s in ALL)
    assert {source.content for source in read_sources(tmp_path / "out")} == {source.content for source in ALL}


@pytest.mark.parametrize(
    ("kind", "key", "area"),
    [
        ("diagram", "../x", "incidents"),
        ("diagram", "x", ".."),
        ("diagram", "/etc/passwd", "incidents"),
        ("decision", "x", "a/b"),
        ("form", "incidents/../../x", "incidents"),
        ("process", "..", "incidents"),
        ("diagram", "x\n", "incidents"),
        ("diagram", "", "incidents"),
    ],
)
def test_no_key_leads_out_of_the_directory(kind: str, key: str, area: str) -> None:
    with pytest.raises(ValueError, match="is not a key"):
        relative_path(kind, key, area)  # type: ignore[arg-type]


def test_keys() -> None:
    assert is_key("diagram", "approve_item") and is_key("form", "shared/approval")
    assert not is_key("diagram", "approve item") and not is_key("form", "approval")


def test_only_shipped_files_with_new_keys_wait_for_publishing(session: Session, tmp_path: Path) -> None:
    write(tmp_path, *ALL)
    library = Library(tmp_path)
    put(session, library, diagram(name="Run"), form())
    assert sorted(source.key for source in library.unpublished(session)) == ["incidents", "priority"]


def test_looking_twice_costs_one_statement(database: Database, tmp_path: Path, statements: list[str]) -> None:
    library = Library(tmp_path)
    with database.transaction() as session:
        put(session, library, *ALL)
    with database.transaction() as session:
        first = library.current(session)
    statements.clear()
    with database.transaction() as session:
        assert library.current(session) is first
    assert len([statement for statement in statements if "library_state" in statement]) == len(statements) == 1


def test_a_publishing_is_seen_by_all_once_it_is_committed(database: Database, tmp_path: Path) -> None:
    here, there = Library(tmp_path), Library(tmp_path)
    with database.transaction() as session:
        put(session, here, diagram(), form())
        with database.transaction() as other:
            assert there.current(other).diagrams == {}
    with database.transaction() as other:
        assert there.current(other).diagram("walk").number == 1


def test_what_is_rolled_back_is_forgotten(database: Database, tmp_path: Path) -> None:
    library = Library(tmp_path)
    with pytest.raises(RuntimeError), database.transaction() as session:
        put(session, library, diagram(name="Lost"), form())
        assert library.current(session).diagram("walk").name == "Lost"
        raise RuntimeError
    with database.transaction() as session:
        put(session, library, diagram(name="Kept"), form())
    with database.transaction() as session:
        assert library.current(session).diagram("walk").name == "Kept"


def test_unknown_diagram(session: Session, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Library(tmp_path).current(session).diagram("walk")


def test_messages_find_the_diagrams_that_they_start(session: Session, tmp_path: Path) -> None:
    start = '<bpmn:startEvent id="begin"><bpmn:messageEventDefinition messageRef="m"/></bpmn:startEvent>'
    content = drawn(simple()).replace(b'<bpmn:startEvent id="begin"/>', start.encode())
    content = content.replace(b"<bpmn:process", b'<bpmn:message id="m" name="alert.raised"/><bpmn:process')
    library = Library(tmp_path)
    put(session, library, Source("diagram", "walk", "bpmn/incidents/walk.bpmn", content), form())
    snapshot = library.current(session)
    assert snapshot.started_by("alert.raised") == [("walk", "begin")]
    assert snapshot.started_by("other") == []
