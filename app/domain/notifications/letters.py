"""Letters about a case: what texts may name of it, and each text in its reader's language and time zone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.notifications.audience import Recipient
from app.domain.notifications.templates import Letter, TextName, write
from app.domain.people.records import Person, Team
from app.domain.records.records import Record
from app.errors import Message

Say = Callable[[str, str], str]
"""Says what a shipped process, or the product, calls something in a language (`en`, `de`)."""


class LetterSettings(Protocol):
    """The settings that texts need; see `app.settings.Settings`."""

    @property
    def address(self) -> str: ...

    @property
    def organisation(self) -> str: ...

    @property
    def default_locale(self) -> str: ...

    @property
    def default_time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes letters about a case, with the organisation's settings."""

    settings: LetterSettings

    def known(
        self, session: Session, record: Record | None, case_number: str, actor_id: int | None = None
    ) -> dict[str, Any]:
        """Collect what texts may name of a case, its record and who acts."""
        own: dict[str, Any] = {
            "number": record.number if record else case_number,
            "link": f"{self.settings.address}/cases/{case_number}",
            "organisation": self.settings.organisation,
            "actor": name_of(session, Person, actor_id),
        }
        if record is not None:
            own |= {
                "title": record.title,
                "priority": record.priority,
                "service": _title(session, record.service_id),
                "team": name_of(session, Team, record.team_id),
                "resolution": getattr(record, "resolution", None),
            }
        return own

    def letters(
        self, text: TextName, recipients: Sequence[Recipient], values: Mapping[str, Any]
    ) -> list[tuple[Recipient, Letter]]:
        """Write a text to each of these people."""
        settings, written = self.settings, []
        for recipient in recipients:
            # Who has no account cannot follow a link.
            own = {"name": recipient.name, **({"link": ""} if recipient.outsider else {})}
            locale = recipient.locale or settings.default_locale
            zone = recipient.time_zone or settings.default_time_zone
            written.append((recipient, write(text, {**values, **own}, locale=locale, time_zone=zone)))
        return written


def as_drawn(name: str, language: str) -> str:
    """Return a name as it stands in the diagram, whatever the language."""
    return name


def said(say: Say, text: str, language: str) -> str:
    """Say a text or a message in a language, with the values of the message; those that are messages are said, too."""
    if not isinstance(text, Message):
        return say(text, language)
    template = say(text.template, language)
    if not text.values:
        return template
    values = text.values.items()
    return template.format(
        **{name: said(say, value, language) if isinstance(value, Message) else value for name, value in values}
    )


def name_of(session: Session, model: type[Person] | type[Team], row_id: int | None) -> str | None:
    """Return the name of a person or team, None where there is none."""
    return session.scalar(select(model.name).where(model.id == row_id)) if row_id is not None else None


def _title(session: Session, record_id: int | None) -> str | None:
    return session.scalar(select(Record.title).where(Record.id == record_id)) if record_id is not None else None
