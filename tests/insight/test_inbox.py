"""The work list's statements: right for any mixture of tasks, and reading only the beginning of an index."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.people.accounts import create_person
from app.engine.records import Case, Task
from app.insight import inbox
from app.insight.access import Viewer
from app.insight.inbox import Counts, Cursor, Filter, Row, Tab
from app.processes.records import Bundle
from tests.sent import hearing

NOW = datetime(2026, 3, 11, 11, 0, tzinfo=UTC)
TOMORROW = datetime(2026, 3, 11, 23, 0, tzinfo=UTC)
ROLES = ("incidents.process_staff", "team.service_desk", "team.storage")


@pytest.fixture
def anna(session: Session) -> Viewer:
    """Anna Novak, who holds two of the three roles."""
    person = create_person(session, login="anna.novak", name="Anna Novak")
    return Viewer(person.id, frozenset(ROLES[:2]))


@pytest.fixture
def ben(session: Session) -> Viewer:
    """Ben Osei, who holds another."""
    person = create_person(session, login="ben.osei", name="Ben Osei")
    return Viewer(person.id, frozenset(ROLES[2:]))


@pytest.fixture
def tasks(session: Session, anna: Viewer, ben: Viewer) -> list[dict[str, object]]:
    """Every mixture of status, role, assignee, due time and priority, in two processes."""
    bundle = Bundle(hash="x", diagram="walk", members=[], created_at=NOW)
    session.add(bundle)
    session.flush()
    cases = []
    for number, diagram in enumerate(("walk", "swim"), 1):
        case = Case(
            number=f"C-2026-00000{number}", diagram=diagram, area="incidents", diagram_version=1, bundle_id=bundle.id,
            title=f"To {diagram}", state=b"", started_at=NOW, journal_length=0, waits={},
        )  # fmt: skip
        session.add(case)
        cases.append(case)
    session.flush()
    due: list[datetime | None] = [None, *(NOW + timedelta(hours=hours) for hours in (-30, -1, 2, 11, 13, 300))]
    mixtures = itertools.product(("open", "done", "cancelled"), ROLES, (None, anna, ben), due, (1, 4), cases)
    rows = [
        {
            "case_id": case.id, "engine_id": uuid4(), "diagram": case.diagram, "element": "look",
            "name": f"Look {number}",
            "status": status, "role": role, "assignee_id": holder.person_id if holder else None, "due_at": moment,
            "priority": priority, "created_at": NOW, "version": 1,
            "completed_at": NOW - timedelta(minutes=number) if status == "done" else None,
            "completed_by_id": holder.person_id if holder and status == "done" else None,
            "escalated_to": (None, ROLES[1], ROLES[2], f"person:{anna.person_id}", None)[number % 5],
        }
        for number, (status, role, holder, moment, priority, case) in enumerate(mixtures)
    ]  # fmt: skip
    session.execute(insert(Task), rows)
    return rows


def expected(tasks: list[dict[str, object]], viewer: Viewer, wanted: Filter, processes: dict[int, str]) -> list[str]:
    """The names of the tasks that a tab shows, found by looking at each, in the order of the list."""

    def belongs(task: dict[str, object]) -> bool:
        if wanted.tab == "mine":
            return task["status"] == "open" and task["assignee_id"] == viewer.person_id
        if wanted.tab == "teams":
            return task["status"] == "open" and task["assignee_id"] is None and task["role"] in viewer.roles
        if wanted.tab == "escalated":
            return task["status"] == "open" and task["escalated_to"] in viewer.names
        return task["status"] == "done" and task["completed_by_id"] == viewer.person_id

    def passes(task: dict[str, object]) -> bool:
        moment = task["due_at"]
        return (
            (wanted.due_before is None or (isinstance(moment, datetime) and moment < wanted.due_before))
            and (not wanted.high or int(str(task["priority"])) <= inbox.HIGH)
            and (not wanted.process or processes[int(str(task["case_id"]))] == wanted.process)
            and (not wanted.role or task["escalated_to" if wanted.tab == "escalated" else "role"] == wanted.role)
            and (not wanted.text or wanted.text.lower() in f"To {processes[int(str(task['case_id']))]}".lower())
        )

    found = [task for task in tasks if belongs(task) and passes(task)]
    far = datetime.max.replace(tzinfo=UTC)
    if wanted.tab == "done":
        found.sort(key=lambda task: str(task["completed_at"]), reverse=True)
    else:
        found.sort(key=lambda task: task["due_at"] or far)  # type: ignore[arg-type, return-value]
    return [str(task["name"]) for task in found]


def walked(session: Session, viewer: Viewer, wanted: Filter, limit: int = 7) -> list[Row]:
    """All rows of a tab, page after page."""

    def pages() -> Iterator[Row]:
        after: Cursor | None = None
        while True:
            page = inbox.listing(session, viewer, wanted, after, limit)
            yield from page.rows
            if page.next is None:
                return
            after = page.next

    return list(pages())


FILTERS = [
    Filter(tab, due, high, process, role, words)
    for tab, due, high, process, role, words in itertools.product(
        ("mine", "teams", "escalated", "done"),
        (None, TOMORROW),
        (False, True),
        ("", "walk"),
        ("", ROLES[0], ROLES[2]),
        ("", "swim"),
    )
]


def test_every_filter_shows_what_it_says_page_by_page(
    session: Session, tasks: list[dict[str, object]], anna: Viewer
) -> None:
    processes = {int(row.id): row.diagram for row in session.execute(text("SELECT id, diagram FROM process_case"))}
    for wanted in FILTERS:
        rows = walked(session, anna, wanted)
        assert sorted(row.name for row in rows) == sorted(expected(tasks, anna, wanted, processes)), wanted
        if wanted.tab == "done":
            keys = [(row.completed_at or NOW, row.id) for row in rows]
            assert keys == sorted(keys, reverse=True), wanted
        else:
            places = [(row.due_at is None, row.due_at or NOW, row.id) for row in rows]
            assert places == sorted(places), wanted


def test_counts_are_those_of_the_list(session: Session, tasks: list[dict[str, object]], anna: Viewer) -> None:
    tabs: tuple[Tab, ...] = ("mine", "teams", "escalated")
    mine, teams, escalated = (walked(session, anna, Filter(tab), limit=500) for tab in tabs)
    mine_late = sum(1 for row in mine if row.due_at is not None and row.due_at < NOW)
    for wanted in FILTERS:
        if wanted.tab == "done" or wanted.text:
            continue
        rows = walked(session, anna, wanted, limit=500)
        late = sum(1 for row in rows if row.due_at is not None and row.due_at < NOW)
        today = sum(1 for row in rows if row.due_at is not None and NOW <= row.due_at < TOMORROW)
        found = inbox.counts(session, anna, wanted, NOW, TOMORROW)
        whole = len(mine), mine_late, len(teams), len(escalated)
        assert found == Counts(*whole, 0, late, today, len(rows) - late - today), wanted
    assert inbox.assigned(session, anna, NOW) == inbox.Badge(len(mine), mine_late)


def test_the_overview_is_the_list_with_its_counts(
    session: Session, tasks: list[dict[str, object]], anna: Viewer
) -> None:
    for wanted in [*FILTERS, Filter("mine", process="nothing"), Filter("teams", text="nothing")]:
        first = inbox.listing(session, anna, wanted, None, 7)
        for after in (None, first.next):
            page = inbox.listing(session, anna, wanted, after, 7)
            counted = inbox.counts(session, anna, wanted, NOW, TOMORROW)
            assert inbox.overview(session, anna, wanted, after, NOW, TOMORROW, 7) == (page, counted), wanted


def test_nobody_sees_the_tasks_of_others(session: Session, tasks: list[dict[str, object]], ben: Viewer) -> None:
    for tab in ("mine", "teams", "done"):
        for row in walked(session, ben, Filter(tab), limit=500):  # type: ignore[arg-type]
            assert row.assignee_id in (None, ben.person_id)
            assert tab != "teams" or row.role == ROLES[2]


def test_whoever_holds_no_role_is_offered_nothing(session: Session, tasks: list[dict[str, object]]) -> None:
    assert inbox.listing(session, Viewer(0, frozenset()), Filter("teams")).rows == []


def test_a_long_list_is_read_from_the_beginning_of_an_index(database: Database) -> None:
    with database.transaction() as session:
        anna = create_person(session, login="anna.novak", name="Anna Novak")
        session.add(Bundle(hash="x", diagram="walk", members=[], created_at=NOW))
        session.flush()
        session.execute(
            text(
                "INSERT INTO process_case (number, diagram, area, diagram_version, bundle_id, title, state, started_at)"
                " SELECT 'C-1', 'walk', 'incidents', 1, id, 'Walk', '', now() FROM bundle"
            )
        )
        session.execute(
            text(
                "INSERT INTO task"
                " (case_id, engine_id, diagram, element, name, status, role, assignee_id, due_at, created_at)"
                " SELECT c.id, gen_random_uuid(), 'walk', 'look', 'Look',"
                " CASE WHEN n % 10 = 0 THEN 'open' ELSE 'done' END, 'role.' || n % 7,"
                " CASE WHEN n % 20 = 0 THEN CAST(:person AS bigint) END, now() + n * interval '1 minute',"
                " now() FROM process_case c, generate_series(1, 20000) n"
            ),
            {"person": anna.id},
        )
        person = anna.id
    with database.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE task"))
    viewer = Viewer(person, frozenset({"role.1", "role.2", "role.3"}))
    with database.transaction() as session:
        long = (Filter("mine"), Filter("teams"), Filter("teams", due_before=TOMORROW), Filter("escalated"))
        for wanted in long:
            plans: list[str] = []

            def explain(cursor: Any, statement: str, values: Any) -> None:
                if "FROM task" in statement and not statement.startswith("EXPLAIN"):
                    explained = cursor.connection.execute(f"EXPLAIN {statement}", values)
                    plans.extend(row[0] for row in explained)  # noqa: B023

            with hearing(database.engine, explain):
                inbox.overview(session, viewer, wanted, None, NOW, TOMORROW)
            plan = "\n".join(plans)
            assert "Seq Scan on task" not in plan, plan
            index = {"mine": "ix_task_mine", "teams": "ix_task_role", "escalated": "ix_task_escalated"}[wanted.tab]
            assert index in plan, plan
