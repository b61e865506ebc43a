"""Calendars as people write them: what is understood, what is refused, who was faster."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.calendars.editing import add, change, exceptions_text, understood
from app.domain.calendars.records import Calendar
from app.domain.journal.records import JournalEntry
from app.errors import Conflict, Invalid, NotFound

HOURS = {"mon": "8:00 – 12:00, 13:00-17:00", "sat": "00:00-24:00"}


def test_hours_and_days_are_read_as_people_write_them() -> None:
    lines = """
        2026-12-27 – 2026-12-31: Between the years
        2026-10-31 8:00-12:00, 13:00 – 14:00; Stocktaking at 10:00

        2026-12-24"""
    written = understood(" Night  shift ", "Europe/Berlin", HOURS, lines, "DE-SH")
    assert written.name == "Night shift"
    assert written.hours == {"mon": [["08:00", "12:00"], ["13:00", "17:00"]], "sat": [["00:00", "24:00"]]}
    hours = [["08:00", "12:00"], ["13:00", "14:00"]]
    assert written.exceptions == (
        {"from": "2026-10-31", "to": "2026-10-31", "hours": hours, "remark": "Stocktaking at 10:00"},
        {"from": "2026-12-24", "to": "2026-12-24", "hours": [], "remark": ""},
        {"from": "2026-12-27", "to": "2026-12-31", "hours": [], "remark": "Between the years"},
    )
    again = understood("A", "UTC", HOURS, exceptions_text(written.exceptions))
    assert again.exceptions == written.exceptions, "what is shown is read as what is stored"
    assert len(written.week.days[0]) == 2


@pytest.mark.parametrize(
    "hours", ["17:00-08:00", "8-17", "08:00-12:00, 11:00-13:00", "08:00-25:00", "08:61-09:00", "x"]
)
def test_hours_that_cannot_be_are_refused_by_their_day(hours: str) -> None:
    with pytest.raises(Invalid) as refusal:
        understood("A", "UTC", {"tue": hours}, "")
    assert set(refusal.value.fields) == {"tue"}


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        understood("", "../../etc/passwd", {"mon": "never"}, "Christmas", "DE-XX")
    assert set(refusal.value.fields) == {"name", "time_zone", "mon", "exceptions", "region"}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("2026-12-31 – 2026-12-24", "ends before"),
        ("2026-01-01 – 2027-12-24", "longer than"),
        ("2026-12-24 – 2026-12-27\n2026-12-27", "2026-12-27"),
        ("2026-12-24 17:00-08:00", "overlap"),
        ("2026-12-24 08:00-25:00", "overlap"),
        ("2026-02-30", "does not begin"),
        ("2026-12-245", "does not begin"),
        ("２０２６-12-24", "does not begin"),
        ("2026-12-24 " + "x" * 101, "more than 100"),
        ("\n".join(f"{year}-{month:02}-{day:02}" for year in range(2000, 2010) for month in range(1, 13)
                    for day in range(1, 10)), "At most 1,000"),
    ],
)  # fmt: skip
def test_exceptions_that_cannot_be_are_refused(lines: str, said: str) -> None:
    with pytest.raises(Invalid) as refusal:
        understood("A", "UTC", HOURS, lines)
    [told] = refusal.value.fields["exceptions"]
    assert said in told


def test_a_calendar_without_any_hours_is_refused() -> None:
    with pytest.raises(Invalid):
        understood("A", "UTC", {}, "")


def test_a_calendar_is_added_once_under_its_key(session: Session) -> None:
    written = understood("Night", "UTC", HOURS, "")
    add(session, "night", written, actor_id=None)
    for key in ("night", "Night", "", "1st", "a b", "x" * 65):
        with pytest.raises(Invalid) as refusal:
            add(session, key, written, actor_id=None)
        assert set(refusal.value.fields) == {"key"}


def test_whoever_saw_an_older_calendar_is_told(session: Session) -> None:
    add(session, "night", understood("Night", "UTC", HOURS, ""), actor_id=None)
    change(session, "night", understood("Nights", "UTC", HOURS, ""), actor_id=None, seen=1)
    with pytest.raises(Conflict):
        change(session, "night", understood("Days", "UTC", HOURS, ""), actor_id=None, seen=1)
    assert session.scalars(select(Calendar.name).where(Calendar.key == "night")).one() == "Nights"
    with pytest.raises(NotFound):
        change(session, "day", understood("Days", "UTC", HOURS, ""), actor_id=None, seen=1)


def test_only_changes_are_journalled(session: Session) -> None:
    add(session, "night", understood("Night", "UTC", HOURS, ""), actor_id=None)
    change(session, "night", understood("Night", "UTC", HOURS, ""), actor_id=None, seen=1)
    change(session, "night", understood("Nights", "UTC", HOURS, ""), actor_id=None, seen=1)
    lines = session.scalars(
        select(JournalEntry.event).where(JournalEntry.chain == "system:calendars").order_by(JournalEntry.id)
    )
    assert list(lines) == ["calendar.added", "calendar.changed"]
