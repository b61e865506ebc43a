"""Lists as files: what the reader may see, in their language and zone, and a line in the journal."""

import csv
import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from app.domain.journal.records import JournalEntry
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.web import exports
from tests.stage import YEAR
from tests.web.office import Browser, Office

CSV = "/lists/incident/export.csv"


@pytest.fixture(autouse=True)
def reported(office: Office) -> None:
    """Two incidents, the second of Anna Novak's; of the first, staff keep an asset."""
    office.report("=Printer jams"), office.report("Mail is slow", by="Anna Novak")
    with office.parts.database.transaction() as session:
        first = select(Record.id).where(Record.number == f"INC-{YEAR}-0001").scalar_subquery()
        session.execute(update(Record).where(Record.id == first).values(custom={"asset": "PR-17"}))


def rows(browser: Browser, path: str, delimiter: str = ",") -> list[list[str]]:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["content-disposition"].startswith("attachment; filename=")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_a_file_holds_the_list_as_it_is_filtered_with_its_columns(office: Office) -> None:
    anna = office.browser("Anna Novak")
    path = f"{CSV}?status=&sort=title&columns=number,title,requester,opened_at,asset"
    head, *lines = rows(anna, path)
    assert head == ["Number", "Title", "Caller", "Opened (Europe/Berlin)", "Asset"]
    assert [line[:3] + line[4:] for line in lines] == [
        [f"INC-{YEAR}-0001", "'=Printer jams", "Chiara Ricci", "PR-17"],
        [f"INC-{YEAR}-0002", "Mail is slow", "Anna Novak", ""],
    ]  # fmt: skip
    assert len(rows(anna, f"{CSV}?status=&q=mail")) == 2
    with office.parts.database.transaction() as session:
        exported = select(JournalEntry).where(JournalEntry.chain == "system:export")
        entries = session.scalars(exported.order_by(JournalEntry.id)).all()
        assert [(entry.event, entry.data["rows"]) for entry in entries] == [("list.exported", 2), ("list.exported", 1)]
        assert entries[0].actor_id == office.people["Anna Novak"]


def test_a_workbook_holds_the_same(office: Office) -> None:
    answer = office.browser("Anna Novak").get("/lists/incident/export.xlsx?status=&sort=title&columns=title,opened_at")
    head, first, _second = load_workbook(io.BytesIO(answer.content)).active.values
    assert head == ("Title", "Opened (Europe/Berlin)")
    assert first[0] == "=Printer jams"
    assert first[1].tzinfo is None


def test_a_file_shows_no_more_than_the_list(office: Office) -> None:
    chiara = office.browser("Chiara Ricci")
    assert chiara.get(f"{CSV}?status=&c1=asset&o1=filled").status_code == 303, "she knows of no such column"
    assert [line[0] for line in rows(chiara, f"{CSV}?status=&columns=number,asset")] == [
        "Number", f"INC-{YEAR}-0001",
    ]  # fmt: skip


def test_a_file_is_in_the_readers_language(office: Office) -> None:
    with office.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == "Anna Novak").values(locale="de", time_zone="Asia/Tokyo"))
    path = f"{CSV}?status=&columns=status,opened_at&sort=number"
    head, first, *_rest = rows(office.browser("Anna Novak"), path, ";")
    assert head == ["Status", "Eröffnet (Asia/Tokyo)"]
    assert first[0] == "Offen"


def test_a_list_that_is_too_long_is_not_cut_off_silently(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports.export, "__kwdefaults__", {"most": 1})
    anna = office.browser("Anna Novak")
    answer = anna.get(f"{CSV}?status=&sort=title")
    assert answer.headers["location"] == "/records/incident?status=&sort=title"
    assert "A file may have 1 rows at most" in anna.see(answer.headers["location"]).text
    with office.parts.database.transaction() as session:
        assert session.scalars(select(JournalEntry).where(JournalEntry.chain == "system:export")).all() == []


def test_cases_are_exported_too(office: Office) -> None:
    head, *lines = rows(
        office.browser("Ines Duarte"), "/lists/case/export.csv?status=open&columns=number,record,status"
    )
    assert head == ["Number", "Record", "Status"]
    assert [line[1] for line in lines] == [f"INC-{YEAR}-0002", f"INC-{YEAR}-0001"]


@pytest.mark.parametrize("path", ["/lists/nonsense/export.csv", "/lists/incident/export.pdf"])
def test_other_lists_and_formats_are_not_there(office: Office, path: str) -> None:
    assert office.browser("Anna Novak").get(path).status_code in (404, 422)
