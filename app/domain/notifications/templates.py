"""What people are told: texts by name and language, filled from a fixed set of variables."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Literal

from babel.dates import format_date, format_time, get_timezone

from app.errors import Invalid, Message

TextName = Literal[
    "incident.opened",
    "incident.acknowledged",
    "incident.assigned",
    "incident.escalated",
    "incident.due_soon",
    "incident.target_missed",
    "incident.major",
    "incident.resolved",
    "incident.reopened",
    "incident.closed",
    "request.opened",
    "request.approved",
    "request.rejected",
    "request.not_entitled",
    "request.fulfilled",
    "request.due_soon",
    "request.target_missed",
    "request.closed",
    "request.is_incident",
    "action.cancelled",
    "action.closed",
    "record.escalated",
    "question.asked",
    "question.answered",
    "approval.asked",
    "approval.decided",
    "task.waiting",
    "task.overdue",
    "task.reminder",
    "task.escalated",
    "task.returned",
    "task.for_absent",
    "task.assigned",
    "task.offered",
    "task.withdrawn",
    "case.stuck",
    "absence.substitute",
    "webhook.disabled",
    "digest",
    "roles.findings",
    "record.status",
    "record.reply",
    "record.note",
    "record.mention",
    "record.merged",
    "message",
]

LOCALES = ("en", "de")
# Known without being given: of the case and its record, and of whom is told.
OWN = frozenset({"number", "title", "link", "name", "organisation", "actor", "service", "priority", "team"})
# Given by the diagram.
GIVEN = frozenset(
    {
        "reason",
        "due",
        "question",
        "answer",
        "resolution",
        "decision",
        "task",
        "assignee",
        "heading",
        "text",
        "actor",
        "title",
        "link",
    }
)
# English is written as in Europe: day before month, 24 hours.
_DATES = {"en": "en_GB", "de": "de"}
LONGEST_VALUE = 4000
LONGEST_SUBJECT = 200

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029]")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one language, with `$variables`."""

    subject: Template
    body: Template

    @property
    def variables(self) -> frozenset[str]:
        """The variables that it names."""
        return frozenset(self.subject.get_identifiers()) | frozenset(self.body.get_identifiers())


@dataclass(frozen=True, slots=True)
class Letter:
    """A filled text: one line of subject, and a body."""

    subject: str
    body: str


@cache
def texts(locale: str) -> Mapping[str, Text]:
    """Return all texts in a language (`en`, `de`)."""
    content = files("app.domain.notifications").joinpath("texts", f"{locale}.toml").read_text(encoding="utf-8")
    return {
        name: Text(Template(entry["subject"]), Template(entry["body"].strip() + "\n"))
        for name, entry in tomllib.loads(content).items()
    }


def language(wanted: str, default: str = "en") -> str:
    """Return the language to write in: the wanted one (`de_AT` is `de`), else the default, else English."""
    for one in (wanted, default):
        if (short := re.split("[-_]", one.lower())[0]) in LOCALES:
            return short
    return "en"


def check_given(values: Mapping[str, Any]) -> None:
    """Refuse values that no text knows.

    Raises:
        Invalid: names each unknown value.
    """
    unknown = sorted(values.keys() - GIVEN)
    if unknown:
        known = ", ".join(sorted(GIVEN))
        told = {
            name: Message("Texts know no value “{name}”; there are {known}.", name=name, known=known)
            for name in unknown
        }
        raise Invalid({name: [message] for name, message in told.items()}, told[unknown[0]])


def write(name: TextName, values: Mapping[str, Any], *, locale: str = "en", time_zone: str = "UTC") -> Letter:
    """Fill a text; lines whose variables are all empty are left out.

    Args:
        name: of the text.
        values: by variable; points in time are written in the reader's language and time zone.
        locale: language of the reader; English where there is no translation.
        time_zone: of the reader.
    """
    text = texts(language(locale))[name]
    shown = {key: _shown(values.get(key), language(locale), time_zone) for key in text.variables}
    subject = " ".join(text.subject.substitute(shown).split())
    body = Template("\n".join(_lines(text.body.template, shown))).substitute(shown)
    return Letter(subject[:LONGEST_SUBJECT], _EMPTY_LINES.sub("\n\n", body).strip() + "\n")


def _lines(body: str, shown: Mapping[str, str]) -> list[str]:
    """Leave out lines whose variables are all empty, with the line that announced them ("What we did:")."""
    kept: list[str] = []
    for line in body.splitlines():
        names = Template(line).get_identifiers()
        if not names or any(shown[name] for name in names):
            kept.append(line)
        elif kept and kept[-1].endswith(":") and "$" not in kept[-1]:
            kept.pop()
    return kept


def _shown(value: Any, locale: str, time_zone: str) -> str:
    value = _as_time(value) if isinstance(value, str) else value
    if value is None:
        return ""
    if isinstance(value, datetime):
        local = value.astimezone(get_timezone(time_zone or "UTC")) if value.tzinfo else value
        day, time = (
            format_date(local, "full", locale=_DATES[locale]),
            format_time(local, "short", locale=_DATES[locale]),
        )
        return f"{day}, {time} {local.tzname() or ''}".strip()
    if isinstance(value, date):
        return format_date(value, "full", locale=_DATES[locale])
    if isinstance(value, list | tuple):
        return ", ".join(_shown(item, locale, time_zone) for item in value)
    return _CONTROL.sub(" ", str(value).replace("\r\n", "\n")).strip()[:LONGEST_VALUE]


def _as_time(value: str) -> Any:
    """Case data carry points in time as ISO text; people should not have to read that."""
    if re.fullmatch(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?", value):
        try:
            return date.fromisoformat(value) if len(value) == 10 else datetime.fromisoformat(value)
        except ValueError:
            return value
    return value
