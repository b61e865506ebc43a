"""Every setting that can be changed on pages: what it is called, what it may be, what counts where nobody set it."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.domain.calendars.working_time import DEFAULT_CALENDAR
from app.domain.configuration import colours, logo
from app.domain.people.accounts import EMAIL, is_time_zone
from app.errors import Invalid, Message

LONGEST = 200
LONGEST_TEXT = 10_000
SECURITIES = ("offered", "starttls", "tls")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9a-fA-F:]{2,45}")
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")

Check = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Item:
    """One setting.

    `field` is that of `app.settings.Settings` with which the environment rules it, and whose default it has;
    `fallback` is the default where it has none there.
    """

    key: str
    title: str
    check: Check
    field: str = ""
    fallback: str = ""
    secret: bool = False
    picture: bool = False


def _refuse(key: str, told: Message) -> Invalid:
    return Invalid({key: [told]})


def _line(key: str, value: str) -> str:
    if _CONTROL.search(value) or len(value) > LONGEST:
        raise _refuse(key, Message("Please use one line of at most {most} characters.", most=LONGEST))
    return value


def _text(key: str, value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise _refuse(key, Message("Please use at most {limit} characters.", limit=LONGEST_TEXT))
    return value.replace("\r\n", "\n")


def _tick(key: str, value: str) -> str:
    if value != "1":
        raise _refuse(key, Message("Choose one of the answers that are offered."))
    return value


def _short(key: str, value: str) -> str:
    if len(value) > 24:
        raise _refuse(key, Message("Please use at most {limit} characters.", limit=24))
    return _line(key, value)


def _language(key: str, value: str) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise _refuse(key, Message("Choose one of the languages that are offered."))
    return value


def _zone(key: str, value: str) -> str:
    if not is_time_zone(value):
        raise _refuse(key, Message("There is no time zone “{name}”.", name=value[:100]))
    return value


def _calendar(key: str, value: str) -> str:
    if not _KEY.fullmatch(value):
        raise _refuse(key, Message("Choose one of the calendars that are offered."))
    return value


def _address(key: str, value: str) -> str:
    try:
        parts = urlsplit(_line(key, value))
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        port_fits = False
    if not port_fits or parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise _refuse(key, Message("Write the whole address, like https://itsm.example.org."))
    return value.rstrip("/")


def _email(key: str, value: str) -> str:
    if not EMAIL.fullmatch(_line(key, value)):
        raise _refuse(key, Message("This does not look like an e-mail address."))
    return value


def _host(key: str, value: str) -> str:
    if not _HOST.fullmatch(value):
        raise _refuse(key, Message("Write the name of the server alone, like mail.example.org."))
    return value


def _port(key: str, value: str) -> str:
    if not (value.isascii() and value.isdecimal() and len(value) < 6 and 1 <= int(value) <= 65535):
        raise _refuse(key, Message("A port is a number from 1 to 65535."))
    return str(int(value))


def _security(key: str, value: str) -> str:
    if value not in SECURITIES:
        raise _refuse(key, Message("Choose one of the answers that are offered."))
    return value


def _picture(key: str, value: str) -> str:
    try:
        content = b64decode(value, validate=True)
    except ValueError:
        raise _refuse(key, Message("Choose a picture in the format PNG.")) from None
    return b64encode(logo.cleaned(content)).decode()


ITEMS = {
    item.key: item
    for item in (
        Item("organisation", Message("Name of the organisation"), _line, "organisation"),
        Item("default_locale", Message("Language for people who chose none"), _language, "default_locale"),
        Item("default_time_zone", Message("Time zone for people who chose none"), _zone, "default_time_zone"),
        Item("default_calendar", Message("Calendar that counts where none is named"), _calendar, "", DEFAULT_CALENDAR),
        Item("base_url", Message("Address of the pages, as it stands in mails"), _address, "base_url"),
        Item("mail_from", Message("Sender of mails"), _email, "mail_from"),
        Item("mail_host", Message("Mail server"), _host, "mail_url"),
        Item("mail_port", Message("Port of the mail server"), _port, "mail_url"),
        Item("mail_security", Message("Encryption of mail"), _security, "mail_url", "starttls"),
        Item("mail_user", Message("User at the mail server"), _line, "mail_url"),
        Item("mail_password", Message("Password at the mail server"), _line, "mail_url", secret=True),
        Item("default_sla", Message("Default SLA, for services without one of their own"), _text),
        Item("demo", Message("Demo people are offered at sign-in"), _tick),
        Item("product", Message("Name in the navigation"), _short, "", "Stellwerk"),
        Item("accent", Message("Colour of buttons and links"), lambda _key, value: colours.accent(value)),
        Item("navigation", Message("Colour of the navigation"), lambda _key, value: colours.navigation(value)),
        Item("logo", Message("Logo"), _picture, picture=True),
    )
}
