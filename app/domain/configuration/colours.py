"""Colours that can be read: contrast by WCAG 2.2, and the shades that go with a colour."""

import re

from app.errors import Invalid, Message

COLOUR = re.compile(r"#[0-9a-f]{6}")
# Small text on its background (WCAG 2.2, 1.4.3).
LEAST_CONTRAST = 4.5
WHITE, INK, CANVAS = "#ffffff", "#17202c", "#f4f6f8"
NAVIGATION_TEXT, NAVIGATION_DIM = "#c7d3db", "#8fa2af"


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another one."""
    parts = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in parts)


def accent(value: str) -> str:
    """Read the colour of buttons and links, which carry white text and stand on light pages.

    Raises:
        Invalid: it is no colour, or too light.
    """
    colour = _read(value, "accent")
    _enough(min(contrast(colour, WHITE), contrast(colour, CANVAS)), "accent")
    return colour


def navigation(value: str) -> str:
    """Read the colour of the navigation, which carries light text.

    Raises:
        Invalid: it is no colour, or too light.
    """
    colour = _read(value, "navigation")
    raised = mixed(colour, WHITE, 0.08)
    _enough(min(contrast(colour, NAVIGATION_DIM), contrast(raised, NAVIGATION_TEXT)), "navigation")
    return colour


def shades(accent_colour: str, navigation_colour: str) -> dict[str, str]:
    """Return what the stylesheet's colours become; an empty colour leaves its own as they are."""
    found: dict[str, str] = {}
    if accent_colour:
        found |= {
            "action": accent_colour,
            "action-dark": mixed(accent_colour, "#000000", 0.18),
            "action-soft": mixed(accent_colour, WHITE, 0.9),
            "action-ink": mixed(accent_colour, "#000000", 0.3),
        }
    if navigation_colour:
        found |= {"nav": navigation_colour, "nav-2": mixed(navigation_colour, WHITE, 0.08)}
    return found


def _read(value: str, field: str) -> str:
    colour = value.strip().lower()
    if not COLOUR.fullmatch(colour):
        raise Invalid({field: [Message("Write a colour as # and six digits, like #1857b8.")]})
    return colour


def _enough(found: float, field: str) -> None:
    if found < LEAST_CONTRAST:
        told = Message(
            "Text could not be read well with this colour: its contrast is {found}, at least {least} is needed."
            " Choose a darker one.",
            found=int(found * 10) / 10, least=LEAST_CONTRAST,
        )  # fmt: skip
        raise Invalid({field: [told]})


def _luminance(colour: str) -> float:
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (one / 255 for one in _parts(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
