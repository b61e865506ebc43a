"""Who may say that somebody is away, and what makes no sense to say."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import absence, identity
from app.domain.people.accounts import deactivate
from app.domain.people.directory import join_team
from app.domain.people.records import Absence, Person
from app.errors import Conflict, Forbidden, Invalid, NotFound

NOON = datetime(2026, 3, 6, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def away(
    session: Session, person: Person, substitute: Person | None = None, by: Person | None = None, **more: object
) -> Absence:
    span = {"starts_at": NOON, "ends_at": NOON + 2 * DAY, **more}
    return absence.enter(
        session, person.id, substitute_id=substitute.id if substitute else None, by_id=(by or person).id, **span
    )


def stands_in_for(session: Session, person: Person) -> frozenset[int]:
    found = identity.of_person(session, person.id)
    assert found is not None
    return found.stands_in_for


def test_the_substitute_stands_in_while_it_lasts(session: Session, anna: Person, ben: Person) -> None:
    with clock.at(NOON - DAY):
        away(session, anna, ben)
    for hours, expected in ((-1, set()), (0, {anna.id}), (47, {anna.id}), (48, set())):
        with clock.at(NOON + timedelta(hours=hours)):
            assert stands_in_for(session, ben) == expected
            assert stands_in_for(session, anna) == set()


def test_an_absence_ends_early(session: Session, anna: Person, ben: Person) -> None:
    with clock.at(NOON):
        row = away(session, anna, ben)
    with clock.at(NOON + DAY):
        absence.end(session, row.id, by_id=anna.id)
        assert stands_in_for(session, ben) == set()
        with pytest.raises(NotFound):
            absence.end(session, row.id, by_id=anna.id)


def test_who_may_enter_it(session: Session, anna: Person, ben: Person, chiara: Person, team) -> None:
    desk = team("desk")
    join_team(session, desk.id, anna.id)
    join_team(session, desk.id, ben.id, leads=True)
    with clock.at(NOON):
        with pytest.raises(Forbidden):
            away(session, anna, by=chiara)
        row = away(session, anna, by=ben)
        with pytest.raises(NotFound):
            absence.end(session, row.id, by_id=chiara.id)
        with pytest.raises(Forbidden):
            away(session, ben, by=anna)
        absence.end(session, row.id, by_id=ben.id)
        assert absence.of_person(session, anna.id) == []
        assert [one.name for one in absence.led_by(session, ben.id)] == ["Anna Novak"]


def test_what_makes_no_sense_is_refused(session: Session, anna: Person, ben: Person) -> None:
    with clock.at(NOON):
        for wrong in ({"ends_at": NOON}, {"starts_at": NOON - 2 * DAY, "ends_at": NOON - DAY}, {"note": "x" * 501}):
            with pytest.raises(Invalid):
                away(session, anna, ben, **wrong)
        with pytest.raises(Invalid):
            away(session, anna, anna)
        away(session, anna, ben)
        with pytest.raises(Conflict):
            away(session, anna, ben, starts_at=NOON + DAY, ends_at=NOON + 3 * DAY)
        deactivate(session, ben.id)
        with pytest.raises(Invalid):
            away(session, anna, ben, starts_at=NOON + 5 * DAY, ends_at=NOON + 6 * DAY)
