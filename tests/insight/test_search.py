"""The search: other forms of words, what one may not know is not found, and every place has its index."""

from collections.abc import Callable

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import persons
from app.domain.people.accounts import create_person
from app.domain.record_kinds import KINDS
from app.domain.records.records import Comment, Record, StoredFile
from app.domain.records.writer import Records
from app.insight.access import Viewer
from app.insight.search import BEGIN, EACH, END, FIRST, Found, search

Make = Callable[..., Record]


@pytest.fixture
def anna(session: Session) -> Viewer:
    """Anna Novak of the incident staff."""
    return Viewer(create_person(session, login="anna", name="Anna Novak").id, frozenset({"incidents.process_staff"}))


@pytest.fixture
def chiara(session: Session) -> Viewer:
    """Chiara Ricci, who uses services."""
    return Viewer(create_person(session, login="chiara", name="Chiara Ricci").id, frozenset())


@pytest.fixture
def make(session: Session, chiara: Viewer) -> Make:
    """Stores an incident of Chiara Ricci's with comments and files."""

    def store(title: str, *, public: str = "", internal: str = "", file: str = "", **values: object) -> Record:
        record_id, _number = Records(KINDS).create(
            session, "incident", title=title, requester_id=chiara.person_id, owner_id=None, values=values,
            actor_id=None, case_id=None, element="",
        )  # fmt: skip
        for body, open_to_all in ((public, True), (internal, False)):
            if body:
                session.add(Comment(record_id=record_id, at=clock.now(), body=body, public=open_to_all))
        if file:
            session.add(
                StoredFile(
                    record_id=record_id, name=file, media_type="text/plain", size=1, sha256="", content=b"x",
                    at=clock.now(),
                )
            )  # fmt: skip
        session.flush()
        return session.get_one(Record, record_id)

    return store


def found(session: Session, viewer: Viewer, text: str, **more: object) -> dict[str, int]:
    answer: Found = search(session, KINDS, viewer, text, **more)  # type: ignore[arg-type]
    return {group.key: len(group.hits) for group in answer.groups}


def test_each_sort_of_thing_is_a_group(session: Session, anna: Viewer, make: Make) -> None:
    make("Printers jam", public="The printer is being repaired", file="printer_log-3.txt")
    assert found(session, anna, "printer") == {"incident": 1, "comments": 1, "files": 1}
    assert found(session, anna, "repairs") == {"comments": 1}
    assert found(session, anna, "log printer") == {"files": 1}
    assert found(session, anna, "anna") == {"people": 1}
    assert found(session, anna, " ?! ") == {}


def test_internal_notes_and_custom_fields_are_found_by_staff_alone(
    session: Session, anna: Viewer, chiara: Viewer, make: Make
) -> None:
    make("Printers jam", public="Repaired soon", internal="She always says so", asset="Quetzal")
    for word, count in (("says", {"comments": 1}), ("quetzal", {"incident": 1})):
        assert found(session, anna, word) == count
        assert found(session, chiara, word) == {}
    assert found(session, chiara, "repaired") == {"comments": 1}
    assert found(session, chiara, "anna") == {}


def test_who_has_it_in_the_title_comes_first_then_the_newest(session: Session, anna: Viewer, make: Make) -> None:
    for title, description in (("Disk full", ""), ("Mail", "The disk is full"), ("Full disks", ""), ("Other", "disk")):
        make(title, description=description)
    [group] = search(session, KINDS, anna, "full disk").groups
    marks = {BEGIN: None, END: None}
    assert [hit.title.translate(str.maketrans(marks)) for hit in group.hits] == ["Full disks", "Disk full", "Mail"]  # type: ignore[arg-type]
    assert f"{BEGIN}disk{END}" in group.hits[2].excerpt


def test_words_between_angle_brackets_are_words(session: Session, anna: Viewer, make: Make) -> None:
    make("Build ends with <timeout>", description="java.lang.Object.<init> at line 7", internal="see <stack trace>")
    for word in ("timeout", "init", "trace"):
        assert found(session, anna, word), word


def test_one_group_is_paged(session: Session, anna: Viewer, make: Make) -> None:
    for number in range(EACH + 3):
        make(f"Printer {number}")
    [group] = search(session, KINDS, anna, "printer").groups
    assert (len(group.hits), group.more) == (FIRST, True)
    first, second = (search(session, KINDS, anna, "printer", only="incident", page=page) for page in (1, 2))
    assert (len(first.groups[0].hits), first.groups[0].more) == (EACH, True)
    assert (len(second.groups[0].hits), second.groups[0].more) == (3, False)
    assert not {hit.label for hit in first.groups[0].hits} & {hit.label for hit in second.groups[0].hits}


@pytest.mark.parametrize(
    "text", ["'", "\\", "a & b | !c", "<->", ":*", "(", "🙂", "the", "und", f"x{BEGIN}", "a" * 500]
)
def test_no_text_breaks_it(session: Session, anna: Viewer, make: Make, text: str) -> None:
    make(f"Odd {text[:100]}", public=text)
    search(session, KINDS, anna, text)


def test_every_place_is_searched_by_its_index(session: Session, anna: Viewer, make: Make) -> None:
    """Tens of thousands of records, comments, files and cases: whatever is rare is found without reading them all."""
    first = make("Printer", description="about it", public="x", file="x.txt", asset="y")
    session.execute(text("SELECT setval('record_id_seq', 200000)"))
    session.execute(
        text("""
            INSERT INTO record (id, kind, number, title, opened_at, updated_at, custom)
            SELECT 1000 + n, 'incident', 'INC-2020-' || n, 'Word' || n % 5000 || ' is slow', now(), now(),
                   jsonb_build_object('asset', 'A' || n)
            FROM generate_series(1, 30000) n;
            INSERT INTO incident (record_id, description)
            SELECT 1000 + n, 'text' || n FROM generate_series(1, 30000) n;
            INSERT INTO comment (record_id, at, body, public)
            SELECT 1000 + n, now(), 'said' || n, true FROM generate_series(1, 30000) n;
            INSERT INTO file (record_id, name, media_type, size, sha256, content, at)
            SELECT 1000 + n, 'name' || n || '.txt', 'text/plain', 1, '', 'x', now() FROM generate_series(1, 10000) n
        """)
    )
    session.execute(
        text("""
            INSERT INTO bundle (hash, diagram, members, created_at) VALUES ('x', 'walk', '[]', now());
            INSERT INTO process_case (number, diagram, area, diagram_version, bundle_id, title, state, started_at)
            SELECT 'C-2020-' || n, 'walk', 'incidents', 1, (SELECT max(id) FROM bundle), 'Case' || n, '', now()
            FROM generate_series(1, 20000) n;
            INSERT INTO task (case_id, engine_id, diagram, element, name, role, created_at, completed_at, status)
            SELECT id, gen_random_uuid(), 'walk', 'look', 'Look after it ' || id % 40, 'incidents.process_staff',
                   now(), now(), CASE WHEN id % 2 = 0 THEN 'open' ELSE 'done' END
            FROM process_case;
            INSERT INTO person (login, name, email)
            SELECT 'p' || n || '.q' || n % 700, 'Given' || n % 90 || ' Family' || n, 'p' || n || '@example.org'
            FROM generate_series(1, 20000) n
        """)
    )
    session.execute(text("ANALYZE record, incident, comment, file, process_case, task, person"))
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many) -> None:  # type: ignore[no-untyped-def]
        if not statement.startswith("EXPLAIN") and any(sign in statement for sign in ("words_of", "@@", "RECURSIVE")):
            cursor.execute("EXPLAIN " + statement, parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))

    event.listen(session.get_bind(), "before_cursor_execute", explain)
    try:
        assert found(session, anna, "word17 slow")["incident"] == FIRST
        assert found(session, anna, "text24711") == {"incident": 1}
        assert found(session, anna, "said24711") == {"comments": 1}
        assert found(session, anna, "case14710") == {"cases": 1, "tasks": 1}
        assert found(session, anna, "after it 38", only="tasks") == {"tasks": EACH}
        assert found(session, anna, "family4711") == found(session, anna, "p4711@exam") == {"people": 1}
        assert persons.find(session, persons.Search("family4711 q51"))[1] == 1
    finally:
        event.remove(session.get_bind(), "before_cursor_execute", explain)
    whole = "\n".join(plans)
    for index in ("record_search", "record_custom_words", "incident_words", "comment_words", "file_words",
                  "process_case_words", "task_name", "person_words"):  # fmt: skip
        assert f"ix_{index}" in whole, f"{index}\n{whole}"
    assert "Seq Scan on person" not in whole and "Seq Scan on task" not in whole, whole
    assert first.number


def test_people_are_found_by_the_beginnings_of_what_they_are_called(session: Session, anna: Viewer) -> None:
    create_person(session, login="o.ozil-b", name="Özlem Öztürk-Brandt", email="oezlem.b+x@Uni-Example.org")
    create_person(session, login="sean", name="Seán O'Brien")
    for typed in ("öz", "ÖZT", "brandt özlem", "o.oz", "uni", "oezlem.b+x@uni-example.org", "b x"):
        assert found(session, anna, typed, only="people") == {"people": 1}, typed
    for typed in ("o'brien", "SEÁN", "brien o"):
        [group] = search(session, KINDS, anna, typed, only="people").groups
        assert [hit.title for hit in group.hits] == ["Seán O'Brien"], typed
    for typed in ("lem", "%", "_", "'", "özlem seán"):
        assert found(session, anna, typed, only="people") == {}, typed
    assert persons.find(session, persons.Search("  "))[1] == 3
    assert persons.find(session, persons.Search("%"))[1] == 0


def test_tasks_are_found_by_a_part_of_their_name_or_words_of_their_cases_title(session: Session, anna: Viewer) -> None:
    session.execute(
        text("""
            INSERT INTO bundle (hash, diagram, members, created_at) VALUES ('x', 'walk', '[]', now());
            INSERT INTO process_case (number, diagram, area, diagram_version, bundle_id, title, state, started_at)
            SELECT 'C-2020-' || n, 'walk', area, 1, (SELECT max(id) FROM bundle), title, '', now()
            FROM (VALUES (1, 'incidents', 'Printers jam'), (2, 'changes', 'Printers jam')) it (n, area, title);
            INSERT INTO task (case_id, engine_id, diagram, element, name, role, created_at)
            SELECT id, gen_random_uuid(), 'walk', 'look', '100% checked', 'x.y', now() FROM process_case
        """)
    )
    for typed in ("jam", "printer", "jammed printer", "0% check", "100%"):
        assert found(session, anna, typed, only="tasks") == {"tasks": 1}, typed
    for typed in ("0%check", "%%", "rinter", "checked jam"):
        assert found(session, anna, typed, only="tasks") == {}, typed
    answer = search(session, KINDS, anna, "nothing", ["100% checked"], only="tasks")
    assert [hit.title for hit in answer.groups[0].hits] == ["100% checked"], "what it is called in another language"
