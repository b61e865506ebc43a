"""Working time as people write it."""

import pytest

from app.domain.service_levels.amounts import NotTime, minutes_of, written


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("30m", 30), ("4h", 240), ("1h 30m", 90), ("1h30min", 90), (" 2 hours 5 minutes ", 125), ("0m", 0), ("90 m", 90)],
)
def test_what_is_understood(text: str, minutes: int) -> None:
    assert minutes_of(text) == minutes
    assert minutes_of(written(minutes)) == minutes


@pytest.mark.parametrize("text", ["", " ", "4", "soon", "1.5h", "-3h", "1h 30", "٣h", "9999999h", "h", "4h 4h"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(NotTime, match="Give working time"):
        minutes_of(text)


@pytest.mark.parametrize("text", ["2d", "1 day", "2d 3h", "3 Tage", "1w"])
def test_days_are_refused_because_they_differ(text: str) -> None:
    with pytest.raises(NotTime, match="Days differ"):
        minutes_of(text)
