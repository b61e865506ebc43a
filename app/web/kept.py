"""Says in plain words what is kept for a stuck case and what becomes of it."""

from app.insight.kept_view import Kept
from app.web.i18n import gettext as _
from app.web.i18n import mark

_TIMER = mark(
    "The time of “%(element)s” was up, but what follows could not be stored. "
    "Once the case is mended, the timer fires again by itself."
)
_ANSWER = mark(
    "“%(element)s” was carried out, but its result could not be stored. "
    "Once the case is mended, the result is taken over; nothing is carried out twice."
)
_MESSAGE_FAILED = mark(
    "The message “%(message)s” came for “%(element)s”, but what follows could not be stored. "
    "Once the case is mended, it is delivered once more."
)
_MESSAGE_WAITS = mark(
    "The message “%(message)s” came for “%(element)s” while the case was stuck. "
    "Once the case is mended, it is delivered."
)


def in_words(kept: Kept, element: str) -> str:
    """Say what is kept and what happens to it, in the current language; `element` is what people call its place."""
    if kept.kind == "timer":
        said = _(_TIMER)
    elif kept.kind == "answer":
        said = _(_ANSWER)
    else:
        said = _(_MESSAGE_FAILED) if kept.failed else _(_MESSAGE_WAITS)
    return said % {"element": element, "message": kept.message}
