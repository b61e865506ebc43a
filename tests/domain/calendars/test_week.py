"""Working time by examples that people can follow; `test_counting.py` proves the rest against counting minutes."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.calendars.week import WEEKDAYS, CalendarError, Week

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Week.read("Europe/Berlin", {day: [["08:00", "17:00"]] for day in WEEKDAYS[:5]}, "DE-SH")
ROUND_THE_CLOCK = {day: [["00:00", "24:00"]] for day in WEEKDAYS}


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("start", "hours", "expected"),
    [
        ("2026-03-06T16:50", 4, "2026-03-09T11:50"),  # over the weekend
        ("2026-03-06T13:00", 4, "2026-03-06T17:00"),  # due when the office closes, not when it opens again
        ("2026-03-07T12:00", 1, "2026-03-09T09:00"),  # from a Saturday
        ("2026-03-06T05:00", 0.5, "2026-03-06T08:30"),  # from before opening
        ("2026-04-02T16:00", 2, "2026-04-07T09:00"),  # over Easter
        ("2026-03-27T16:00", 10, "2026-03-30T17:00"),  # over the clock change
        ("2026-10-23T16:00", 10, "2026-10-26T17:00"),  # and back
        ("2025-12-31T16:00", 2, "2026-01-02T09:00"),  # over New Year
        ("2026-10-30T16:00", 2, "2026-11-02T09:00"),
        ("2026-06-03T16:00", 2, "2026-06-04T09:00"),  # Corpus Christi is a holiday elsewhere
        ("2028-02-28T16:00", 10, "2028-02-29T17:00"),  # a leap day is a working day
        ("2026-03-06T16:50", 0, "2026-03-06T16:50"),
    ],
)
def test_hours_in_the_office(start: str, hours: float, expected: str) -> None:
    assert OFFICE.add_hours(local(start), hours) == local(expected)


@pytest.mark.parametrize(
    ("start", "days", "expected"),
    [
        ("2026-03-06T16:50", 5, "2026-03-13T16:50"),
        ("2026-03-06T16:50", 1, "2026-03-09T16:50"),
        ("2026-03-07T12:00", 5, "2026-03-16T08:00"),  # Saturday counts from Monday morning
        ("2026-03-06T19:30", 1, "2026-03-10T08:00"),  # after closing time too
        ("2026-04-02T10:15", 1, "2026-04-07T10:15"),  # over Easter
        ("2026-03-27T10:15", 1, "2026-03-30T10:15"),  # the same time on the wall after the clock change
        ("2026-03-06T16:50", 0, "2026-03-06T16:50"),
    ],
)
def test_days_in_the_office(start: str, days: int, expected: str) -> None:
    assert OFFICE.add_days(local(start), days) == local(expected)


def test_a_short_day_is_due_before_it_closes() -> None:
    week = Week.read("Europe/Berlin", {"thu": [["08:00", "17:00"]], "fri": [["10:00", "12:00"], ["13:00", "14:00"]]})
    assert week.add_days(local("2026-03-05T16:00"), 1) == local("2026-03-06T14:00")
    assert week.add_days(local("2026-03-05T12:30"), 1) == local("2026-03-06T12:00")
    assert week.add_days(local("2026-03-05T08:00"), 1) == local("2026-03-06T10:00")


def test_work_through_the_night_of_the_clock_change_counts_real_hours() -> None:
    night = Week.read("Europe/Berlin", {"sat": [["22:00", "24:00"]], "sun": [["00:00", "06:00"]]})
    assert night.elapsed(local("2026-03-28T20:00"), local("2026-03-29T12:00")) == timedelta(hours=7)
    assert night.elapsed(local("2026-10-24T20:00"), local("2026-10-25T12:00")) == timedelta(hours=9)


def test_whether_the_office_is_open() -> None:
    assert OFFICE.is_open(local("2026-03-06T08:00"))
    assert not OFFICE.is_open(local("2026-03-06T17:00"))
    assert not OFFICE.is_open(local("2026-04-03T10:00"))


@pytest.mark.parametrize(
    ("zone", "hours", "special", "said"),
    [
        ("Mars/Base", {}, [], "cannot be understood"),
        ("../../etc/passwd", {}, [], "cannot be understood"),
        ("Europe/Berlin", {"monday": []}, [], "no weekday"),
        ("Europe/Berlin", {"mon": [["8", "17"]]}, [], "pairs like"),
        ("Europe/Berlin", {"mon": [["08:00"]]}, [], "pairs like"),
        ("Europe/Berlin", {"mon": [["08:00", "25:00"]]}, [], "pairs like"),
        ("Europe/Berlin", {"mon": [["22:00", "06:00"]]}, [], "ends before"),
        ("Europe/Berlin", {"mon": [["08:00", "12:00"], ["11:00", "17:00"]]}, [], "overlap"),
        ("Europe/Berlin", {}, [{"from": "Easter"}], "cannot be understood"),
        ("Europe/Berlin", {}, [{"from": "2026-01-02", "to": "2026-01-01"}], "ends before"),
        ("Europe/Berlin", {}, [{"from": "2026-01-02", "hours": [["8", "9"]]}], "pairs like"),
        ("Europe/Berlin", {}, [{"from": "2026-01-01", "to": "2026-01-09"}, {"from": "2026-01-09"}], "speak of"),
    ],
)
def test_senseless_calendars_are_refused(zone: str, hours: dict, special: list[dict], said: str) -> None:
    with pytest.raises(CalendarError, match=said):
        Week.read(zone, hours, "", special)


def test_senseless_amounts_and_empty_calendars_are_refused() -> None:
    never, start = Week.read("UTC", {}), local("2026-03-06T08:00")
    for call in (
        lambda: OFFICE.add_hours(start, -1),
        lambda: OFFICE.add_hours(start, float("nan")),
        lambda: OFFICE.add_hours(start, 1e9),
        lambda: OFFICE.add_days(start, -1),
        lambda: OFFICE.add_days(start, 1.5),  # type: ignore[arg-type]
        lambda: never.add_hours(start, 1),
        lambda: never.add_days(start, 1),
    ):
        with pytest.raises(CalendarError):
            call()


def test_a_holiday_of_one_region_is_a_working_day_elsewhere() -> None:
    hours = {day: [["08:00", "17:00"]] for day in WEEKDAYS[:5]}
    bavaria = Week.read("Europe/Berlin", hours, "DE-BY")
    assert bavaria.add_hours(local("2026-06-03T16:00"), 2) == local("2026-06-05T09:00")
    assert bavaria.holiday(date(2026, 6, 4), "de") == "Fronleichnam"
    assert OFFICE.holiday(date(2026, 6, 4)) == ""


def test_an_exception_counts_more_than_a_holiday_and_the_weekday() -> None:
    special = [
        {"from": "2026-10-03", "hours": [["10:00", "12:00"]], "remark": "Stocktaking"},
        {"from": "2026-12-24", "to": "2026-12-31", "hours": [], "remark": "Between the years"},
    ]
    week = Week.read("Europe/Berlin", {"fri": [["08:00", "17:00"]]}, "DE", special)
    assert week.add_hours(local("2026-10-02T16:00"), 2) == local("2026-10-03T11:00")
    assert week.add_days(local("2026-12-18T09:00"), 1) == local("2027-01-08T09:00"), "1 January is a holiday"
    found = week.exception(date(2026, 12, 31))
    assert found is not None and found.remark == "Between the years"
    assert week.exception(date(2027, 1, 1)) is None


@pytest.mark.parametrize("region", ["XX", "DE-ZZ", "de", "DE-", "../DE"])
def test_an_unknown_region_is_refused(region: str) -> None:
    with pytest.raises(CalendarError, match="region"):
        Week.read("UTC", {}, region)


def test_working_hours_that_the_clock_jumps_over_or_repeats() -> None:
    week = Week.read("Europe/Berlin", {"sun": [["01:30", "02:30"]]})
    assert week.spans(date(2026, 3, 29)) == [(local("2026-03-29T01:30"), local("2026-03-29T03:00"))]
    assert week.elapsed(local("2026-03-29T00:00"), local("2026-03-30T00:00")) == timedelta(minutes=30)
    # Half an hour before and half an hour after the clock went back: 02:00 to 02:30 comes twice.
    assert week.elapsed(local("2026-10-25T00:00"), local("2026-10-26T00:00")) == timedelta(minutes=90)


def test_a_day_that_never_was() -> None:
    samoa = Week.read("Pacific/Apia", ROUND_THE_CLOCK)
    assert samoa.spans(date(2011, 12, 30)) == []
    start = datetime(2011, 12, 29, 12, tzinfo=samoa.zone)
    assert samoa.add_days(start, 1) == datetime(2011, 12, 31, 12, tzinfo=samoa.zone)


def test_years_of_working_time_and_the_end_of_all_time() -> None:
    start, end = datetime(2000, 1, 1, tzinfo=BERLIN), datetime(2019, 12, 31, tzinfo=BERLIN)
    always = Week.read("Europe/Berlin", ROUND_THE_CLOCK)
    assert always.elapsed(start, end) == end - start
    assert always.add_hours(start, (end - start) / timedelta(hours=1)) == end
    with pytest.raises(CalendarError):
        OFFICE.add_hours(datetime(9998, 12, 31, tzinfo=BERLIN), 10)
