"""Roles come from assignments, teams and vacancies, and lanes find the right person."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import identity, roles
from app.domain.people.directory import Candidate, Directory, assign_role, join_team
from app.domain.people.records import Person, RoleAssignment

directory = Directory()
STAFF, MANAGER, OWNER = "incidents.process_staff", "incidents.process_manager", "incidents.process_owner"


def resolve(session: Session, role: str, record: dict | None = None, **people: int | None) -> Candidate:
    given = {"owner_id": None, "requester_id": None, "initiator_id": None} | people
    return directory.resolve(session, role, record=record, **given)


def test_roles_come_from_the_person_and_from_teams(session: Session, anna: Person, ben: Person, team) -> None:
    desk = team("service_desk", level=1)
    join_team(session, desk.id, anna.id)
    assign_role(session, STAFF, team_id=desk.id)
    assign_role(session, "changes.cab", person_id=anna.id)
    assert directory.roles_of(session, anna.id) == {"team.service_desk", STAFF, "changes.cab"}
    assert directory.roles_of(session, ben.id) == frozenset()


def test_an_assignment_holds_for_its_span_of_time(session: Session, anna: Person) -> None:
    start = datetime(2026, 3, 6, tzinfo=UTC)
    session.add(RoleAssignment(role=STAFF, person_id=anna.id, valid_from=start, valid_until=start + timedelta(days=7)))
    session.flush()
    for day, expected in ((-1, set()), (0, {STAFF}), (6, {STAFF}), (7, set())):
        with clock.at(start + timedelta(days=day)):
            assert directory.roles_of(session, anna.id) == expected
            assert [holder.name for holder in directory.holders(session, STAFF)] == ["Anna Novak"] * len(expected)


def test_a_vacant_role_falls_to_the_level_above_until_it_is_filled(session: Session, anna: Person, ben: Person) -> None:
    assign_role(session, MANAGER, person_id=ben.id)
    assert STAFF in directory.roles_of(session, ben.id)
    assert OWNER not in directory.roles_of(session, ben.id)
    assign_role(session, STAFF, person_id=anna.id)
    assert directory.roles_of(session, ben.id) == {MANAGER}


def test_everything_vacant_falls_to_the_sms_owner_at_last(session: Session, anna: Person, team) -> None:
    team("network", level=2)
    assign_role(session, roles.SMS_OWNER, person_id=anna.id)
    held = directory.roles_of(session, anna.id)
    assert {roles.SMS_MANAGER, OWNER, "changes.process_staff", "team.network"} <= held


def test_a_role_held_only_by_somebody_who_left_is_vacant(session: Session, anna: Person, ben: Person) -> None:
    assign_role(session, MANAGER, person_id=ben.id)
    assign_role(session, STAFF, person_id=anna.id)
    anna.active = False
    session.flush()
    assert STAFF in directory.roles_of(session, ben.id)


def test_holders_are_found_in_person_and_through_teams(session: Session, anna: Person, ben: Person, team) -> None:
    desk = team("service_desk")
    join_team(session, desk.id, anna.id)
    assign_role(session, STAFF, team_id=desk.id)
    assign_role(session, STAFF, person_id=ben.id)
    assign_role(session, STAFF, person_id=ben.id)
    assert [holder.person_id for holder in directory.holders(session, STAFF)] == [anna.id, ben.id]
    assert [holder.email for holder in directory.holders(session, "team.service_desk")] == [anna.email]


def test_who_is_responsible_when_the_first_may_not_act(
    session: Session, anna: Person, ben: Person, chiara: Person
) -> None:
    assign_role(session, STAFF, person_id=anna.id)
    assign_role(session, OWNER, person_id=ben.id)
    assert directory.responsible(session, STAFF)[0] == STAFF
    role, found = directory.responsible(session, STAFF, without=[anna.id])
    assert (role, [holder.person_id for holder in found]) == (OWNER, [ben.id])
    assert directory.responsible(session, STAFF, without=[anna.id, ben.id])[1] == []


def test_lanes_resolve_to_persons_of_the_case(session: Session) -> None:
    people = {"owner_id": 1, "requester_id": 2, "initiator_id": 3}
    assert resolve(session, "case.owner", **people) == Candidate("case.owner", 1)
    assert resolve(session, "case.requester", **people) == Candidate("case.requester", 2)
    assert resolve(session, "case.initiator", **people) == Candidate("case.initiator", 3)


def test_lanes_resolve_to_persons_and_teams_of_the_record(session: Session, team, ben: Person) -> None:
    network = team("network", level=2)
    record = {"area": "incidents", "coordinator": str(ben.id), "team": str(network.id), "helper": "4711"}
    assert resolve(session, "record.coordinator", record) == Candidate("record.coordinator", ben.id)
    assert resolve(session, "record.team", record) == Candidate("team.network")
    assert resolve(session, "record.helper", record) == Candidate(MANAGER)  # nobody has this number


@pytest.mark.parametrize(
    ("role", "record", "expected"),
    [
        ("record.owner", {"area": "incidents", "owner": None}, MANAGER),
        ("record.team", {"area": "incidents", "team": None}, STAFF),
        ("record.team", {"area": "incidents", "team": "4711"}, STAFF),
        ("record.owner", {"area": "incidents", "owner": "nobody"}, MANAGER),
        ("case.requester", {"area": "incidents"}, STAFF),
        ("case.owner", None, "management.process_manager"),
        ("service.owner", {"area": "incidents", "service": "4711"}, MANAGER),
    ],
)
def test_an_empty_place_goes_to_the_process(session: Session, role: str, record: dict | None, expected: str) -> None:
    assert resolve(session, role, record) == Candidate(expected)


def test_plain_roles_cost_no_statement(session: Session, statements: list[str]) -> None:
    for role in (STAFF, "team.network", "changes.cab", "external.supplier"):
        assert resolve(session, role) == Candidate(role)
    assert statements == []


def test_an_identity_costs_one_statement(session: Session, anna: Person, team, statements: list[str]) -> None:
    assign_role(session, MANAGER, person_id=anna.id)
    statements.clear()
    assert identity.of_person(session, anna.id) is not None
    assert len(statements) == 1


def test_somebody_is_found_by_login_id_or_team(session: Session, anna: Person, team) -> None:
    team("network")
    assert directory.person_or_team(session, "Anna.Novak") == Candidate("person", anna.id)
    assert directory.person_or_team(session, str(anna.id)) == Candidate("person", anna.id)
    assert directory.person_or_team(session, "team.network") == Candidate("team.network")
    assert directory.person_or_team(session, "network") == Candidate("team.network")
    assert directory.person_or_team(session, "nobody") is None


def test_the_way_up_ends_at_the_sms_owner() -> None:
    assert roles.upwards("incidents.process_staff") == [STAFF, MANAGER, OWNER, roles.SMS_MANAGER, roles.SMS_OWNER]
    assert roles.above("changes.cab") == "changes.process_manager"
    assert roles.above("team.network") == roles.SMS_MANAGER
    assert roles.above(roles.SMS_OWNER) is None


some_roles = st.frozensets(st.sampled_from(sorted(roles.AREA_ROLES | {roles.SMS_OWNER})))


@given(held=some_roles)
def test_every_vacant_role_falls_to_exactly_one_held_role(held: frozenset[str]) -> None:
    for vacant in roles.AREA_ROLES - held:
        takers = [role for role in held if vacant in roles.acting_for(frozenset({role}), held)]
        expected = any(role in held for role in roles.upwards(vacant))
        assert len(takers) == (1 if expected else 0)
