"""How often something may be tried, shared by all processes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.people import sign_in
from app.domain.people.credentials import limits
from app.domain.people.credentials.limits import Limit
from app.domain.people.sign_in import Lockout
from tests.at_once import at_once

TRIES = Limit("tries", 3, 10)
MORNING = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)


def test_after_so_many_nothing_more_until_the_time_is_over(session: Session) -> None:
    with clock.at(MORNING):
        assert [limits.count(session, TRIES, "a") for _ in range(3)] == [False, False, True]
        assert limits.seconds_left(session, TRIES, "a") == 600
        assert limits.seconds_left(session, TRIES, "b") == 0
        clock.advance(timedelta(minutes=10))
        assert limits.seconds_left(session, TRIES, "a") == 0
        assert limits.count(session, TRIES, "a") is False
        assert limits.forget_old(session) == 0
        clock.advance(timedelta(minutes=10))
        assert limits.forget_old(session) == 1


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        (None, "unknown"),
        ("testclient", "testclient"),
    ],
)
def test_an_address_stands_for_one_subscriber(address: str | None, place: str) -> None:
    assert limits.place(address) == place


def test_counting_at_once_loses_no_attempt(database: Database) -> None:
    def attempt() -> bool:
        with database.transaction() as session:
            return limits.count(session, Limit("many", 8, 10), "a")

    assert sorted(at_once(*[attempt] * 8)) == [False] * 7 + [True]


def test_failures_count_for_their_address_whatever_login_they_tried(session: Session) -> None:
    for number in range(limits.SIGN_IN_BY_ADDRESS.most):
        assert not limits.seconds_left(session, limits.SIGN_IN_BY_ADDRESS, "192.0.2.7")
        sign_in.sign_in(session, f"nobody{number}", "x", hours=1, lockout=Lockout(), address="192.0.2.7")
    assert limits.seconds_left(session, limits.SIGN_IN_BY_ADDRESS, "192.0.2.7")
    assert not limits.seconds_left(session, limits.SIGN_IN_BY_ADDRESS, "192.0.2.8")
