"""Roles are given for a span and for a service or record; what must not be held together needs a reason."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import assignments, findings, roles, segregation
from app.domain.people.accounts import deactivate
from app.domain.people.assignments import Wish
from app.domain.people.directory import Directory, assign_role, join_team
from app.domain.people.records import Absence, Person
from app.errors import Conflict, Invalid, NotFound

directory = Directory()
STAFF, OWNER = "incidents.process_staff", "incidents.process_owner"
NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def test_a_role_begins_and_ends_by_itself(session: Session, anna: Person) -> None:
    with clock.at(NOON):
        assignments.assign(
            session, Wish(STAFF, anna.id, valid_from=NOON + DAY, valid_until=NOON + 3 * DAY), actor_id=anna.id
        )
    for days, held in ((0, False), (1, True), (2, True), (3, False)):
        with clock.at(NOON + days * DAY):
            assert (STAFF in directory.roles_of(session, anna.id)) is held


def test_a_role_for_a_service_counts_for_what_concerns_it_alone(session: Session, anna: Person, make) -> None:
    storage, mail = make("service", "Storage"), make("service", "Mail")
    lost, late = make("incident", "Files lost", service=str(storage)), make("incident", "Late mail", service=str(mail))
    assignments.assign(session, Wish(STAFF, anna.id, service_id=storage), actor_id=None)
    actor = directory.actor_of(session, anna.id)
    assert actor is not None and STAFF not in actor.roles
    for record, held in ((lost, True), (storage, True), (late, False), (mail, False), (None, False)):
        assert (STAFF in actor.at(session, record).roles) is held


def test_a_role_for_a_record_counts_for_that_alone(session: Session, anna: Person, make) -> None:
    lost, late = make("incident", "Files lost"), make("incident", "Late mail")
    assignments.assign(session, Wish(STAFF, anna.id, record_id=lost), actor_id=None)
    actor = directory.actor_of(session, anna.id)
    assert actor is not None
    assert [STAFF in actor.at(session, record).roles for record in (lost, late)] == [True, False]


def test_a_role_held_for_one_service_alone_is_vacant_elsewhere(
    session: Session, anna: Person, ben: Person, make
) -> None:
    assign_role(session, "incidents.process_manager", person_id=ben.id)
    assignments.assign(session, Wish(STAFF, anna.id, service_id=make("service", "Storage")), actor_id=None)
    assert STAFF in directory.roles_of(session, ben.id)
    assert directory.holders(session, STAFF) == []


def test_who_has_a_role_everywhere_has_no_limits(session: Session, anna: Person, make, statements: list[str]) -> None:
    storage = make("service", "Storage")
    assign_role(session, STAFF, person_id=anna.id)
    assignments.assign(session, Wish(STAFF, anna.id, service_id=storage), actor_id=None)
    statements.clear()
    actor = directory.actor_of(session, anna.id)
    assert actor is not None and actor.limited == () and STAFF in actor.at(session, storage).roles
    assert len(statements) == 1


def test_the_same_twice_is_refused_and_nothing_ends_twice(session: Session, anna: Person) -> None:
    row = assignments.assign(session, Wish(STAFF, anna.id), actor_id=None)
    with pytest.raises(Conflict):
        assignments.assign(session, Wish(STAFF, anna.id, valid_from=clock.now() + DAY), actor_id=None)
    assignments.end(session, row.id, actor_id=None)
    with pytest.raises(Conflict):
        assignments.end(session, row.id, actor_id=None)
    assignments.assign(session, Wish(STAFF, anna.id), actor_id=None)
    assert [one.valid_until is None for one in assignments.of_role(session, STAFF)] == [True, False]


def test_what_has_not_begun_is_taken_back_and_does_not_end_before_it_begins(session: Session, anna: Person) -> None:
    begin = clock.now() + 5 * DAY
    row = assignments.assign(session, Wish(STAFF, anna.id, valid_from=begin), actor_id=None)
    with pytest.raises(Invalid):
        assignments.end(session, row.id, actor_id=None, at=begin - DAY)
    assignments.end(session, row.id, actor_id=None)
    assert assignments.of_role(session, STAFF) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"person_id": None},
        {"person_id": 10**12},
        {"valid_until": datetime(2020, 1, 1, tzinfo=UTC)},
        {"reason": "x" * 501},
        {"service_id": 1, "record_id": 2},
    ],
)
def test_what_makes_no_sense_is_refused(session: Session, anna: Person, wrong: dict) -> None:
    with pytest.raises(Invalid):
        assignments.assign(session, Wish(**{"role": STAFF, "person_id": anna.id, **wrong}), actor_id=None)


def test_only_roles_that_can_be_given_are_given(session: Session, anna: Person) -> None:
    for role in ("case.owner", "service.owner", "shared.anyone", "nonsense", "team.network", "*.process_owner"):
        with pytest.raises(NotFound):
            assignments.assign(session, Wish(role, anna.id), actor_id=None)


def test_a_rule_of_segregation_asks_for_a_reason(session: Session, anna: Person, team) -> None:
    segregation.add_rule(session, "*.process_owner", "management.auditor", "Nobody audits their own.", actor_id=None)
    assign_role(session, OWNER, person_id=anna.id)
    with pytest.raises(Invalid) as refusal:
        assignments.assign(session, Wish("management.auditor", anna.id), actor_id=None)
    assert "Anna Novak" in refusal.value.fields["reason"][0]
    desk = team("desk")
    join_team(session, desk.id, anna.id)
    with pytest.raises(Invalid):
        assignments.assign(session, Wish("management.auditor", team_id=desk.id), actor_id=None)
    assignments.assign(session, Wish("management.auditor", anna.id, reason="Only this quarter"), actor_id=None)
    [told] = [one for one in findings.found(session) if one.kind == "conflict"]
    assert told.person_id == anna.id and "Anna Novak" in told.told


def test_rules_are_made_and_taken_back(session: Session, anna: Person) -> None:
    before = len(segregation.rules(session))
    rule = segregation.add_rule(session, STAFF, "changes.cab", "Because", actor_id=None)
    again = segregation.add_rule(session, "changes.cab", STAFF, "For another reason", actor_id=None)
    assert again.id == rule.id and again.reason == "For another reason"
    assert len(segregation.rules(session)) == before + 1
    for first, second, reason in ((STAFF, STAFF, "x"), ("nobody", STAFF, "x"), (STAFF, OWNER, " ")):
        with pytest.raises(Invalid):
            segregation.add_rule(session, first, second, reason, actor_id=None)
    segregation.drop_rule(session, rule.id, actor_id=None)
    with pytest.raises(NotFound):
        segregation.drop_rule(session, rule.id, actor_id=None)


def kinds(session: Session, role: str) -> list[str]:
    return [one.kind for one in findings.found(session) if one.role == role]


def test_findings_follow_who_is_there(session: Session, anna: Person, ben: Person) -> None:
    assert kinds(session, STAFF) == ["vacant"]
    assign_role(session, STAFF, person_id=anna.id)
    assert kinds(session, STAFF) == []
    away = Absence(person_id=anna.id, starts_at=clock.now() - DAY, ends_at=clock.now() + DAY)
    session.add(away)
    session.flush()
    assert kinds(session, STAFF) == ["away"]
    away.substitute_id = ben.id
    session.flush()
    assert kinds(session, STAFF) == []
    deactivate(session, ben.id)
    assert kinds(session, STAFF) == ["away"]
    deactivate(session, anna.id)
    assert kinds(session, STAFF) == ["left"]


def test_a_vacant_role_names_who_acts(session: Session, anna: Person) -> None:
    assign_role(session, roles.SMS_MANAGER, person_id=anna.id)
    [one] = [one for one in findings.found(session) if one.role == OWNER]
    assert "SMS manager" in one.told


def test_everybody_is_told_once_of_each_finding(session: Session, anna: Person) -> None:
    first = findings.take_fresh(session)
    assert STAFF in [one.role for one in first]
    assert findings.take_fresh(session) == []
    row = assignments.assign(session, Wish(STAFF, anna.id), actor_id=None)
    assert findings.take_fresh(session) == []
    assignments.end(session, row.id, actor_id=None)
    assert [one.role for one in findings.take_fresh(session)] == [STAFF]
