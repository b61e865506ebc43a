"""How dates, due times, numbers and sizes are written."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import clock
from app.web import formats, i18n

NOON = datetime(2026, 3, 11, 11, 0, tzinfo=UTC)  # a Wednesday, 12:00 in Berlin
ENGLISH = i18n.place("en", "Europe/Berlin")
GERMAN = i18n.place("de", "Europe/Berlin")


@pytest.mark.parametrize(
    ("hours", "text", "state"),
    [
        (-0.75, "45 min late", "late"),
        (-3, "3 h late", "late"),
        (-20, "yesterday 16:00", "late"),
        (-72, "3 days late", "late"),
        (0.87, "in 52 min", "soon"),
        (3, "in 3 h", "soon"),
        (4.5, "16:30", ""),
        (21, "tomorrow 09:00", ""),
        (24 * 5, "Mon 16 Mar", ""),
        (24 * 16, "27 Mar", ""),
        (24 * 400, "15 Apr 2027", ""),
    ],
)
def test_due_times_are_said_as_people_say_them(hours: float, text: str, state: str) -> None:
    with clock.at(NOON), i18n.at(ENGLISH):
        told = formats.due(NOON + timedelta(hours=hours))
    assert told is not None
    assert (told.text, told.state) == (text, state)


@pytest.mark.parametrize(("hours", "text"), [(-0.75, "45 min überfällig"), (3, "in 3 Std."), (24 * 5, "Mo., 16. März")])
def test_due_times_are_said_in_german(hours: float, text: str) -> None:
    with clock.at(NOON), i18n.at(GERMAN):
        told = formats.due(NOON + timedelta(hours=hours))
    assert told is not None
    assert told.text == text


def test_the_clock_change_does_not_move_the_day() -> None:
    before = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # 23:30, the night before summer time
    with clock.at(before), i18n.at(ENGLISH):
        told = formats.due(datetime(2026, 3, 29, 7, 0, tzinfo=UTC))
    assert told is not None
    assert told.text == "tomorrow 09:00"


def test_the_same_moment_is_another_time_in_another_zone() -> None:
    seen = []
    for zone in ("Europe/Berlin", "Asia/Kathmandu", "America/New_York"):
        with i18n.at(i18n.place("en", zone)):
            seen.append(formats.clock_time(NOON))
    assert seen == ["12:00", "16:45", "07:00"]


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)), st.sampled_from([ENGLISH, GERMAN]))
def test_whatever_is_past_is_late_and_nothing_else_is(left: timedelta, place: i18n.Place) -> None:
    with clock.at(NOON), i18n.at(place):
        told = formats.due(NOON + left)
    assert told is not None
    assert (told.state == "late") == (left < timedelta())
    assert told.text


@pytest.mark.parametrize(("place", "number", "size"), [(ENGLISH, "1,234.5", "2.4 MB"), (GERMAN, "1.234,5", "2,4 MB")])
def test_numbers_follow_the_language(place: i18n.Place, number: str, size: str) -> None:
    with i18n.at(place):
        assert formats.number(1234.5) == number
        assert formats.size(2_400_000) == size
        assert formats.size(18_300) == "18 kB"


@pytest.mark.parametrize(
    ("header", "language"),
    [("de-AT,de;q=0.9", "de"), ("fr, en;q=0.2, de;q=0.7", "de"), ("", "en"), (";;;q=x,", "en"), ("*", "en")],
)
def test_the_browser_says_which_language_it_prefers(header: str, language: str) -> None:
    assert i18n.preferred(header, "en") == language


def test_unknown_languages_and_zones_fall_back() -> None:
    assert i18n.place("xx", "Nowhere/At_All") == i18n.place("en", "UTC")
    assert i18n.place("de", "../../etc/passwd").zone.key == "UTC"
