"""Lists on pages: columns, conditions without a script, order, and filters that are kept and shared."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import select, update

from app.domain.journal.records import JournalEntry
from app.domain.records.records import Record
from app.insight.lists.records import SavedFilter
from tests.stage import YEAR
from tests.web.office import Browser, Office

LIST = "/records/incident"
PRINTERS = "status=&c1=title&o1=contains&v1=printer"


@pytest.fixture(autouse=True)
def reported(office: Office) -> None:
    """Three incidents, the last one of Anna Novak's."""
    office.report("Printer jams"), office.report("Mail is slow"), office.report("Printer is on fire", by="Anna Novak")


def titles(browser: Browser, path: str) -> list[str]:
    return browser.see(path).texts("//td[@class='title']")


def keep(browser: Browser, name: str = "Printers", shared: str = "", **more: str) -> str:
    sent = {"name": name, "shared_with": shared, "state": PRINTERS, **more}
    return str(browser.post("/lists/incident/filters", sent).headers["location"])


def test_tabs_keep_the_capitals_of_their_language(office: Office) -> None:
    chiara = office.browser("Chiara Ricci")
    chiara.post("/account", {"locale": "de", "time_zone": "Europe/Berlin"})
    assert chiara.see(LIST).texts("//nav[@class='tabs']/a")[1:3] == ["In Arbeit", "Wartet auf die meldende Person"]


def test_a_condition_is_made_step_by_step_without_a_script(office: Office) -> None:
    anna = office.browser("Anna Novak")
    page = anna.see(f"{LIST}?status=open&c1=title")
    assert len(page.all("//tbody/tr")) == 3, "what is not written yet filters nothing"
    assert page.texts("//select[@name='o1']/option")[:2] == ["contains", "does not contain"]
    assert titles(anna, f"{LIST}?status=open&c1=title&o1=contains&v1=FIRE") == ["Printer is on fire"]
    page = anna.see(f"{LIST}?status=open&c1=priority&o1=any&v1=P1")
    assert [box.get("value") for box in page.all("//input[@name='v1'][@checked]")] == ["P1"]
    assert titles(anna, f"{LIST}?status=open&c1=owner&o1=me") == []


def test_what_does_not_fit_is_said_at_its_row_and_shows_nothing(office: Office) -> None:
    page = office.browser("Anna Novak").see(f"{LIST}?status=open&c1=opened_at&o1=before&v1=soon")
    assert "Please give a date" in page.texts("//p[@class='err']")[0]
    assert page.all("//tbody/tr") == []
    assert page.all("//input[@name='v1'][@aria-invalid='true'][@value='soon'][@type='text']")


@pytest.mark.parametrize(
    "query",
    [
        "sort=nonsense", "columns=nonsense", "after=nonsense", "after=WyJpIiw2LDZd&sort=title",
        "c1=nonsense&o1=is&v1=x",
        "filter=nonsense", "filter=99999", "c1=title&o1=nonsense&v1=x", "c99=title", "c1=floor&o1=any&v1=%27%3B--",
        "q=" + "a" * 500,
    ],
)  # fmt: skip
def test_an_address_changed_by_hand_breaks_nothing(office: Office, query: str) -> None:
    for name in ("Anna Novak", "Chiara Ricci"):
        for path in (LIST, "/cases"):
            assert office.browser(name).get(f"{path}?{query}").status_code == 200


def test_a_column_is_sorted_by_its_heading(office: Office) -> None:
    anna = office.browser("Anna Novak")
    page = anna.see(LIST)
    href = next(link.get("href") for link in page.all("//th/a") if "sort=title" in link.get("href"))
    assert titles(anna, href) == ["Mail is slow", "Printer is on fire", "Printer jams"]
    assert anna.see(href).all("//th[@aria-sort='ascending']")
    assert titles(anna, href.replace("sort=title", "sort=-title"))[0] == "Printer jams"


def test_each_person_chooses_columns_and_their_order(office: Office) -> None:
    anna = office.browser("Anna Novak")
    sent = {"column": ["title", "number", "nonsense", "channel"], "place-number": "2", "place-title": "1"}
    assert anna.post("/lists/incident/columns", sent).status_code == 303
    assert anna.see(LIST).texts("//th") == ["Title", "Number", "Reported by"]
    assert office.browser("Ben Osei").see(LIST).texts("//th")[0] == "Number"
    assert anna.see(f"{LIST}?columns=priority,title").texts("//th") == ["Priority", "Title"]
    anna.post("/lists/incident/columns", {"column": "title", "usual": "1"})
    assert anna.see(LIST).texts("//th")[0] == "Number"


def test_custom_fields_that_forms_declare_are_columns_of_the_staff(office: Office) -> None:
    def names(name: str) -> list[str]:
        boxes = office.browser(name).see(LIST).all("//input[@name='column']")
        return [str(box.get("value")) for box in boxes]

    attributes = {*office.parts.records.catalogue.get("incident").attributes, "next_due"}
    assert set(names("Anna Novak")) - attributes
    assert set(names("Chiara Ricci")) <= attributes


def test_a_filter_is_kept_changed_and_removed(office: Office) -> None:
    anna = office.browser("Anna Novak")
    path = keep(anna)
    assert titles(anna, path) == ["Printer is on fire", "Printer jams"]
    assert anna.see(LIST).texts("//nav[@aria-label='Kept filters']/a/b") == ["2"]
    number = path.rpartition("=")[2]
    sent = {"name": "Fires", "state": "status=&q=fire", "version": "1", "shared_with": ""}
    assert anna.post(f"/lists/incident/filters/{number}", sent).status_code == 303
    assert titles(anna, path) == ["Printer is on fire"]
    assert anna.post(f"/lists/incident/filters/{number}", sent).status_code == 409, "the page is stale"
    anna.post(f"/lists/incident/filters/{number}/remove", {"state": ""})
    assert len(titles(anna, path)) == 3, "a bookmark still leads to the list"


def test_a_list_opens_with_the_filter_that_a_person_chose(office: Office) -> None:
    anna = office.browser("Anna Novak")
    path = keep(anna, usual="1")
    assert anna.get(LIST).headers["location"] == path
    assert len(titles(anna, f"{LIST}?status=")) == 3
    anna.post("/lists/incident/opens-with", {"filter": ""})
    assert anna.get(LIST).status_code == 200


def test_a_shared_filter_shows_each_reader_what_they_may_know(office: Office) -> None:
    anna, chiara = office.browser("Anna Novak"), office.browser("Chiara Ricci")
    path = keep(anna, shared="everybody")
    assert titles(chiara, path) == ["Printer jams"]
    assert chiara.see(LIST).texts("//nav[@aria-label='Kept filters']/a/b") == ["1"]
    number = path.rpartition("=")[2]
    assert chiara.post(f"/lists/incident/filters/{number}", {"name": "Mine now"}).status_code == 403
    assert chiara.post(f"/lists/incident/filters/{number}/remove").status_code == 403


def test_filters_are_shared_with_own_roles_and_teams_by_those_who_have_some(office: Office) -> None:
    anna, ben, ines = (office.browser(name) for name in ("Anna Novak", "Ben Osei", "Ines Duarte"))
    path = keep(anna, shared="team.service_desk")
    assert path in ben.see(LIST).links()
    assert path not in ines.see(LIST).links()
    for name, audience in (("Anna Novak", "team.storage"), ("Anna Novak", "nonsense"), ("Chiara Ricci", "everybody")):
        keep(office.browser(name), "Refused", audience)
    with office.parts.database.transaction() as session:
        assert session.scalars(select(SavedFilter.name)).all() == ["Printers"]
        [line] = session.scalars(select(JournalEntry).where(JournalEntry.chain == "system:list:incident"))
        assert (line.event, line.data["after"]) == ("filter.shared", "team.service_desk")


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "Printers"])
def test_a_name_that_does_not_do_is_refused_in_words(office: Office, name: str) -> None:
    anna = office.browser("Anna Novak")
    keep(anna)
    path = keep(anna, name)
    assert urlsplit(path).path == LIST
    assert anna.see(path).all("//div[contains(@class, 'banner warn')]")
    with office.parts.database.transaction() as session:
        assert session.scalars(select(SavedFilter.name)).all() == ["Printers"]


def test_cases_have_the_same_filters(office: Office) -> None:
    ines = office.browser("Ines Duarte")
    assert titles(ines, "/cases?status=open&c1=requester&o1=named&v1=anna") == ["Printer is on fire"]
    page = ines.see("/cases?status=open&sort=title")
    assert page.texts("//td[@class='title']") == ["Mail is slow", "Printer is on fire", "Printer jams"]
    assert f"/records/incident/INC-{YEAR}-0001" in page.links()
    ines.post("/lists/case/filters", {"name": "Fires", "state": "status=&q=fire"})
    assert "Fires" in ines.see("/cases").text


def test_people_do_not_lead_to_records_that_have_their_ids(office: Office) -> None:
    with office.parts.database.transaction() as session:
        service, _number = office.parts.records.create(
            session, "service", title="Mail", requester_id=None, owner_id=None, values={}, actor_id=None, case_id=None,
            element="",
        )  # fmt: skip
        assert service in office.people.values(), "somebody must have the id of the service"
        session.execute(update(Record).where(Record.kind == "incident").values(owner_id=service, service_id=service))
    page = office.browser("Anna Novak").see(f"{LIST}?status=&columns=number,owner,service")
    links = [[bool(cell.xpath(".//a")) for cell in row.xpath("./td")] for row in page.all("//tbody/tr")]
    assert links == [[True, False, True]] * 3
