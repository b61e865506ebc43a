"""Colours: contrast as WCAG counts it, and none that text could not be read with."""

import pytest

from app.domain.configuration.colours import LEAST_CONTRAST, WHITE, accent, contrast, navigation, shades
from app.errors import Invalid


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", WHITE) == pytest.approx(21)
    assert contrast(WHITE, WHITE) == 1
    # Known from the understanding documents: the lightest grey that is enough on white.
    assert contrast("#767676", WHITE) == pytest.approx(4.54, abs=0.01)


def test_dark_colours_are_taken_and_written_alike() -> None:
    assert accent(" #7A1FA2 ") == "#7a1fa2"
    assert navigation("#10202B") == "#10202b"


@pytest.mark.parametrize("check", [accent, navigation])
@pytest.mark.parametrize("colour", ["#ffd700", "#ffffff", "red", "#12345", "#1234567", "url(x)", "#12345;", ""])
def test_light_colours_and_what_is_none_are_refused(check: object, colour: str) -> None:
    with pytest.raises(Invalid):
        check(colour)  # type: ignore[operator]


def test_every_shade_of_a_colour_that_was_taken_can_be_read() -> None:
    made = shades(accent("#6f6f00"), navigation("#101010"))
    assert contrast(made["action-dark"], WHITE) >= LEAST_CONTRAST
    assert contrast(made["action-ink"], made["action-soft"]) >= LEAST_CONTRAST
    assert contrast(made["nav-2"], "#c7d3db") >= LEAST_CONTRAST


def test_what_was_not_chosen_stays_as_it_is() -> None:
    assert shades("", "") == {}
    assert set(shades("", "#101010")) == {"nav", "nav-2"}
