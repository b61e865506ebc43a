"""Links on the page of a record: chosen, typed, refused, shown on both ends to those who may know of both."""

import pytest
from sqlalchemy import select

from app.domain.records.records import RecordLink
from tests.stage import YEAR
from tests.web.house import ADMIN, MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office

KNOWN = f"/records/known_error/KER-{YEAR}-0001"


@pytest.fixture
def path(places: Places) -> str:
    """The page of an incident that Chiara Ricci asked for."""
    return "/records/incident/{record}".format_map(places)


def link_of(office: Office) -> RecordLink:
    with office.parts.database.transaction() as session:
        return session.scalars(select(RecordLink)).one()


def test_a_link_is_shown_on_both_ends_in_its_own_words(house: Office, path: str) -> None:
    anna = house.browser(STAFF)
    answer = anna.post(f"{path}/links", {"type": "caused_by", "to~text": f"KER-{YEAR}-0001"})
    assert answer.headers["location"] == f"{path}?view=links"
    rows = anna.see(f"{path}?view=links").texts("//section[@id='links']//tbody/tr/td")
    assert rows[:3] == ["caused by", f"KER-{YEAR}-0001", "Storage forgets its mounts"]
    assert anna.see(f"{KNOWN}?view=links").texts("//section[@id='links']//tbody/tr/td")[0] == "has caused"


def test_the_other_direction_can_be_chosen(house: Office, path: str) -> None:
    house.browser(STAFF).post(f"{path}/links", {"type": "affects:back", "to~text": f"SVC-{YEAR}-0001"})
    rows = house.browser(STAFF).see(f"{path}?view=links").texts("//section[@id='links']//tbody/tr/td")
    assert rows[:2] == ["affected by", f"SVC-{YEAR}-0001"]


def test_who_may_not_know_the_other_end_learns_nothing_of_the_link(house: Office, path: str) -> None:
    house.browser(STAFF).post(f"{path}/links", {"type": "caused_by", "to~text": f"KER-{YEAR}-0001"})
    for name in (REQUESTER, TEAM):
        page = house.browser(name).see(f"{path}?view=links")
        assert f"KER-{YEAR}-0001" not in page.text and "mounts" not in page.text
        assert page.texts("//nav[@class='tabs']/a")[1] == "Links"
    assert f"KER-{YEAR}-0001" in house.browser(MANAGER).see(f"{path}?view=links").text
    number = link_of(house).id
    assert house.browser(TEAM).post(f"{path}/links/{number}/remove").status_code == 404
    assert house.browser(REQUESTER).post(f"{path}/links/{number}/remove").status_code == 403


def test_nobody_links_to_what_they_may_not_know_of(house: Office, path: str) -> None:
    with house.parts.database.transaction() as session:
        known = session.execute(select(RecordLink.id)).all()
    assert known == []
    for sent in ({"to~text": f"KER-{YEAR}-0001"}, {"to": "2", "to~text": "x"}, {"to": "9" * 30}, {}):
        answer = house.browser(TEAM).post(f"{path}/links", {"type": "caused_by", **sent})
        assert answer.status_code == 422
        assert "Choose a record by its number" in answer.text and "mounts" not in answer.text


def test_words_that_fit_several_ask_which_one(house: Office, path: str) -> None:
    anna = house.browser(STAFF)
    answer = anna.post(f"{path}/links", {"type": "related_to", "to~text": "storage"})
    assert answer.status_code == 422 and "Several records fit" in answer.text
    assert "Storage forgets its mounts" in answer.text and 'type="radio"' in answer.text
    assert anna.post(f"{path}/links", {"type": "nonsense", "to~text": f"SVC-{YEAR}-0001"}).status_code == 422


def test_a_link_is_removed_once_and_removing_it_again_does_no_harm(house: Office, path: str) -> None:
    anna = house.browser(STAFF)
    anna.post(f"{path}/links", {"type": "affects", "to~text": f"SVC-{YEAR}-0001"})
    remove = f"{path}/links/{link_of(house).id}/remove"
    assert house.browser(OTHER).post(remove).status_code == 404
    assert anna.post(remove).status_code == 303
    assert anna.post(remove).status_code == 404
    assert "not linked with any other" in anna.see(f"{path}?view=links").text


def test_the_thread_tells_what_caused_what_and_ends_where_one_may_not_look(house: Office, path: str) -> None:
    first, second = (Places(house)["record"] for _ in range(2))
    anna = house.browser(STAFF)
    anna.post(f"{path}/links", {"type": "caused_by", "to~text": f"KER-{YEAR}-0001"})
    anna.post(f"/records/incident/{first}/links", {"type": "caused_by", "to~text": f"KER-{YEAR}-0001"})
    anna.post(f"/records/incident/{second}/links", {"type": "caused_by", "to~text": first})
    thread = anna.see(f"{path}?view=links").texts("//div[@class='outline']//li")
    assert [line.split(f"-{YEAR}")[0].split()[-1] for line in thread] == ["KER", "INC", "INC", "INC"]
    assert second in thread[3] and "this record" in thread[1]
    own = house.browser(REQUESTER).see(f"{path}?view=links")
    assert "What caused what" not in own.text
    theirs = house.browser(REQUESTER).see(f"/records/incident/{second}?view=links")
    assert first in theirs.text and f"KER-{YEAR}-0001" not in theirs.text


def test_records_of_all_kinds_are_found_as_far_as_one_may_know_of_them(house: Office, path: str) -> None:
    found = house.browser(ADMIN).get("/references/record?q=storage").json()["items"]
    assert {item["label"].split("-")[0] for item in found} == {"INC", "KER", "SVC"}
    assert {item["label"].split("-")[0] for item in house.browser(OTHER).get("/references/record").json()["items"]} == {
        "SVC"
    }
