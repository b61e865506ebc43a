"""Importing records from a table on the pages, from the file to the history; and that an export can come back."""

import csv
import io
import re
from typing import Any

import pytest
from openpyxl import Workbook
from sqlalchemy import select, update

from app import clock
from app.domain.people import accounts
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.engine.records import Case
from app.insight.batches.batches import AT_ONCE
from app.insight.batches.records import Batch
from app.jobs.runner import carry_out_due
from tests.web.office import Browser, Office, Seen

IMPORT = "/lists/incident/import"
RULES = {"match": "", "found": "update", "missing": "create", "empty": "leave", "zone": "Europe/Berlin"}
PRINTER = "Drucker;geschlossen;Anna Novak;Die Arbeit steht still;ja;PR-17\n"
GERMAN = "Titel;Status;Verantwortlich;Dringlichkeit;Schwer;Anlage\n"


def upload(browser: Browser, content: bytes, name: str = "old.csv") -> str:
    answer = browser.post(IMPORT, files={"file": (name, content)})
    assert answer.status_code == 303, re.findall(r'class="err"[^<]*<', answer.text) or answer.text[:2000]
    return str(answer.headers["location"])


def guessed(browser: Browser, path: str) -> dict[str, str]:
    """What the page of the columns would send as it is shown."""
    page = browser.see(path)
    found = {
        box.get("name"): (box.xpath(".//option[@selected]/@value") or [""])[0] for box in page.all("//main//select")
    }
    return {**found, "zone": page.all("//input[@name='zone']")[0].get("value")}


def check(browser: Browser, path: str, **changed: str) -> str:
    answer = browser.post(path, guessed(browser, path) | changed)
    assert answer.status_code == 303, answer.text[:3000]
    return str(answer.headers["location"])


def records(office: Office) -> list[dict[str, Any]]:
    with office.parts.database.transaction() as session:
        ids = list(session.scalars(select(Record.id).where(Record.kind == "incident").order_by(Record.id)))
        return office.parts.records.read_many(session, "incident", ids)


def test_a_table_is_read_checked_put_right_and_stored(office: Office) -> None:
    ines = office.browser("Ines Duarte")
    assert IMPORT in ines.see("/records/incident").links()
    path = upload(ines, (GERMAN + PRINTER + "Post;Neu;ben.osei;;nein;\n").encode())
    sent = guessed(ines, path)
    assert [sent[f"field-{place}"] for place in range(4)] == ["title", "status", "owner", "urgency"]
    assert sent["field-5"] == "", "nobody keeps this yet"
    preview = check(ines, path, **{"field-4": "major"})
    page = ines.see(preview)
    assert "“Neu” is none of the answers here" in page.text and "Status:" in page.text
    assert ines.post(preview, {"do": "store", "reason": "x"}).status_code == 409
    faults = ines.get(f"{preview}/faults.csv").content.decode("utf-8-sig")
    [head, line] = csv.reader(io.StringIO(faults))
    assert (head[0], line[0], line[2]) == ("Row", "3", "Status") and "Neu" in line[3]
    assert records(office) == []
    path = upload(ines, (GERMAN + PRINTER + "Post;Offen;ben.osei;;nein;\n").encode())
    assert guessed(ines, path)["field-4"] == "major", "remembered"
    preview = check(ines, path)
    assert ines.post(preview, {"do": "store", "reason": " "}).status_code == 422
    assert ines.post(preview, {"do": "store", "reason": "We move."}).headers["location"] == preview
    assert ines.post(preview, {"do": "store", "reason": "We move."}).headers["location"] == preview, "clicked twice"
    printer, mail = records(office)
    assert (printer["title"], printer["status"], printer["urgency"], printer["major"]) == (
        "Drucker", "closed", "now", True,
    )  # fmt: skip
    assert (mail["status"], mail["owner"]) == ("open", str(office.people["Ben Osei"]))
    shown = ines.see(f"/records/incident/{printer['number']}?view=history")
    assert "Imported by" in shown.text and "old.csv: We move." in shown.text
    assert "stored" in ines.see(preview).text


def test_what_an_export_writes_changes_nothing_when_it_comes_back(office: Office) -> None:
    office.report("=Printer jams\twith a tab"), office.report("Mail is slow", by="Anna Novak")
    with office.parts.database.transaction() as session:
        found = select(Record.id).where(Record.kind == "incident").order_by(Record.id)
        for place, record_id in enumerate(session.scalars(found).all()):
            locked = office.parts.records.locked(session, "incident", record_id)
            values = {"asset": "'=PR", "floors": 2.5, "cause": "@dust\r\n-and mice", "team": None, "flag": place == 0}
            office.parts.records.change(session, locked, values, Trace())
        session.execute(update(Person).where(Person.name == "Ines Duarte").values(time_zone="Asia/Kathmandu"))
    ines = office.browser("Ines Duarte")
    office.report("Made later")
    names = [str(box.get("value")) for box in ines.see("/records/incident").all("//input[@name='column']")]
    for format_of in ("csv", "xlsx"):
        parts = [names[start : start + 25] for start in range(0, len(names), 25)]
        for part in parts:
            columns = ",".join(dict.fromkeys(["number", *(name for name in part if name != "updated_at")]))
            answer = ines.get(f"/lists/incident/export.{format_of}?status=&columns={columns}")
            path = upload(ines, answer.content, f"back.{format_of}")
            sent = guessed(ines, path)
            assert (sent["match"], sent["zone"]) == ("number", "Asia/Kathmandu")
            page = ines.see(check(ines, path))
            assert page.texts("//nav[@class='tabs']/a") == ["unchanged 3"], page.text


def test_another_kind_of_file_and_rules_that_do_not_fit_are_refused(office: Office) -> None:
    ines = office.browser("Ines Duarte")
    assert ines.post(IMPORT).status_code == 422
    answer = ines.post(IMPORT, files={"file": ("x.csv", b"\x89PNG\x00")})
    assert answer.status_code == 422 and "neither a table" in answer.text
    book, file = Workbook(), io.BytesIO()
    book.active.append(["Title", "Title", "Number"]), book.active.append(["x", "y", "INC-1"])
    book.save(file)
    path = upload(ines, file.getvalue(), "../../x<b>.xlsx")
    fields = {"field-0": "title", "field-1": "", "field-2": ""}
    for wrong in (
        {"field-1": "title"}, {"field-0": "nonsense"}, {"field-0": ""}, {"match": "asset"}, {"match": "team"},
        {"field-2": "number"}, {"found": "x"}, {"missing": "x"}, {"empty": "x"}, {"zone": "Mars"},
    ):  # fmt: skip
        answer = ines.post(path, fields | RULES | wrong)
        assert answer.status_code == 422, wrong
    assert "x_b_.xlsx" in ines.see(path).text
    assert ines.get(check(ines, path, **fields, **RULES).replace("incident", "service")).status_code == 404
    again = guessed(ines, upload(ines, file.getvalue()))
    assert (again["field-0"], again["field-1"], again["field-2"]) == ("title", "", ""), "of two alike, one was taken"


def test_nobody_else_sees_or_stores_a_batch(office: Office) -> None:
    ines = office.browser("Ines Duarte")
    preview = check(ines, upload(ines, b"title\nSecret\n"))
    for name in ("Anna Novak", "Chiara Ricci"):
        browser = office.browser(name)
        assert browser.get(IMPORT).status_code == browser.post(IMPORT, files={"file": ("x", b"x")}).status_code == 403
        for path in (preview, f"{preview}/faults.csv"):
            assert browser.get(path).status_code == 404
        assert browser.post(preview, {"do": "store", "reason": "x"}).status_code == 404
        assert IMPORT not in browser.see("/records/incident").links()
    assert records(office) == []


def test_a_long_table_is_worked_on_by_a_job_and_says_how_far_it_is(office: Office) -> None:
    ines = office.browser("Ines Duarte")
    preview = check(ines, upload(ines, b"title\n" + b"".join(b"Number %d\n" % place for place in range(AT_ONCE + 1))))
    page = ines.see(preview)
    assert "The rows are being checked." in page.text and page.all("//main[@hx-trigger='every 2s']")
    carry_out_due(office.parts.queue, office.parts.database)
    page = ines.see(preview)
    assert page.texts("//nav[@class='tabs']/a") == [f"new {AT_ONCE + 1}"]
    assert len(page.all("//tbody/tr")) == 100
    more = next(link for link in page.links() if "after=" in link)
    assert len(ines.see(more).all("//tbody/tr")) == 100
    ines.post(preview, {"do": "store", "reason": "Many."})
    assert ines.see(preview).all("//progress")
    ines.post(preview, {"do": "store", "reason": "Many."})
    carry_out_due(office.parts.queue, office.parts.database)
    assert "stored" in ines.see(preview).text
    assert len(records(office)) == AT_ONCE + 1


def test_somebody_faster_is_told_and_it_can_be_checked_again(office: Office) -> None:
    office.report("Printer jams")
    with office.parts.database.transaction() as session:
        office.parts.records.create(
            session, "incident", title="Mail", requester_id=None, owner_id=None, values={}, actor_id=None,
            case_id=None, element="",
        )  # fmt: skip
    ines = office.browser("Ines Duarte")
    number = records(office)[-1]["number"]
    preview = check(ines, upload(ines, f"number,title\n{number},Post\n".encode()))
    with office.parts.database.transaction() as session:
        locked = office.parts.records.locked(session, "incident", int(records(office)[-1]["id"]))
        office.parts.records.change(session, locked, {"title": "Letters"}, Trace())
    answer = ines.post(preview, {"do": "store", "reason": "Words."})
    assert answer.status_code == 409 and number in answer.text and "Words." in answer.text
    ines.post(preview, {"do": "check"})
    assert "Letters" in ines.see(preview).text
    ines.post(preview, {"do": "store", "reason": "Words."})
    assert records(office)[-1]["title"] == "Post"


@pytest.mark.parametrize("path", ["/lists/case/import", "/lists/nonsense/import", "/lists/case/change"])
def test_cases_and_nonsense_have_none(office: Office, path: str) -> None:
    assert office.browser("Ines Duarte").get(path).status_code == 404


def test_several_records_are_changed_after_a_look(office: Office) -> None:
    led = office.report("Printer jams")
    ines = office.browser("Ines Duarte")
    preview = check(ines, upload(ines, b"title,status\nOne,open\nTwo,open\nThree,closed\n"))
    ines.post(preview, {"do": "store", "reason": "We move."})
    assert led and "/lists/incident/change?status=open" in ines.see("/records/incident").links()
    page = ines.see("/lists/incident/change?status=open")
    assert len(page.all("//input[@name='record']")) == 3
    sent = {"state": "status=open", "which": "all", "field": ["owner", "status"]}
    page_of_values = ines.post("/lists/incident/change", sent)
    assert page_of_values.status_code == 200 and 'name="value-owner"' in page_of_values.text
    sent |= {"value-owner": "nobody", "value-status": "closed", "tags_added": "Moved, Old", "watch": "ben.osei"}
    answer = ines.post("/lists/incident/change/plan", sent)
    assert answer.status_code == 422 and "There is nobody called “nobody”." in answer.text
    answer = ines.post("/lists/incident/change/plan", sent | {"value-owner": "Anna Novak"})
    assert answer.status_code == 303, answer.text[:2000]
    preview = answer.headers["location"]
    page = ines.see(preview)
    assert page.texts("//nav[@class='tabs']/a") == ["left out 1", "changed 2"]
    assert "A case is working on this record" in page.text
    text = ines.see(f"{preview}?fate=changed").text
    assert "Anna Novak" in text and "Ben Osei" in text and "moved, old" in text and "Closed" in text
    ines.post(preview, {"do": "store", "reason": "Tidying up."})
    statuses = {one["title"]: (one["status"], one["owner"]) for one in records(office)}
    anna = str(office.people["Anna Novak"])
    assert statuses["One"] == statuses["Two"] == ("closed", anna) and statuses["Printer jams"][0] == "open"
    chosen = {"which": "ticked", "record": [records(office)[-1]["id"]], "tags_removed": "moved", "tags_added": "x"}
    anna_s = office.browser("Anna Novak")
    preview = anna_s.post("/lists/incident/change/plan", chosen).headers["location"]
    anna_s.post(preview, {"do": "store", "reason": "Mine."})
    with office.parts.database.transaction() as session:
        assert [one.state for one in session.scalars(select(Batch).order_by(Batch.id))] == ["stored"] * 3
    assert office.browser("Chiara Ricci").get("/lists/incident/change").status_code == 403
    for nothing in ({"which": "ticked"}, {"which": "all", "state": "status=&q=nothinglikethis"}):
        assert ines.post("/lists/incident/change", nothing).status_code == 422


def test_who_was_chosen_from_the_suggestions_is_meant_whoever_is_called_alike(office: Office) -> None:
    office.report("Printer jams")
    with office.parts.database.transaction() as session:
        other = accounts.create_person(session, login="anna.novak2", name="Anna Novak").id
        record = session.scalars(select(Record.id).where(Record.title == "Printer jams")).one()
        session.execute(update(Case).values(status="cancelled", ended_at=clock.now()))
    ines = office.browser("Ines Duarte")
    sent = {"which": "ticked", "record": str(record), "field": ["owner"]}
    page = Seen(ines.post("/lists/incident/change", sent))
    assert page.all("//div[@data-reference='/references/person']/input[@name='value-owner~text']")
    typed = sent | {"value-owner": "", "value-owner~label": "", "value-owner~text": "Anna Novak"}
    refused = ines.post("/lists/incident/change/plan", typed)
    assert refused.status_code == 422 and "anna.novak2" in refused.text
    chosen = typed | {"value-owner": str(other), "value-owner~label": "Anna Novak"}
    # What was typed after choosing counts; so does an id that means nobody.
    for spoilt in ({"value-owner~text": "Anna Nova"}, {"value-owner": "99999"}, {"value-owner": "x"}):
        assert ines.post("/lists/incident/change/plan", chosen | spoilt).status_code == 422
    wrong = Seen(ines.post("/lists/incident/change/plan", chosen | {"watch": "nobody"}))
    assert wrong.all(f"//input[@name='value-owner'][@value='{other}']"), "the choice is kept"
    preview = ines.post("/lists/incident/change/plan", chosen).headers["location"]
    ines.post(preview, {"do": "store", "reason": "She looks after it."})
    assert [one["owner"] for one in records(office) if one["id"] == str(record)] == [str(other)]
