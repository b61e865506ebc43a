"""Expressions count working time by the calendars in the database."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.domain.calendars.week import CalendarError
from app.domain.calendars.working_time import CalendarTime, put_calendar
from app.expressions import parse

FRIDAY = datetime(2026, 3, 6, 15, 50, tzinfo=UTC)


def test_expressions_use_the_office_calendar_when_none_is_stored(session: Session, statements: list[str]) -> None:
    working_time = CalendarTime(session)
    assert statements == []
    with clock.at(FRIDAY):
        due = parse("working_days(5)").evaluate({}, working_time)
        soon = parse("working_hours(4)").evaluate({}, working_time)
    assert due == datetime(2026, 3, 13, 15, 50, tzinfo=UTC)
    assert soon == datetime(2026, 3, 9, 10, 50, tzinfo=UTC)
    assert len(statements) == 1


def test_a_stored_calendar_counts_and_can_be_changed(session: Session) -> None:
    def put(opens: str) -> None:
        hours = {day: [[opens, "20:00"]] for day in ("sat", "sun")}
        closed = [{"from": "2026-03-08", "to": "2026-03-08", "hours": [], "remark": ""}]
        put_calendar(session, "weekend", name="Weekend", time_zone="UTC", hours=hours, exceptions=closed)

    put("10:00")
    assert CalendarTime(session).add(FRIDAY, hours=1, calendar="weekend").isoformat() == "2026-03-07T11:00:00+00:00"
    put("12:00")
    assert CalendarTime(session).add(FRIDAY, hours=1, calendar="weekend").isoformat() == "2026-03-07T13:00:00+00:00"
    added = CalendarTime(session, "weekend").add(FRIDAY, days=1, hours=2)
    assert added.isoformat() == "2026-03-14T14:00:00+00:00"


def test_an_unknown_calendar_is_named(session: Session) -> None:
    with pytest.raises(CalendarError, match="lighthouse"):
        CalendarTime(session).add(FRIDAY, hours=1, calendar="lighthouse")


def test_a_senseless_calendar_is_not_stored(session: Session) -> None:
    with pytest.raises(CalendarError):
        put_calendar(session, "x", name="X", time_zone="Mars/Base", hours={})
