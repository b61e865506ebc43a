"""Imports: what would become of each row, storing all or nothing, and what stands in the way."""

from typing import Any

import pytest
from sqlalchemy import delete, select

from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.people import directory
from app.domain.people.accounts import create_person
from app.domain.people.records import RoleAssignment, Team
from app.domain.records.history import history_of
from app.domain.records.records import Record, RecordTag
from app.domain.records.writer import Trace
from app.errors import Conflict, Forbidden
from app.insight.batches import batches
from app.insight.batches.records import Batch, BatchLine
from app.insight.batches.storing import Stale
from tests.at_once import at_once
from tests.insight.batches.desk import batch_of, bring, carry_out, history, outcome, records
from tests.sent import sent
from tests.stage import STAFF, Stage, draw, form, text
from tests.web.api.conftest import ASKS, end, flows, user

HEAD = ("title", "status", "owner", "team", "opened_at", "closed_at", "asset", "floors", "+tags")
OLD = ("Printer  jams", "Closed", "anna.novak", "", "2025-03-30 02:30", "31.03.2025 16:50", "PR-17", "3", "Old, Paper")
NEW = ("Mail is slow", "open", "", "network", "", "", "", "", "")


def make(stage: Stage, title: str = "Printer jams", **values: Any) -> int:
    with stage.parts.database.transaction() as session:
        return stage.parts.records.create(
            session, "incident", title=title, requester_id=None, owner_id=None, values=values, actor_id=None,
            case_id=None, element="",
        )[0]  # fmt: skip


def test_new_records_get_numbers_values_tags_and_a_history(stage: Stage) -> None:
    batch_id = bring(stage, OLD, NEW, head=HEAD)
    assert [line.fate for line in outcome(stage, batch_id)] == ["new", "new"]
    assert records(stage) == [], "a dry run stores nothing"
    carry_out(stage, batch_id)
    first, second = records(stage)
    assert (first["title"], first["status"], first["asset"], first["floors"]) == ("Printer jams", "closed", "PR-17", 3)
    assert first["opened_at"].startswith("2025-03-30T01:30"), "in the hour that summer time leaves out"
    assert first["closed_at"].startswith("2025-03-31T14:50")
    assert first["owner"] == str(stage.people["Anna Novak"])
    assert (second["status"], second["closed_at"], second["level"]) == ("open", None, 1)
    with stage.parts.database.transaction() as session:
        record = session.get_one(Record, int(first["id"]))
        assert stage.parts.journal.verify(session, f"record:{record.id}", head=record.journal_head).sound
        assert history(session, record.id) == ["record.imported", "tag.added", "tag.added"]
        made = history_of(session, stage.parts.records.catalogue.get("incident"), record.id)[-1]
        assert (made.actor, made.details["reason"]) == ("Ines Duarte", "old.csv: We move house.")
        assert {change.name for change in made.changes} >= {"title", "status", "asset"}
        note = session.scalars(select(JournalEntry).where(JournalEntry.event == "records.imported")).one()
        assert (note.data["new"], note.data["changed"]) == (2, 0)
        said = select(JournalPayload.content).where(JournalPayload.chain == note.chain)
        assert session.scalars(said).one() == {"name": "old.csv", "reason": "We move house."}
    with pytest.raises(Conflict):
        carry_out(stage, batch_id)
    assert len(records(stage)) == 2


def test_closed_records_have_times_that_fit_together(stage: Stage) -> None:
    rows = [("One", "closed", ""), ("Two", "closed", "2025-03-31 16:50")]
    carry_out(stage, bring(stage, *rows, head=("title", "status", "closed_at")))
    for found in records(stage):
        assert found["opened_at"] <= found["closed_at"]
    batch_id = bring(stage, *rows, head=("title", "status", "closed_at"), match="title")
    assert [line.fate for line in outcome(stage, batch_id)] == ["same", "same"]


def test_each_wrong_cell_is_named_and_nothing_is_stored(stage: Stage) -> None:
    with stage.parts.database.transaction() as session:
        create_person(session, login="anna.novak.2", name="Anna Novak")
    head = (*HEAD, "requester")
    batch_id = bring(
        stage,
        ("", "open", "nobody", "network", "soon", "", "", "many", "", "Anna Novak"),
        ("Future", "Gone", "", "networks", "2999-01-01", "", "", "", "", ""),
        ("Open and closed", "open", "", "", "", "2026-01-01", "", "", "", ""),
        ("Upside down", "closed", "", "", "2026-02-01", "2026-01-01", "", "", "", ""),
        ("Good", "open", "", "", "", "", "", "", "", ""),
        ("Wide", "open", "", "", "", "", "", "", "", "", "more"),
        head=head,
    )
    found = {line.row: {column: str(told) for column, told in line.faults} for line in outcome(stage, batch_id)}
    assert found[2].keys() == {"Title", "Owner", "Opened", "Floors", "Caller"}
    assert found[2]["Caller"] == "“Anna Novak” may be: anna.novak, anna.novak.2. Write the login."
    assert found[3].keys() == {"Status", "Team", "Opened"}
    assert found[4] == {"Closed": "What is not closed has no such time."}
    assert found[5] == {"Closed": "It was closed before it was opened."}
    assert found[6] == {} and "more cells" in found[7][""]
    with pytest.raises(Conflict):
        carry_out(stage, batch_id)
    assert records(stage) == []


def test_records_are_known_again_and_changed_only_where_they_differ(stage: Stage) -> None:
    first, second = make(stage, asset="PR-17", cause="Dust"), make(stage, "Mail is slow", asset="M-1")
    [one, two] = records(stage)
    batch_id = bring(
        stage,
        (one["number"].lower(), "Printer is broken", "PR-17", ""), (two["number"], "Mail is slow", "M-1", ""),
        ("", "Something new", "", "Rust"),
        head=("number", "title", "asset", "cause"), match="number",
    )  # fmt: skip
    planned = outcome(stage, batch_id)
    assert [line.fate for line in planned] == ["changed", "same", "new"]
    assert (planned[0].before, planned[0].after) == ({"title": "Printer jams"}, {"title": "Printer is broken"})
    carry_out(stage, batch_id)
    assert [one["title"] for one in records(stage)] == ["Printer is broken", "Mail is slow", "Something new"]
    assert records(stage)[0]["cause"] == "Dust", "an empty cell changes nothing"
    with stage.parts.database.transaction() as session:
        assert history(session, first) == ["record.created", "record.changed"]
        assert history(session, second) == ["record.created"]
        record = session.get_one(Record, first)
        assert stage.parts.journal.verify(session, f"record:{first}", head=record.journal_head).sound
    batch_id = bring(stage, (one["number"], ""), head=("number", "cause"), match="number", empty="clear")
    carry_out(stage, batch_id)
    assert records(stage)[0]["cause"] is None


@pytest.mark.parametrize(
    ("rules", "rows", "fates"),
    [
        ({"found": "skip"}, [("A-1", "x"), ("A-9", "y")], ["skipped", "new"]),
        ({"found": "refuse"}, [("A-1", "x")], ["wrong"]),
        ({"missing": "refuse"}, [("A-9", "x")], ["wrong"]),
        ({}, [("A-9", "x"), ("A-9", "y")], ["new", "wrong"]),
        ({}, [("A-2", "x")], ["wrong"]),
        ({}, [("", "x")], ["wrong"]),
    ],
    ids=["skip", "refuse", "refuse missing", "twice in the table", "twice in the records", "empty"],
)
def test_match_rules(stage: Stage, rules: dict[str, str], rows: list[tuple[str, str]], fates: list[str]) -> None:
    make(stage, asset="A-1"), make(stage, asset="A-2"), make(stage, asset="A-2")
    batch_id = bring(stage, *rows, head=("asset", "title"), match="asset", **rules)
    assert [line.fate for line in outcome(stage, batch_id)] == fates


def test_what_a_running_case_sets_is_left_to_it_and_what_it_left_stays(stage: Stage) -> None:
    body = ASKS + user("look") + end() + flows("s look e")
    stage.publish(draw("walk", body, record="incident"), form("report", text("title", required=True)), form("look"))
    case_id = stage.start(values={"title": "Storage is gone"})
    number = stage.record(case_id)["number"]

    def faults(*row: str, head: tuple[str, ...]) -> list[str]:
        [line] = outcome(stage, bring(stage, (number, *row), head=("number", *head), match="number"))
        return [column for column, _ in line.faults]

    assert faults("Other", "PR-17", head=("title", "asset")) == ["Title"]
    assert faults("PR-17", head=("asset",)) == [], "no form of the process asks this"
    stage.complete("look")
    assert stage.case(case_id).status == "completed"
    assert faults("Other", "in progress", "2020-01-01", head=("title", "status", "opened_at")) == ["Status", "Opened"]


def test_a_record_that_was_changed_or_made_meanwhile_stops_everything(stage: Stage) -> None:
    first = make(stage, asset="A-1")
    with stage.parts.database.transaction() as session:
        number = session.get_one(Record, first).number
    batch_id = bring(stage, ("A-1", "Better"), ("A-9", "New"), head=("asset", "title"), match="asset")
    with stage.parts.database.transaction() as session:
        locked = stage.parts.records.locked(session, "incident", first)
        stage.parts.records.change(session, locked, {"title": "Elsewhere"}, Trace())
    with pytest.raises(Stale, match=number):
        carry_out(stage, batch_id)
    assert [one["title"] for one in records(stage)] == ["Elsewhere"]
    with stage.parts.database.transaction() as session:
        stage.parts.batches.check(session, session.get_one(Batch, batch_id))
    make(stage, "Made meanwhile", asset="A-9")
    with pytest.raises(Stale):
        carry_out(stage, batch_id)
    assert [one["title"] for one in records(stage)] == ["Elsewhere", "Made meanwhile"]


def test_only_who_runs_the_process_imports_and_only_as_long_as_they_do(stage: Stage) -> None:
    for name in ("Anna Novak", "Chiara Ricci", "Paul Okafor", "Sofia Lindqvist"):
        with pytest.raises(Forbidden):
            bring(stage, ("x",), head=("title",), by=name)
    batch_id = bring(stage, ("x",), head=("title",))
    with stage.parts.database.transaction() as session:
        session.execute(delete(RoleAssignment).where(RoleAssignment.person_id == stage.people["Ines Duarte"]))
    with pytest.raises(Forbidden):
        carry_out(stage, batch_id)
    assert records(stage) == []


def test_ten_thousand_rows_with_errors_leave_nothing_and_without_cost_few_statements(stage: Stage) -> None:
    make(stage, "Number 5", asset="A-5")
    rows = [(f"A-{place}", f"Number {place}", "anna.novak" if place % 2 else "Ben Osei") for place in range(10_000)]
    rows[7_777] = ("A-7777", "", "nobody at all")
    head = ("asset", "title", "owner")
    batch_id = bring(stage, *rows, head=head, match="asset")
    assert batch_of(stage, batch_id).state == "checking", "a job does it"
    with sent(stage.parts.database.engine) as texts:
        stage.work()
    assert batch_of(stage, batch_id).counts == {"new": 9_998, "changed": 1, "wrong": 1}
    assert len(texts) < 80, "no statement for each row"
    with pytest.raises(Conflict):
        carry_out(stage, batch_id)
    assert len(records(stage)) == 1
    with stage.parts.database.transaction() as session:
        assert session.scalars(select(JournalEntry.id).where(JournalEntry.event == "records.imported")).all() == []
    rows[7_777] = ("A-7777", "Number 7777", "")
    batch_id = bring(stage, *rows, head=head, match="asset")
    stage.work()
    with sent(stage.parts.database.engine) as texts:
        carry_out(stage, batch_id)
    batch = batch_of(stage, batch_id)
    assert (batch.state, batch.done, stage.count(Record)) == ("stored", 10_000, 10_000)
    assert len(texts) < 250, "no statement for each record"
    with stage.parts.database.transaction() as session:
        for number in ("0001", "0002", "9999"):
            record = session.scalars(select(Record).where(Record.number.endswith(number)).limit(1)).one()
            assert stage.parts.journal.verify(session, f"record:{record.id}", head=record.journal_head).sound
        assert session.scalar(select(BatchLine.number).where(BatchLine.row == 3)) is not None


def test_two_who_press_at_once_store_it_once(stage: Stage) -> None:
    batch_id = bring(stage, *((f"Number {place}",) for place in range(50)), head=("title",))

    def check() -> None:
        with stage.parts.database.transaction() as session:
            stage.parts.batches.check(session, session.get_one(Batch, batch_id))

    assert [failure for failure in at_once(check, check) if failure] == []
    failures = at_once(*[lambda: carry_out(stage, batch_id)] * 2)
    assert sorted(type(failure).__name__ for failure in failures) == ["Conflict", "NoneType"]
    assert stage.count(Record) == 50


def test_a_fault_at_the_last_row_takes_everything_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    batch_id = bring(stage, *((f"Number {place}",) for place in range(1_500)), head=("title",))
    stage.work()
    seen: list[int] = []

    def break_at_the_end(_batch: int, done: int) -> None:
        seen.append(done)
        if done == 1_500:
            raise Conflict("The lights went out.")

    monkeypatch.setattr(stage.parts.batches, "_progress", break_at_the_end)
    carry_out(stage, batch_id)
    batch = batch_of(stage, batch_id)
    assert seen == [1_000, 1_500]
    assert (batch.state, batch.fault) == ("failed", {"told": "The lights went out."})
    assert stage.count(Record) == 0
    monkeypatch.undo()
    with stage.parts.database.transaction() as session:
        stage.parts.batches.check(session, session.get_one(Batch, batch_id))
    stage.work()
    carry_out(stage, batch_id)
    assert stage.count(Record) == 1_500


def test_batches_are_forgotten_after_a_while(stage: Stage) -> None:
    batch_id = bring(stage, ("x",), head=("title",))
    with stage.parts.database.transaction() as session:
        assert batches.forget(session) == 0
        session.get_one(Batch, batch_id).at -= 2 * batches.KEPT
        session.flush()
        assert batches.forget(session) == 1
        assert session.scalars(select(BatchLine.row)).all() == []


def test_tags_of_a_table_are_added_to_those_that_are_there(stage: Stage) -> None:
    batch_id = bring(stage, ("A-1", "x", "one"), head=("asset", "title", "+tags"), match="asset")
    carry_out(stage, batch_id)
    batch_id = bring(stage, ("A-1", "two, ONE"), head=("asset", "+tags"), match="asset")
    [line] = outcome(stage, batch_id)
    assert (line.before, line.after) == ({"+tags": ["one"]}, {"+tags": ["one", "two"]})
    carry_out(stage, batch_id)
    assert len(stage.parts.records.kinds()) and _count_tags(stage) == 2


def _count_tags(stage: Stage) -> int:
    with stage.parts.database.transaction() as session:
        return len(session.scalars(select(RecordTag.tag_id)).all())


def test_names_of_teams_and_of_those_who_left_are_found(stage: Stage) -> None:
    with stage.parts.database.transaction() as session:
        session.add(Team(key="other", name="Network"))
        gone = create_person(session, login="gone", name="Gone Away")
        gone.active = False
        session.flush()
        directory.assign_role(session, STAFF, person_id=gone.id)
    batch_id = bring(stage, ("x", "NETWORK", "Gone away"), head=("title", "team", "owner"))
    [line] = outcome(stage, batch_id)
    assert line.faults == [], "a key tells more than a name, and history names people who have left"
