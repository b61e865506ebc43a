"""Settings as pages and programs show and change them: what is in force, where it comes from, what is secret."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from pydantic import SecretStr
from sqlalchemy.orm import Session

from app import clock
from app.domain.calendars import use
from app.domain.configuration import changing
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import Configuration
from app.engine import dependences
from app.errors import Invalid, Message
from app.settings import Settings
from app.web import i18n

HIDDEN = "••••••••"
# Not secret as a whole, but with passwords in them.
_WITH_PASSWORDS = frozenset({"mail_url", "database_url"})
# Whether this is the demo is decided once, at the first start.
CHANGEABLE = frozenset(ITEMS) - {"demo"}


class Variable(NamedTuple):
    """A variable of the server's environment, its value in force and whether it was given."""

    name: str
    value: str
    origin: str


EVERYWHERE = timedelta(minutes=1)
"""After what time every process goes by settings that were changed."""


def outside(settings: Settings) -> list[Variable]:
    """Return what only the server's environment decides; what is secret is not shown."""
    found = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        secret = isinstance(value, SecretStr) or name in _WITH_PASSWORDS
        raw = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        origin = "environment" if name in settings.model_fields_set else "default"
        found.append(Variable(f"STELLWERK_{name.upper()}", HIDDEN if raw and secret else raw, origin))
    return found


def change(
    session: Session, configuration: Configuration, given: Mapping[str, str], *, actor_id: int, seen: int
) -> None:
    """Store settings; they count at once in this process and soon in the others.

    Args:
        given: values by key; an empty one leads back to the default.
        seen: the generation that the person saw.

    Raises:
        Invalid: something will not do; all of it at once.
        Conflict: somebody else was faster.
    """
    wrong = _not_offered(session, given)
    try:
        changing.change(session, configuration, given, actor_id=actor_id, seen=seen)
    except Invalid as refusal:
        wrong |= refusal.fields
    if wrong:
        raise Invalid(wrong)
    if "default_calendar" in given:
        dependences.mark(session, "default", at=clock.now() + EVERYWHERE)


def _not_offered(session: Session, given: Mapping[str, str]) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if given.get("default_locale") and given["default_locale"] not in i18n.languages():
        wrong["default_locale"] = [Message("Choose one of the languages that are offered.")]
    if given.get("default_calendar") and given["default_calendar"] not in dict(use.choices(session)):
        wrong["default_calendar"] = [Message("Choose one of the calendars that are offered.")]
    return wrong
