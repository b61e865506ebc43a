"""Quiet hours and the hour of the daily mail: by the person's own clock, over nights, weekends and clock changes."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.database.transaction import Database
from app.domain.notifications import choices
from app.domain.notifications.choices import DEFAULTS, EVENTS, Choice, Hours
from app.errors import Invalid
from tests.domain.notifications.conftest import Office

BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")
NIGHT = Hours(22 * 60, 7 * 60)


def at(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        (NIGHT, "2026-03-04T21:59", None),
        (NIGHT, "2026-03-04T22:00", "2026-03-05T07:00"),
        (NIGHT, "2026-03-05T06:59", "2026-03-05T07:00"),
        (NIGHT, "2026-03-05T07:00", None),
        (Hours(12 * 60, 13 * 60), "2026-03-04T12:30", "2026-03-04T13:00"),
        (Hours(12 * 60, 12 * 60), "2026-03-04T12:30", None),
        (Hours(quiet_weekends=True), "2026-03-07T10:00", "2026-03-09T00:00"),
        # Friday night, the weekend, and the night to Monday are one quiet time.
        (Hours(22 * 60, 7 * 60, True), "2026-03-06T23:00", "2026-03-09T07:00"),
        (Hours(22 * 60, 7 * 60, True), "2026-03-06T21:00", None),
        # The clocks change in this night: it is an hour shorter.
        (NIGHT, "2026-03-28T23:00", "2026-03-29T07:00"),
    ],
)
def test_a_quiet_time_ends_when_the_persons_clock_says_so(hours: Hours, now: str, end: str | None) -> None:
    assert hours.quiet_end(at(now), BERLIN) == (at(end) if end else None)


def test_it_is_the_persons_own_clock_that_counts() -> None:
    evening_in_tokyo = at("2026-03-04T23:00", TOKYO)
    assert NIGHT.quiet_end(evening_in_tokyo, TOKYO) == at("2026-03-05T07:00", TOKYO)
    assert NIGHT.quiet_end(evening_in_tokyo, BERLIN) is None


@given(
    start=st.integers(0, 1439), until=st.integers(0, 1439), weekends=st.booleans(), hour=st.integers(0, 23),
    minutes=st.integers(0, 60 * 24 * 400), zone=st.sampled_from([BERLIN, TOKYO, ZoneInfo("America/St_Johns")]),
)  # fmt: skip
def test_every_mail_finds_a_time_that_is_not_quiet(
    start: int, until: int, weekends: bool, hour: int, minutes: int, zone: ZoneInfo
) -> None:
    hours, now = Hours(start, until, weekends, hour), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    end = hours.quiet_end(now, zone)
    if end is not None:
        assert now < end <= now + timedelta(days=5)
        # Where it is quiet but for no minute of the day there is nothing better than the end of one quiet time.
        assert hours.quiet_end(end, zone) is None or (weekends and hours.quiet_end(end, zone) is not None)
    daily = hours.next_digest(now, zone)
    assert now < daily <= now + timedelta(days=4)
    if weekends:
        assert daily.astimezone(zone).weekday() < 5


def test_what_is_chosen_is_kept_and_only_what_differs_is_stored(database: Database, office: Office) -> None:
    anna = office.people["anna"]
    wanted = {event: DEFAULTS[event] for event in EVENTS} | {"case.stuck": Choice(False, "digest")}
    with database.transaction() as session:
        choices.choose(session, anna, wanted, NIGHT)
        choices.choose(session, anna, {"task.offered": Choice(True, "now")}, Hours(digest_hour=17))
        assert choices.choices_of(session, [anna]) == {
            (anna, "case.stuck"): Choice(False, "digest"), (anna, "task.offered"): Choice(True, "now"),
        }  # fmt: skip
        assert choices.hours_of(session, [anna]) == {anna: Hours(digest_hour=17)}
        choices.choose(session, anna, {"case.stuck": DEFAULTS["case.stuck"]}, Hours())
        assert choices.table_of(session, anna)["case.stuck"] == DEFAULTS["case.stuck"]


@pytest.mark.parametrize(
    ("wanted", "hours", "field"),
    [
        ({"task.eaten": Choice(True, "now")}, Hours(), "task.eaten"),
        ({"case.stuck": Choice(True, "never")}, Hours(), "case.stuck"),  # type: ignore[arg-type]
        ({}, Hours(60, None), "quiet_until"),
        ({}, Hours(None, 60), "quiet_from"),
        ({}, Hours(0, 1440), "quiet_until"),
        ({}, Hours(digest_hour=24), "digest_hour"),
    ],
)
def test_what_does_not_exist_is_refused(
    database: Database, office: Office, wanted: dict[str, Choice], hours: Hours, field: str
) -> None:
    with pytest.raises(Invalid) as refusal, database.transaction() as session:
        choices.choose(session, office.people["anna"], wanted, hours)
    assert list(refusal.value.fields) == [field]


def test_a_zone_that_does_not_exist_is_replaced() -> None:
    assert choices.zone_of("Atlantis/Deep", "Europe/Berlin") == BERLIN
    assert choices.zone_of("", "nowhere") == ZoneInfo("UTC")
