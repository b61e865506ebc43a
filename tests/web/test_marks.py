"""Tags and watchers on the page of a record, and whom watchers hear from."""

import pytest
from sqlalchemy import select

from app.domain.notifications.records import Notification
from app.domain.people.records import RoleAssignment
from app.domain.records.records import Watcher
from app.domain.records.writer import Trace
from tests.web.house import ADMIN, MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office
from tests.web.telling import tell


@pytest.fixture
def path(places: Places) -> str:
    """The page of an incident that Chiara Ricci asked for."""
    return "/records/incident/{record}".format_map(places)


def told(house: Office) -> list[tuple[int | None, str, str]]:
    """Let the duty run and return who was written to, which text and its subject."""
    tell(house)
    with house.parts.database.transaction() as session:
        found = select(Notification).where(Notification.template.startswith("record.")).order_by(Notification.id)
        rows = session.scalars(found)
        return [(row.person_id, row.template, row.subject) for row in rows]


def set_status(house: Office, status: str, by: str = STAFF) -> None:
    with house.parts.database.transaction() as session:
        record = house.parts.records.locked(
            session, "incident", session.scalars(select(Watcher.record_id)).first() or 0
        )
        house.parts.records.change(session, record, {"status": status}, Trace(actor_id=house.people[by]))


def test_tags_are_for_those_who_work_with_the_record(house: Office, path: str) -> None:
    house.browser(STAFF).post(f"{path}/tags", {"tag": " Storage "})
    page = house.browser(MANAGER).see(path)
    assert "storage" in page.texts("//section[@id='tags']//li")
    assert page.all("//datalist[@id='known-tags']/option/@value") == ["storage"]
    assert not house.browser(REQUESTER).see(path).all("//section[@id='tags']")
    house.browser(STAFF).post(f"{path}/tags/remove", {"tag": "storage"})
    assert "No tags yet." in house.browser(STAFF).see(path).text


def test_a_tag_that_is_none_is_refused(house: Office, path: str) -> None:
    for tag in ("", "x" * 900):
        assert house.browser(STAFF).post(f"{path}/tags", {"tag": tag}).status_code == 422


def test_an_administrator_renames_tags_and_makes_two_one(house: Office, path: str) -> None:
    for tag in ("wlan", "wifi"):
        house.browser(STAFF).post(f"{path}/tags", {"tag": tag})
    admin = house.browser(ADMIN)
    page = admin.see("/administration/tags")
    action = page.all("//form[.//input[@value='wlan']]/@action")[0]
    assert admin.post(action, {"name": " "}).status_code == 422
    assert admin.post(action, {"name": "WIFI"}).status_code == 303
    assert admin.see("/administration/tags").texts("//tbody/tr/td[1]") == ["wifi"]
    assert admin.post(action, {"name": "again"}).status_code == 404


def test_watchers_hear_of_statuses_and_answers_but_not_of_notes_or_themselves(house: Office, path: str) -> None:
    chiara = house.browser(REQUESTER)
    chiara.post(f"{path}/watch", {"watch": "1"})
    chiara.post(f"{path}/watch", {"watch": "1"})
    house.browser(STAFF).post(f"{path}/watch", {"watch": "1"})
    assert told(house) == []
    house.browser(STAFF).post(f"{path}/comments", {"body": "She always says so"})
    house.browser(STAFF).post(f"{path}/comments", {"body": "We are on it", "public": "1"})
    set_status(house, "in_progress")
    heard = told(house)
    assert [(who, text) for who, text, _ in heard] == [
        (house.people[REQUESTER], "record.reply"),
        (house.people[REQUESTER], "record.status"),
    ]
    assert told(house) == heard
    chiara.post(f"{path}/watch", {})
    set_status(house, "resolved")
    assert told(house) == heard
    assert house.browser(STAFF).see(path).texts("//section[@id='watchers']//li") == ["Anna Novak"]


def test_who_loses_the_right_is_told_nothing_also_not_later(house: Office, path: str) -> None:
    house.browser(MANAGER).post(f"{path}/watch", {"watch": "1"})
    with house.parts.database.transaction() as session:
        held = session.scalars(select(RoleAssignment).where(RoleAssignment.person_id == house.people[MANAGER])).all()
        role = held[0].role
        for one in held:
            session.delete(one)
    set_status(house, "in_progress")
    assert told(house) == []
    with house.parts.database.transaction() as session:
        session.add(RoleAssignment(role=role, person_id=house.people[MANAGER]))
    assert told(house) == []
    set_status(house, "resolved")
    assert [who for who, _text, _subject in told(house)] == [house.people[MANAGER]]


def test_staff_let_others_watch_who_may_know_of_it(house: Office, path: str) -> None:
    anna = house.browser(STAFF)
    assert anna.post(f"{path}/watchers", {"who~text": "ines.duarte"}).status_code == 303
    assert anna.see(path).texts("//section[@id='watchers']//li") == ["Ines Duarte"]
    refused = anna.post(f"{path}/watchers", {"who": str(house.people[OTHER])})
    assert refused.status_code == 422 and "David Kim may not know of this record." in refused.text
    assert anna.post(f"{path}/watchers", {"who~text": "nobody"}).status_code == 422
    anna.post(f"{path}/watchers/{house.people[MANAGER]}/remove", {})
    assert "Nobody watches" in anna.see(path).text


def test_who_only_asked_sees_no_other_watchers(house: Office, path: str) -> None:
    house.browser(STAFF).post(f"{path}/watch", {"watch": "1"})
    assert "Anna Novak" not in house.browser(REQUESTER).see(path).texts("//section[@id='watchers']")[0]
    assert "Anna Novak" in house.browser(TEAM).see(path).texts("//section[@id='watchers']")[0]
