"""Lists of records, one record, its comments, files and history."""

import csv
import io
from datetime import datetime

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from app.domain.people import directory
from app.domain.records.history import MOST
from app.domain.records.records import Comment, Record, StoredFile
from app.domain.records.writer import Trace
from app.engine.records import Case
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import YEAR, ask, draw, form, text
from tests.web.office import Office

NEXT = f"INC-{YEAR}-0002"
PATH = f"/records/incident/INC-{YEAR}-0001"


@pytest.fixture(autouse=True)
def reported(office: Office) -> str:
    """One incident, reported by Chiara Ricci."""
    return office.report("Mail is slow")


def test_a_record_shows_its_attributes_and_cases(office: Office, reported: str) -> None:
    page = office.browser("Anna Novak").see(PATH)
    facts = dict(zip(page.texts("//dl[1]/dt"), page.texts("//dl[1]/dd"), strict=False))
    assert facts["Caller"] == "Chiara Ricci"
    assert facts["Status"] == "Open"
    assert f"/cases/{reported}" in page.links()


def test_each_person_sees_the_records_they_need_to_know(office: Office) -> None:
    office.report("Printer jams", by="Anna Novak")
    assert len(office.browser("Anna Novak").see("/records/incident").all("//tbody/tr")) == 2
    assert len(office.browser("Chiara Ricci").see("/records/incident").all("//tbody/tr")) == 1
    assert office.browser("Chiara Ricci").get(f"/records/incident/INC-{YEAR}-0002").status_code == 404


@pytest.mark.parametrize("path", ["/records/nonsense", "/records/incident/INC-1", f"/records/service/INC-{YEAR}-0001"])
def test_what_is_not_there_is_not_there(office: Office, path: str) -> None:
    assert office.browser("Anna Novak").get(path).status_code == 404


def test_the_list_is_searched_by_words_and_numbers(office: Office) -> None:
    office.report("Printer jams")
    anna = office.browser("Anna Novak")
    assert anna.see("/records/incident?q=print").texts("//td[2]") == ["Printer jams"]
    assert anna.see(f"/records/incident?q=INC-{YEAR}-0001").texts("//td[2]") == ["Mail is slow"]
    assert anna.see("/records/incident?q=%27%29%3B--").texts("//tbody/tr") != []
    assert anna.see("/records/incident?status=closed").all("//tbody/tr") == []


def test_internal_notes_stay_among_staff(office: Office) -> None:
    anna, chiara = office.browser("Anna Novak"), office.browser("Chiara Ricci")
    anna.post(f"{PATH}/comments", {"body": "She always says so."})
    anna.post(f"{PATH}/comments", {"body": "We are on it.", "public": "1"})
    assert "She always says so." in anna.see(f"{PATH}?view=comments").text
    seen = chiara.see(f"{PATH}?view=comments").text
    assert "We are on it." in seen
    assert "She always says so." not in seen


def test_what_the_requester_writes_is_public(office: Office) -> None:
    office.browser("Chiara Ricci").post(f"{PATH}/comments", {"body": "Still slow <b>today</b>"})
    page = office.browser("Anna Novak").see(f"{PATH}?view=comments")
    assert "Still slow <b>today</b>" in page.text
    assert not page.all("//div[@class='said']/b")
    with office.parts.database.transaction() as session:
        assert session.scalars(select(Comment.public)).all() == [True]


def test_an_empty_comment_is_refused(office: Office) -> None:
    answer = office.browser("Anna Novak").post(f"{PATH}/comments", {"body": "   "})
    assert answer.status_code == 422
    assert "Please write something." in answer.text


def test_a_comment_on_a_task_page_leads_back_there(office: Office, reported: str) -> None:
    path = f"/work/tasks/{office.task(reported).id}?view=comments"
    anna = office.browser("Anna Novak")
    answer = anna.post(f"{PATH}/comments", {"body": "Noted"}, headers={"referer": f"http://testserver{path}"})
    assert answer.headers["location"] == path
    elsewhere = anna.post(
        f"{PATH}/comments", {"body": "Noted"}, headers={"referer": "http://elsewhere.example/work/tasks/1"}
    )
    assert elsewhere.headers["location"] == f"{PATH}?view=comments"


def test_a_file_is_kept_listed_and_given_out_as_a_download(office: Office) -> None:
    anna = office.browser("Anna Novak")
    html = b"<script>alert(1)</script>"
    assert anna.post(f"{PATH}/files", files={"file": ('Fehler "ä".html', html)}).status_code == 303
    page = anna.see(f"{PATH}?view=files")
    link = next(link for link in page.links() if link.startswith("/files/"))
    answer = office.browser("Chiara Ricci").get(link)
    assert answer.content == html
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''Fehler%20%" in answer.headers["content-disposition"]
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_file_is_given_only_to_those_who_may_know_its_record(office: Office) -> None:
    office.report("Printer jams", by="Anna Novak")
    office.browser("Anna Novak").post(f"/records/incident/INC-{YEAR}-0002/files", files={"file": ("a.txt", b"a")})
    with office.parts.database.transaction() as session:
        number = session.scalars(select(StoredFile.id)).one()
    assert office.browser("Chiara Ricci").get(f"/files/{number}").status_code == 404
    assert office.browser("Anna Novak").get(f"/files/{number}").status_code == 200
    assert office.visitor().get(f"/files/{number}").status_code == 303


def test_an_empty_or_missing_file_is_refused(office: Office) -> None:
    anna = office.browser("Anna Novak")
    assert anna.post(f"{PATH}/files", files={"file": ("a.txt", b"")}).status_code == 422
    assert anna.post(f"{PATH}/files").status_code == 422


def test_the_history_tells_before_and_after_in_words(office: Office) -> None:
    page = office.browser("Anna Novak").see(f"{PATH}?view=history")
    assert "Recorded by Chiara Ricci" in page.text
    assert ["Title", "–", "Mail is slow"] in [
        [" ".join(cell.text_content().split()) for cell in row] for row in page.all("//tbody/tr")
    ]


def test_the_history_says_in_which_step_and_is_narrowed(office: Office, reported: str) -> None:
    anna = office.browser("Anna Novak")
    anna.post(f"{PATH}/comments", {"body": "Look at the queue"})
    anna.post(f"{PATH}/links", {"type": "related_to:nonsense", "to~text": "x"})
    page = anna.see(f"{PATH}?view=history")
    assert f"/cases/{reported}" in page.links()
    assert "Look at the queue" in page.text and "Recorded by" in page.text
    talk = anna.see(f"{PATH}?view=history&what=talk").text
    assert "Look at the queue" in talk and "Recorded by" not in talk
    assert "Look at the queue" not in anna.see(f"{PATH}?view=history&what=changes").text
    assert "There is nothing of this kind." in anna.see(f"{PATH}?view=history&what=links").text
    assert "Recorded by" in anna.see(f"{PATH}?view=history&what=nonsense").text


def test_files_and_references_in_custom_fields_are_shown_by_name_to_those_who_may_have_them(office: Office) -> None:
    anna, ben = office.browser("Anna Novak"), office.browser("Ben Osei")
    data = {"title": "Disk is full", "description": "Since today.", "_form": "complete"}
    picture = ("Fehlerbild.png", b"\x89PNG", "image/png")
    assert anna.post("/start/incident", data, files={"attachments~upload": picture}).status_code == 303
    with office.parts.database.transaction() as session:
        record = session.scalars(select(Record).where(Record.title == "Disk is full")).one()
        known = session.scalars(select(StoredFile)).one()
        # A file that somebody else has sent and that belongs to nothing yet.
        session.add(StoredFile(name="secret.pdf", media_type="application/pdf", size=1, sha256="x" * 64, content=b"x",
                               uploaded_by_id=office.people["Chiara Ricci"], at=record.opened_at))  # fmt: skip
        session.flush()
        hidden = session.scalars(select(StoredFile.id).where(StoredFile.name == "secret.pdf")).one()
        held = {"attachments": [str(known.id), str(hidden), "999"], "last_day": "2026-03-06"}
        locked = office.parts.records.locked(session, "incident", record.id)
        office.parts.records.change(session, locked, held, Trace(office.people["Anna Novak"]))
    number, link = record.number, f"/files/{known.id}"
    for path in (f"/records/incident/{number}", "/records/incident?columns=number,attachments"):
        page = ben.see(path)
        assert link in page.links() and "Fehlerbild.png" in page.text
        assert "secret.pdf" not in page.text and f"/files/{hidden}" not in page.links()
    history = ben.see(f"/records/incident/{number}?view=history").text
    assert "Fehlerbild.png, (not for you to know), (not for you to know)" in history and "secret.pdf" not in history
    table = ben.get("/lists/incident/export.csv?columns=attachments&status=").text
    assert "Fehlerbild.png" in table and "secret.pdf" not in table


def test_a_long_history_has_pages(office: Office) -> None:
    anna, trace = office.browser("Anna Novak"), Trace(office.people["Anna Novak"])
    with office.parts.database.transaction() as session:
        record = session.scalars(select(Record).where(Record.number == f"INC-{YEAR}-0001")).one()
        for number in range(230):
            locked = office.parts.records.locked(session, "incident", record.id)
            office.parts.records.change(session, locked, {"floor": f"Floor {number}"}, trace)
    page = anna.see(f"{PATH}?view=history&what=changes")
    lines = page.all("//div[@class='main']//ol[@class='tl']/li")
    assert len(lines) == MOST and "Floor 229" in lines[0].text_content()
    [earlier] = [link for link in page.links() if "before=" in link]
    page = anna.see(earlier)
    lines = page.all("//div[@class='main']//ol[@class='tl']/li")
    assert "Floor 29" in lines[0].text_content() and "Recorded by" in lines[-1].text_content()
    assert f"{PATH}?view=history&what=changes" in page.links() and not any("before=" in link for link in page.links())
    for spoilt in ("x", "0", "-1", "9" * 30):
        assert anna.get(f"{PATH}?view=history&before={spoilt}").status_code == 200


def test_files_and_references_in_rows_are_told_as_those_beside_them(office: Office, statements: list[str]) -> None:
    fields = [
        ask("filepicker", "photo"), ask("reference", "device", properties={"entity": "incident"}),
        ask("reference", "who", properties={"entity": "person"}),
        ask("datetime", "since", subtype="date", dateLabel="Since"),
        ask("select", "state", values=[{"label": "Broken for good", "value": "broken"}]), ask("checkbox", "urgent"),
    ]  # fmt: skip
    rows = {"type": "dynamiclist", "path": "rows", "label": "Damages", "components": fields}
    asks = f'<startEvent id="s">{extensions(form="damage")}</startEvent>'
    office.publish(
        draw("damage", asks + user("look") + end() + flows("s look e"), record="incident", lane="changes.process_staff",
             start_roles="incidents.process_staff"),
        form("damage", text("title"), rows), form("look"),
    )  # fmt: skip
    office.report("A disk is full", by="Anna Novak")
    with office.parts.database.transaction() as session:
        directory.assign_role(session, "changes.process_staff", person_id=office.people["Chiara Ricci"])
        device = session.scalars(select(Record.id).where(Record.title == "A disk is full")).one()
    anna, chiara = office.browser("Anna Novak"), office.browser("Chiara Ricci")
    ben = office.people["Ben Osei"]
    given = {"title": "Much is broken", "_form": "complete"}
    for row in range(2):
        given |= {f"rows[{row}].device": str(device), f"rows[{row}].who": str(ben), f"rows[{row}].state": "broken",
                  f"rows[{row}].since": f"2025-03-0{row + 6}", f"rows[{row}].urgent": "on"}  # fmt: skip
    sent = {f"rows[{row}].photo~upload": (f"Riss{row}.png", b"\x89PNG", "image/png") for row in range(2)}
    answer = anna.post("/start/damage", given, files=sent)
    assert answer.status_code == 303, answer.text
    with office.parts.database.transaction() as session:
        record = session.scalars(select(Record).where(Record.title == "Much is broken")).one()
        known = {row.name: row.id for row in session.scalars(select(StoredFile).order_by(StoredFile.id))}
        number = session.scalars(select(Case.number).where(Case.record_id == record.id)).one()
        # Somebody else's file, as a program could have written it there.
        secret = StoredFile(name="secret.pdf", media_type="application/pdf", size=1, sha256="x" * 64, content=b"x",
                            uploaded_by_id=ben, at=record.opened_at)  # fmt: skip
        session.add(secret)
        session.flush()
        locked = office.parts.records.locked(session, "incident", record.id)
        held = [*locked.custom["rows"], {"photo": [str(secret.id)], "device": "9" * 30, "more": "unasked"}]
        office.parts.records.change(session, locked, {"rows": held}, Trace(office.people["Anna Novak"]))
    path, task = f"/records/incident/{record.number}", office.task(number).id
    for page in (path, f"/work/tasks/{task}?view=record"):
        for browser, knows in ((anna, True), (chiara, False)):
            if browser is anna and page != path:
                continue
            seen = browser.see(page)
            [cell] = [one for one in seen.all("//dd") if "Riss0.png" in one.text_content()]
            first, second, third = (" ".join(one.text_content().split()) for one in cell.findall(".//li"))
            named = f"{NEXT} A disk is full · " if knows else ""
            assert first == f"Riss0.png · {named}Ben Osei · 6 Mar 2025 · Broken for good · yes"
            assert second.startswith("Riss1.png") and third == "unasked"
            assert {f"/files/{known['Riss0.png']}", f"/files/{known['Riss1.png']}"} <= set(seen.links())
            assert (f"/records/incident/{NEXT}" in [one.get("href") for one in cell.iter("a")]) is knows
            assert "secret.pdf" not in seen.text
    table = "/records/incident?columns=number,rows&status="
    for browser, named in ((anna, f"{NEXT} A disk is full · "), (chiara, "")):
        [cell] = [one for one in browser.see(table).all("//td") if "Riss0.png" in one.text_content()]
        assert f"Riss0.png · {named}Ben Osei · 6 Mar 2025 · Broken for good · yes" in cell.text_content()
        assert f"/files/{known['Riss0.png']}" in [one.get("href") for one in cell.iter("a")]
        lines = list(csv.reader(io.StringIO(browser.get("/lists/incident/export.csv?columns=rows&status=").text)))
        [rows] = [cell for line in lines for cell in line if "Riss0.png" in cell]
        assert rows.split("\n")[1:] == [f"Riss1.png · {named}Ben Osei · 2025-03-07 · Broken for good · yes", "unasked"]
    for browser, device_shown in ((anna, f"{NEXT} A disk is full"), (chiara, "(not for you to know)")):
        history = browser.see(f"{path}?view=history").text
        assert f"Riss1.png · {device_shown} · Ben Osei · 7 Mar 2025 · Broken for good · yes" in history
        assert "(not for you to know) · (not for you to know) · unasked" in history and "secret.pdf" not in history
    journal = chiara.see(f"/cases/{number}?view=journal").text
    assert "Riss0.png" in journal and "State: Broken for good" in journal and "secret.pdf" not in journal
    pages = (
        path,
        "/records/incident?columns=number,rows&status=",
        f"{path}?view=history",
        f"/cases/{number}?view=journal",
    )

    def counted() -> list[int]:
        found = []
        for page in pages:
            statements.clear()
            anna.see(page)
            found.append(len(statements))
        return found

    many = counted()
    with office.parts.database.transaction() as session:
        locked = office.parts.records.locked(session, "incident", record.id)
        office.parts.records.change(session, locked, {"rows": held[:1]}, Trace(office.people["Anna Novak"]))
    assert counted() == many


def test_answers_are_told_by_name_and_day_on_every_page(office: Office) -> None:
    day = ask("datetime", "last_day", subtype="date", dateLabel="Last day")
    files = ask("filepicker", "proofs", multiple=True)
    asks = f'<startEvent id="s">{extensions(form="goodbye")}</startEvent>'
    body = asks + user("look") + end() + flows("s look e")
    office.publish(
        draw("goodbye", body, record="incident", start_roles="incidents.process_staff"),
        form("goodbye", text("title"), day, files),
        form("look"),
    )
    anna = office.browser("Anna Novak")
    proof = ("Übergabe.pdf", b"x", "application/pdf")
    sent = {"title": "Good bye", "last_day": "2025-03-06", "_form": "complete"}
    assert anna.post("/start/goodbye", sent, files={"proofs~upload": proof}).status_code == 303
    with office.parts.database.transaction() as session:
        record = session.scalars(select(Record).where(Record.title == "Good bye")).one()
        case = session.scalars(select(Case.number).where(Case.record_id == record.id)).one()
    path = f"/records/incident/{record.number}"
    for page in (path, f"{path}?view=history", f"/cases/{case}?view=journal"):
        assert "Übergabe.pdf" in anna.see(page).text, page
    for page in (path, f"{path}?view=history"):
        assert "6 Mar 2025" in anna.see(page).text, page
    columns = "/records/incident?columns=number,last_day&sort=last_day&c1=last_day&o1=before&v1="
    assert "6 Mar 2025" in anna.see(f"{columns}2025-03-07").text
    assert anna.see(f"{columns}2025-03-06").all("//tbody/tr") == []
    workbook = anna.get("/lists/incident/export.xlsx?status=&columns=title,last_day&sort=last_day").content
    head, first, *_rest = load_workbook(io.BytesIO(workbook)).active.values
    assert head == ("Title", "Last day") and first == ("Good bye", datetime(2025, 3, 6))  # noqa: DTZ001
