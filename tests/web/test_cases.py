"""The list of cases and the page of one."""

import pytest
from sqlalchemy import select

from app.database.journal_entry import Entry
from app.database.transaction import LOCKED
from app.domain.records.history import MOST
from app.engine.records import Case
from tests.stage import YEAR
from tests.web.office import Office
from tests.web.walks import walk


def test_a_case_shows_its_diagram_outline_tasks_and_facts(office: Office) -> None:
    number = office.report("Mail is slow")
    page = office.browser("Ines Duarte").see(f"/cases/{number}")
    assert page.texts("//h1") == ["Mail is slow"]
    lines = page.texts("//section[@id='outline']//li")
    assert any(line.startswith("2") and "now" in line for line in lines)
    assert any("Incident noticed ✓" in line for line in lines)
    assert page.all("//section[@id='outline']//li[contains(@class, 'lane')]")
    assert page.texts("//table//td/a") == ["Register the incident"]
    assert f"/records/incident/INC-{YEAR}-0001" in page.links()
    assert page.texts("//dl[@class='kv']/dd")[0] == "Chiara Ricci"


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ("messages", "Nothing was sent or received."),
        ("files", "There are no files."),
        ("comments", "Nobody has written anything yet."),
        ("journal", "Case started by Chiara Ricci"),
    ],
)
def test_its_other_parts_are_pages_of_their_own(office: Office, view: str, words: str) -> None:
    number = office.report()
    assert words in office.browser("Ines Duarte").see(f"/cases/{number}?view={view}").text


def test_a_long_journal_goes_back_to_its_beginning_page_by_page(office: Office) -> None:
    number = office.report()
    with office.parts.database.transaction() as session:
        case = session.scalars(select(Case).where(Case.number == number).with_for_update(**LOCKED)).one()
        entries = [
            Entry("task.reminded", case.started_at, None, f"step {place}", {}, None, case.id, None)
            for place in range(MOST + 30)
        ]
        case.journal_head, case.journal_length = office.parts.journal.write(
            session, f"case:{case.id}", case.journal_head, case.journal_length, entries
        )
    ines, task = office.browser("Ines Duarte"), office.task(number).id
    for path in (f"/cases/{number}?view=journal", f"/work/tasks/{task}?tab=teams&view=journal"):
        page = ines.see(path)
        lines = page.all("//section[@id='journal']/ol/li")
        assert len(lines) == MOST and f"step {MOST + 29}" in lines[0].text_content()
        assert page.text.count("To the newest") == 0
        [earlier] = [link for link in page.links() if "before=" in link]
        assert earlier.startswith(path), "the list beside it stays what it is"
        page = ines.see(earlier)
        lines = page.all("//section[@id='journal']/ol/li")
        assert "step 29" in lines[0].text_content() and "Case started by" in lines[-1].text_content()
        assert path in page.links() and not any("before=" in link for link in page.links())
        for spoilt in ("x", "0", "-1", "9" * 30):
            assert len(ines.see(f"{path}&before={spoilt}").all("//section[@id='journal']/ol/li")) == MOST


def test_whoever_merely_asked_does_not_read_the_journal(office: Office) -> None:
    number = office.report()
    chiara = office.browser("Chiara Ricci")
    assert f"/cases/{number}?view=journal" not in chiara.see(f"/cases/{number}").links()
    assert "Case started by" not in chiara.see(f"/cases/{number}?view=journal").text


def test_whoever_has_no_need_to_know_finds_nothing(office: Office) -> None:
    number = office.report(by="Anna Novak")
    stranger = office.browser("Chiara Ricci")
    for path in (f"/cases/{number}", f"/cases/{number}/diagrams/incident.bpmn", f"/cases/{number}/cancel"):
        assert stranger.get(path).status_code == 404
    assert number not in stranger.see("/cases").text
    assert number not in stranger.see("/search?q=storage").text


def test_the_diagram_is_that_of_the_cases_own_version(office: Office) -> None:
    number = office.report()
    answer = office.browser("Chiara Ricci").get(f"/cases/{number}/diagrams/incident.bpmn")
    assert answer.headers["content-type"] == "application/xml"
    assert answer.content.startswith(b"<?xml")
    assert office.browser("Chiara Ricci").get(f"/cases/{number}/diagrams/other.bpmn").status_code == 404


def test_the_list_filters_by_status_process_and_text(office: Office) -> None:
    first, second = office.report("Printer jams"), office.report("Mail is slow")
    ines = office.browser("Ines Duarte")
    ines.post(f"/cases/{first}/cancel", {"reason": "Reported twice"})

    def numbers(path: str) -> list[str]:
        return ines.see(path).texts("//td[@class='number'][1]/a[starts-with(text(), 'C-')]")

    assert numbers("/cases") == [second]
    assert numbers("/cases?status=cancelled") == [first]
    assert numbers("/cases?status=") == [second, first]
    assert numbers("/cases?status=&q=printer") == [first]
    assert numbers("/cases?status=&c1=process&o1=any&v1=approve_item") == []
    assert numbers("/cases?status=nonsense") == [second]


def test_a_long_list_goes_on_on_further_pages(office: Office) -> None:
    office.publish(*walk())
    browser = office.browser("Anna Novak")
    for _ in range(55):
        browser.post("/start/walk")
    page = browser.see("/cases?c1=process&o1=any&v1=walk")
    assert len(page.all("//tbody/tr")) == 50
    more = next(link for link in page.links() if "after=" in link)
    assert len(browser.see(more).all("//tbody/tr")) == 5


def test_who_did_it_stands_behind_by_or_apart_from_what_happened(office: Office) -> None:
    number = office.report()
    lines = office.browser("Ines Duarte").see(f"/cases/{number}?view=journal").texts("//section[@id='journal']/ol/li")
    assert any(line.startswith("Case started by Chiara Ricci") for line in lines)
    assert any("“Register the incident” opened · Chiara Ricci" in line for line in lines)
