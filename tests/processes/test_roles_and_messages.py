"""The catalogues of roles and messages."""

import pytest

from app.processes import messages, roles


@pytest.mark.parametrize(
    ("key", "title"),
    [
        ("management.sms_owner", "SMS owner"),
        ("incidents.process_staff", "Staff, incidents and requests"),
        ("changes.cab", "Change advisory board"),
        ("shared.anyone", "Everybody"),
        ("team.first_level", "Team first level"),
        ("record.coordinator", "Person or team in 'coordinator' of the record"),
    ],
)
def test_known_roles_have_titles(key: str, title: str) -> None:
    assert roles.known_role(key)
    assert roles.title(key) == title


@pytest.mark.parametrize(
    "key", ["", "incidents", "incidents.boss", "team.", "team.Night Shift", "record.a.b", "Anna Novak", "teams.desk"]
)
def test_others_are_unknown(key: str) -> None:
    assert not roles.known_role(key)
    assert roles.title(key) == key


def test_every_area_has_owner_manager_and_staff() -> None:
    areas = {key.split(".")[0] for key in roles.fixed_roles() if key.endswith(".process_owner")}
    assert len(areas) == 14
    for area in areas:
        assert {f"{area}.process_manager", f"{area}.process_staff"} <= set(roles.fixed_roles())


def test_roles_of_the_case_or_record_stand_for_one_person() -> None:
    assert roles.is_personal("case.requester") and roles.is_personal("record.coordinator")
    assert roles.is_personal("service.owner")
    assert not roles.is_personal("team.desk") and not roles.is_personal("service_levels.process_owner")


def test_messages_say_what_they_carry() -> None:
    closed = messages.catalogue()["incident.closed"]
    assert (closed.sender, closed.receivers) == (("incidents",), ("problems",))
    assert "cause" in closed.payload
    assert messages.catalogue()["service.retired"].broadcast


def test_messages_go_between_known_areas() -> None:
    areas = {key.split(".")[0] for key in roles.fixed_roles()} | {"any", "outside", "shared"}
    for message in messages.catalogue().values():
        assert {*message.sender, *message.receivers} <= areas, message.name
        assert message.title and message.key and message.payload


def test_unknown_message() -> None:
    assert messages.known_message("information.provided")
    assert not messages.known_message("information.provied")
