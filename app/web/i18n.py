"""The language and time zone of whoever is served, and the texts of each language read from .po files."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.core import negotiate_locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from app.errors import Message

SOURCE = "en"
# What the pages say themselves, and what the shipped processes and forms say.
PAGES, CONTENT = "stellwerk", "content"
# English dates the European way: 23 Nov, 16:30.
_FORMATS = {"en": "en_GB"}
_LOCALES = Path(__file__).parent / "locale"


@dataclass(frozen=True, slots=True)
class Place:
    """For whom texts, dates and numbers are written; `language` is `en` or `de`, `locale` rules the formats."""

    language: str
    locale: Locale
    zone: ZoneInfo


@lru_cache
def languages() -> dict[str, str]:
    """Return the languages there are, each with its own name for itself."""
    found = [SOURCE, *sorted(path.parent.parent.name for path in _LOCALES.glob(f"*/LC_MESSAGES/{PAGES}.po"))]
    return {code: (Locale.parse(code).display_name or code).capitalize() for code in found}


@lru_cache
def translations(language: str, catalogue: str = PAGES) -> NullTranslations:
    """Read the texts of a language; no compile step, so that a change of the .po file is the whole change."""
    read = _read(language, catalogue)
    if read is None:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read)
    compiled.seek(0)
    return Translations(compiled)


@lru_cache
def _read(language: str, catalogue: str) -> Catalog | None:
    path = _LOCALES / language / "LC_MESSAGES" / f"{catalogue}.po"
    if language == SOURCE or not path.is_file():
        return None
    with path.open("rb") as file:
        return read_po(file, locale=language)


@lru_cache(maxsize=256)
def place(language: str, zone: str) -> Place:
    """Return the place for a language and an IANA zone; what is unknown falls back to English and UTC."""
    known = language if language in languages() else SOURCE
    try:
        place_in_time = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        place_in_time = ZoneInfo("UTC")
    return Place(known, Locale.parse(_FORMATS.get(known, known)), place_in_time)


_current: ContextVar[Place | None] = ContextVar("place", default=None)


def here() -> Place:
    """Return the place of the current request; English and UTC outside of one."""
    return _current.get() or place(SOURCE, "UTC")


@contextmanager
def at(somewhere: Place) -> Iterator[None]:
    """Write for this place inside the block."""
    token = _current.set(somewhere)
    try:
        yield
    finally:
        _current.reset(token)


def preferred(accept_language: str, default: str) -> str:
    """Choose the language for somebody who is not signed in, from the browser's `Accept-Language`."""
    wanted = []
    for part in accept_language[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    wanted.sort(key=lambda entry: entry[0])
    return negotiate_locale([tag for _, tag in wanted if tag], list(languages()), sep="-") or default


def gettext(message: str) -> str:
    """Say a text in the current language."""
    return _said(here().language, PAGES, message) if message else ""


@lru_cache(maxsize=16_384)
def _said(language: str, catalogue: str, message: str) -> str:
    # A list says the same few words in each of its rows.
    return str(translations(language, catalogue).gettext(message))


def ngettext(one: str, many: str, count: int) -> str:
    """Say a text about `count` things in the current language."""
    return str(translations(here().language).ngettext(one, many, count))


def label(text: str) -> str:
    """Say what a shipped process or form calls something; what an organisation wrote itself stays as it is."""
    return _said(here().language, CONTENT, text) if text else ""


def label_in(text: str, language: str) -> str:
    """Say in another language than the current one what a shipped process or form, or the product, calls something."""
    if not text:
        return ""
    said = _said(language, CONTENT, text)
    # What a record's status is called is no word of a form.
    return said if said != text else _said(language, PAGES, text)


def meant_by(text: str) -> tuple[str, ...]:
    """Return the English names of what is called like `text`, or has it in its name, in the current language."""
    return _meant_by(here().language, text.casefold()) if text else ()


@lru_cache(maxsize=256)
def _meant_by(language: str, text: str) -> tuple[str, ...]:
    read = _read(language, CONTENT) or ()
    return tuple(str(entry.id) for entry in read if entry.id and text in str(entry.string).casefold())


def tell(message: str) -> str:
    """Say a message of a lower layer in the current language: a template with values, or a plain sentence.

    Numbers among the values are written as the language does; a value that is a message itself is said as well.
    """
    if not isinstance(message, Message):
        return gettext(message)
    if not message.values:
        # A message without values may be a process owner's own, or a name.
        said = gettext(message.template)
        return label(message.template) if said == message.template else said
    return gettext(message.template).format(**{name: _told(value) for name, value in message.values.items()})


def _told(value: Any) -> Any:
    if isinstance(value, Message):
        return tell(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return format_decimal(value, locale=here().locale)
    return value


def mark(message: str) -> str:
    """Mark a text for translation that is said later, with `gettext`."""
    return message
