"""Audience rules become people: each once, only who is still here, strangers by the contact they left."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.incidents.records import Incident
from app.domain.notifications.audience import Circumstances, Recipient, find_recipients, read_rules
from app.errors import BusinessError
from tests.domain.notifications.conftest import MONDAY, Change, Office

Find = Callable[..., list[Recipient]]


@pytest.fixture
def find(database: Database, office: Office) -> Find:
    """Find who is told about the incident."""

    def find(audience: str | Sequence[str], *, days: int = 0, with_record: bool = True) -> list[Recipient]:
        def around(session: Session) -> Circumstances:
            record = session.get(Incident, office.record_id) if with_record else None
            return Circumstances(record, office.people["ben"], MONDAY + timedelta(days=days))

        with database.transaction() as session:
            return find_recipients(session, audience, around(session))

    return find


def names(recipients: list[Recipient]) -> list[str]:
    return [recipient.name for recipient in recipients]


@pytest.mark.parametrize(
    ("audience", "told"),
    [
        ("requester", ["Chiara Ricci"]),
        ("caller", ["Chiara Ricci"]),
        ("case.requester", ["Chiara Ricci"]),
        ("owner", ["Anna Novak"]),
        ("team", ["Ben Osei"]),
        ("team.network", ["Ben Osei"]),
        ("team.desk", ["Service desk"]),
        ("team.unheard_of", []),
        ("incidents.process_manager", ["Anna Novak"]),
        ("role:incidents.process_manager", ["Anna Novak"]),
        ("incidents.process_staff", ["Anna Novak", "Ben Osei", "Dora Lind"]),
        ("record.coordinator", ["Ben Osei"]),
        ("record.coordinator_id", ["Ben Osei"]),
        ("record.witness", ["Anna Novak"]),
        ("record.nobody", []),
        ("record.title", []),
        ("requester, owner; ".replace(";", ","), ["Chiara Ricci", "Anna Novak"]),
        (["owner", "requester"], ["Anna Novak", "Chiara Ricci"]),
        ("owner, incidents.process_staff, team", ["Anna Novak", "Ben Osei", "Dora Lind"]),
        ("", []),
    ],
)
def test_rules_name_people(find: Find, audience: str | list[str], told: list[str]) -> None:
    assert names(find(audience)) == told


def test_roles_hold_for_their_time(find: Find) -> None:
    assert names(find("incidents.process_staff", days=2)) == ["Anna Novak", "Ben Osei"]
    assert names(find("incidents.process_staff", days=-1)) == []


def test_a_person_by_id_and_one_who_left(find: Find, office: Office) -> None:
    assert names(find(f"person:{office.people['dora']}")) == ["Dora Lind"]
    assert names(find(f"person:{office.people['emil']}, person:999999")) == []


def test_language_and_time_zone_come_along(find: Find) -> None:
    [chiara] = find("requester")
    assert (chiara.locale, chiara.time_zone, chiara.address) == ("de", "Europe/Berlin", "chiara@example.org")


def test_without_a_record_the_requester_is_that_of_the_case(find: Find) -> None:
    assert names(find("requester, owner, team, record.coordinator", with_record=False)) == ["Ben Osei"]


@pytest.mark.parametrize(
    ("contact", "address"),
    [("mara@elsewhere.example", "mara@elsewhere.example"), ("+49 30 1234", ""), ("a@b, c@d", ""), (None, "")],
)
def test_a_caller_whom_nobody_knows_is_reached_by_the_contact_they_left(
    find: Find, change_incident: Change, contact: str | None, address: str
) -> None:
    change_incident(requester_id=None, caller_name="Mara Vogt", caller_contact=contact)
    [mara] = find("requester")
    assert (mara.person_id, mara.name, mara.address, mara.outsider) == (None, "Mara Vogt", address, True)


def test_an_incident_without_any_caller_tells_nobody(find: Find, change_incident: Change) -> None:
    change_incident(requester_id=None)
    assert find("requester") == []


@pytest.mark.parametrize(
    "rule", ["requestor", "team:network", "person:anna", "record.", "Incidents.Staff", "a.b.c", "*"]
)
def test_a_rule_that_means_nothing_is_refused_by_name(rule: str) -> None:
    with pytest.raises(BusinessError) as refused:
        read_rules(f"owner, {rule}")
    assert refused.value.code == "notification.unknown_audience"
    assert rule in refused.value.message
