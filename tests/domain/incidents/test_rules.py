"""The rules of incidents hold without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.incidents import rules
from app.errors import BusinessError

statuses = st.sampled_from(sorted(rules.FOLLOWS))


@given(status=statuses, to=statuses)
def test_a_status_follows_or_is_refused_with_a_code(status: str, to: rules.Status) -> None:
    if to in rules.FOLLOWS[status]:
        rules.check_move("INC-1", status, to)
    else:
        with pytest.raises(BusinessError) as refusal:
            rules.check_move("INC-1", status, to)
        assert refusal.value.code.startswith("incident.")
        assert "INC-1" in refusal.value.message


def test_from_every_status_but_closed_there_is_a_way_to_the_end() -> None:
    for status, following in rules.FOLLOWS.items():
        assert ("closed" in following) == (status != "closed")


@pytest.mark.parametrize(
    ("status", "code"),
    [("open", "not_resolved"), ("waiting", "not_resolved"), ("closed", "already_closed"), ("resolved", None)],
)
def test_only_what_is_resolved_is_reopened(status: str, code: str | None) -> None:
    if code is None:
        rules.check_reopen("INC-1", status)
        return
    with pytest.raises(BusinessError) as refusal:
        rules.check_reopen("INC-1", status)
    assert refusal.value.code == f"incident.{code}"


@pytest.mark.parametrize(
    ("status", "closure_code", "resolution", "allowed"),
    [
        ("resolved", "solved", "Replaced the disk.", True),
        ("resolved", "no_answer", "Replaced the disk.", True),
        ("resolved", "solved", " ", False),
        ("in_progress", "solved", "Replaced the disk.", False),
        ("open", "withdrawn", None, True),
        ("waiting", "duplicate", None, True),
        ("closed", "withdrawn", None, False),
    ],
)
def test_closure_needs_a_solution_or_a_reason_for_none(
    status: str, closure_code: str, resolution: str | None, allowed: bool
) -> None:
    if allowed:
        rules.check_closure("INC-1", status, closure_code, resolution)
    else:
        with pytest.raises(BusinessError):
            rules.check_closure("INC-1", status, closure_code, resolution)


@pytest.mark.parametrize("status", ["resolved", "closed"])
def test_what_is_over_is_not_worked_on(status: str) -> None:
    with pytest.raises(BusinessError, match="INC-1"):
        rules.check_unfinished("INC-1", status)
    rules.check_unfinished("INC-1", "waiting")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("P2", "P1", "P1"), ("P6", None, "P6"), (None, None, None), ("P0", "P5", "P5")],
)
def test_the_more_urgent_priority_wins(one: str | None, other: str | None, expected: str | None) -> None:
    assert rules.more_urgent(one, other) == expected


def test_texts_are_compared_by_what_they_are_about() -> None:
    assert rules.common_words("The printer in room 12 is jammed", "Printers jamming again in room 12") == 3
    assert rules.common_words("Der Drucker geht nicht", "Drucker im Keller druckt nicht") == 1
    assert rules.common_words("", "anything") == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_comparing_never_fails(one: str, other: str) -> None:
    assert rules.common_words(one, other) >= 0
    assert rules.common_words(one, one) == len({rules.stem(word) for word in rules.telling_words(one)})


def test_reports_about_different_services_are_never_the_same() -> None:
    assert rules.is_similar(2, same_service=True)
    assert not rules.is_similar(2, same_service=False)
    assert not rules.is_similar(9, same_service=False, services_differ=True)


def test_a_known_error_needs_three_shared_words_and_most_of_them_in_its_title() -> None:
    assert rules.fits_known_error(3, in_title=2, same_service=True)
    assert not rules.fits_known_error(2, in_title=2, same_service=True)
    assert not rules.fits_known_error(5, in_title=1, same_service=True)
    assert not rules.fits_known_error(5, in_title=2, same_service=False)
    assert rules.fits_known_error(3, in_title=3, same_service=False)


DAY = timedelta(days=1)
OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)


def wrong(after: timedelta, **more: Any) -> set[str]:
    facts: dict[str, Any] = {
        "status": "in_progress", "priority": "P3", "category": "storage", "owned": True, "opened_at": OPENED,
        "updated_at": OPENED, "now": OPENED + after,
    }  # fmt: skip
    return set(rules.faults(**facts | more))


def test_what_the_check_of_the_queue_finds() -> None:
    assert wrong(4 * DAY) == set()
    assert wrong(5 * DAY) == {"stale"}
    assert wrong(DAY, owned=False) == {"unowned"}
    assert wrong(DAY / 2, owned=False) == set()
    assert wrong(DAY, category="other") == wrong(DAY, priority=None) == {"doubtful"}
    assert wrong(DAY, category=None, status="open") == set()
    assert wrong(7 * DAY, updated_at=OPENED + 4 * DAY) == {"overdue"}
    assert wrong(7 * DAY, updated_at=OPENED + 6 * DAY) == set()
    assert wrong(2 * DAY, priority="P1") == {"overdue"}
    for status in ("resolved", "closed"):
        assert wrong(90 * DAY, status=status, owned=False) == set()


def test_a_fault_that_was_treated_counts_anew() -> None:
    facts: dict[str, Any] = {"status": "open", "priority": None, "category": None, "owned": False, "opened_at": OPENED}
    first = rules.faults(**facts, updated_at=OPENED, now=OPENED + 9 * DAY)
    again = rules.faults(**facts, updated_at=OPENED, now=OPENED + 16 * DAY)
    changed = rules.faults(**facts, updated_at=OPENED + 10 * DAY, now=OPENED + 16 * DAY)
    assert min(first.values()) == min(again.values()) == OPENED + DAY
    assert min(changed.values()) == OPENED + 10 * DAY
