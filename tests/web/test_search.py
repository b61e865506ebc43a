"""The search over everything, and what reference fields look up."""

from tests.stage import YEAR
from tests.web.office import Office


def test_it_finds_records_cases_tasks_and_people(office: Office) -> None:
    office.report("Printer jams")
    page = office.browser("Anna Novak").see("/search?q=printer")
    assert page.texts("//h2[following-sibling::span[@class='tally']]") == ["Tasks", "Incidents", "Cases"]
    assert page.texts("//table//span[starts-with(@class, 'tag')]") == ["Running"]
    assert "Chiara Ricci" in office.browser("Anna Novak").see("/search?q=chiara").text


def test_a_number_leads_straight_to_its_page(office: Office) -> None:
    number = office.report("Printer jams")
    anna = office.browser("Anna Novak")
    assert anna.get(f"/search?q={number.lower()}").headers["location"] == f"/cases/{number}"
    assert anna.get(f"/search?q=inc-{YEAR}-0001").headers["location"] == f"/records/incident/INC-{YEAR}-0001"


def test_nobody_finds_what_they_may_not_know(office: Office) -> None:
    number = office.report("Printer jams", by="Anna Novak")
    chiara = office.browser("Chiara Ricci")
    assert "Nothing was found" in chiara.see("/search?q=printer").text
    assert chiara.get(f"/search?q={number}").status_code == 200
    assert "Ben Osei" not in chiara.see("/search?q=ben").text


def test_odd_texts_find_nothing_and_break_nothing(office: Office) -> None:
    for text in ("%27", "%00", "((", "%26%7C%21", "%25", "a" * 500, ""):
        assert office.browser("Anna Novak").get(f"/search?q={text}").status_code in (200, 400)


def test_reference_fields_look_up_people_and_records(office: Office) -> None:
    anna = office.browser("Anna Novak")
    assert [item["label"] for item in anna.get("/references/person?q=ricci").json()["items"]] == ["Chiara Ricci"]
    office.report("Printer jams", by="Anna Novak")
    assert len(anna.get("/references/incident?q=printer").json()["items"]) == 1
    assert office.browser("Chiara Ricci").get("/references/incident?q=printer").json()["items"] == []
    assert anna.get("/references/nonsense?q=x").json()["items"] == []
    assert office.visitor().get("/references/person?q=ricci").status_code == 303


def test_what_was_found_is_marked_and_nothing_in_it_is_carried_out(office: Office) -> None:
    office.report("Printers <b>jam</b> \ue000 again")
    page = office.browser("Anna Novak").see("/search?q=printer")
    assert "Printers" in page.texts("//mark")
    assert not page.all("//td/b")
    assert office.browser("Anna Novak").see("/search?q=printer&kind=incident&page=2").texts("//tbody/tr") == []
    assert office.browser("Anna Novak").get("/search?q=printer&kind=nonsense&page=x").status_code == 200
