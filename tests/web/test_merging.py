"""Merging: the second report of the same thing is closed, and nothing that hung on it is lost."""

import pytest
from sqlalchemy import select

from app.domain.incidents.records import Incident
from app.domain.notifications.records import Notification
from app.domain.records.records import Record
from app.domain.records.watching import watchers_of
from tests.stage import YEAR
from tests.web.house import MANAGER, OTHER, REQUESTER, STAFF, TEAM, Places
from tests.web.office import Office

REASON = {"reason": "Both are about the same disk"}


@pytest.fixture
def two(house: Office, places: Places) -> tuple[Places, Places]:
    """A report of Chiara Ricci's, and a second one that David Kim made."""
    places["record"]
    second = Places(house)
    second["case"]
    with house.parts.database.transaction() as session:
        number = second["record"]
        session.scalars(select(Record).where(Record.number == number)).one().requester_id = house.people[OTHER]
    return places, second


def merge(house: Office, first: Places, second: Places, by: str = STAFF, **sent: str) -> int:
    path = "/records/incident/{record}/merge".format_map(second)
    return house.browser(by).post(path, {"into~text": first["record"], **REASON, **sent}).status_code


def record(house: Office, number: str) -> Incident:
    with house.parts.database.transaction() as session:
        return session.scalars(select(Incident).where(Incident.number == number)).one()


def test_the_second_record_is_closed_with_reason_and_pointer_and_its_case_ends(
    house: Office, two: tuple[Places, Places]
) -> None:
    first, second = two
    assert merge(house, first, second) == 303
    closed = record(house, second["record"])
    assert (closed.status, closed.closure_code, closed.closed_at is not None) == ("closed", "duplicate", True)
    case = house.case(second["case"])
    assert (case.status, house.case(first["case"]).status) == ("cancelled", "running")
    anna = house.browser(STAFF)
    journal = anna.see("/cases/{case}?view=journal".format_map(second)).text
    assert REASON["reason"] in journal and first["record"] in journal
    links = anna.see("/records/incident/{record}?view=links".format_map(second))
    assert "duplicate of" in links.text and first["record"] in links.text
    assert "Merge into another record" not in links.texts("//h2")
    assert merge(house, first, second) == 422


def test_links_watchers_and_comments_go_over(house: Office, two: tuple[Places, Places]) -> None:
    first, second = two
    path = "/records/incident/{record}".format_map(second)
    anna = house.browser(STAFF)
    for sent in (
        {"type": "caused_by", "to~text": f"KER-{YEAR}-0001"},
        {"type": "caused_by", "to~text": first["record"]},
    ):
        assert anna.post(f"{path}/links", sent).status_code == 303
    anna.post(f"{path}/comments", {"body": "Seen in the log"})
    house.browser(MANAGER).post(f"{path}/watch", {"watch": "1"})
    merge(house, first, second)
    page = anna.see("/records/incident/{record}?view=links".format_map(first)).text
    assert f"KER-{YEAR}-0001" in page and "has duplicate" in page
    with house.parts.database.transaction() as session:
        assert [one.name for one in watchers_of(session, record(house, first["record"]).id)] == [MANAGER]
    talk = anna.see("/records/incident/{record}?view=comments".format_map(first))
    assert "Seen in the log" in talk.text and second["record"] in talk.text
    theirs = house.browser(REQUESTER).see("/records/incident/{record}?view=comments".format_map(first)).text
    assert "Seen in the log" not in theirs and REASON["reason"] not in theirs


def test_whoever_asked_is_told_and_learns_no_more_than_they_may(house: Office, two: tuple[Places, Places]) -> None:
    first, second = two
    merge(house, first, second)
    with house.parts.database.transaction() as session:
        [mail] = session.scalars(select(Notification).where(Notification.template == "record.merged"))
    assert mail.person_id == house.people[OTHER]
    assert REASON["reason"] in mail.body and first["record"] not in mail.body
    own = house.browser(OTHER)
    assert REASON["reason"] in own.see("/records/incident/{record}?view=comments".format_map(second)).text
    assert first["record"] not in own.see("/records/incident/{record}?view=links".format_map(second)).text


@pytest.mark.parametrize("sent", [{"reason": " "}, {"into~text": "nowhere"}, {"reason": "x" * 2500}])
def test_what_does_not_fit_changes_nothing(house: Office, two: tuple[Places, Places], sent: dict[str, str]) -> None:
    first, second = two
    assert merge(house, first, second, **sent) == 422
    assert house.case(second["case"]).status == "running"
    assert record(house, second["record"]).status != "closed"


def test_a_record_is_not_merged_with_itself_nor_with_one_that_was_merged_into_it(
    house: Office, two: tuple[Places, Places]
) -> None:
    first, second = two
    assert merge(house, first, first) == 422
    merge(house, first, second)
    assert merge(house, second, first) == 422
    assert house.case(first["case"]).status == "running"


def test_who_does_not_work_with_both_may_not(house: Office, two: tuple[Places, Places]) -> None:
    first, second = two
    assert merge(house, first, second, REQUESTER) == 404
    assert merge(house, second, first, REQUESTER) == 403
    assert merge(house, first, second, TEAM) == 303
