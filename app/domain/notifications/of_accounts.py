"""Mails about people's own accounts: the link for a new password."""

import re
import tomllib
from datetime import datetime
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, Protocol

from babel.dates import format_time, get_timezone
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.notifications import outbox
from app.domain.notifications.audience import Recipient
from app.domain.notifications.letters import LetterSettings
from app.domain.notifications.outbox import About, Mailer
from app.domain.notifications.templates import Letter, language
from app.domain.people import reset
from app.jobs.queue import Queue

ASKED, SEND = "account.reset", "account.send"
LINK = "/sign-in/reset?token="
_PLACE = re.compile(re.escape(LINK) + r"<([A-Za-z0-9_-]+)>")


class AccountSettings(LetterSettings, Protocol):
    """The settings that these mails need; see `app.settings.Settings`."""

    @property
    def secret(self) -> bytes: ...


class AccountLetters:
    """Mails links for new passwords.

    The outbox holds mails without their tokens: who reads the database, or a copy of it, gets into no account.
    """

    def __init__(self, database: Database, mailer: Mailer, settings: AccountSettings, queue: Queue) -> None:
        self._database = database
        self._mailer = mailer
        self._settings = settings
        self._queue = queue

    def register_jobs(self) -> None:
        """Tell the queue how links are made, and how they are sent."""
        self._queue.register(ASKED, self._answer)
        self._queue.register(SEND, self._send)

    def asked(self, session: Session, who: str) -> None:
        """Answer later to somebody who gave a login or an address.

        A job does it, so that the page takes equally long for those that exist and those that do not.
        """
        self._queue.put(session, ASKED, {"who": who}, attempts=2)

    def send(self, recipient: str, subject: str, body: str, *, identity: str, thread: str = "") -> None:
        """Send a mail of the outbox with its token in it; see `outbox.Mailer`."""

        def token(place: re.Match[str]) -> str:
            return LINK + reset.token_of(self._settings.secret, place[1])

        self._mailer.send(recipient, subject, _PLACE.sub(token, body), identity=identity, thread=thread)

    def _answer(self, arguments: dict[str, Any], attempt: int) -> None:
        with self._database.transaction() as session:
            ids: list[int] = []
            for asked in reset.ask(session, str(arguments["who"]), secret=self._settings.secret):
                about = About(None, None, "", ASKED, f"{ASKED}:{asked.seed}", "")
                ids += outbox.put(session, about, [self._letter(asked)])
            if ids:
                self._queue.put(session, SEND, {"ids": ids})

    def _send(self, arguments: dict[str, Any], attempt: int) -> None:
        outbox.deliver(self._database, self, None, arguments["ids"])

    def _letter(self, asked: reset.Asked) -> tuple[Recipient, Letter]:
        person, settings = asked.person, self._settings
        locale = language(person.locale, settings.default_locale)
        values = {
            "name": person.name,
            "login": person.login,
            "organisation": settings.organisation,
            "link": f"{settings.address}{LINK}<{asked.seed}>",
            "until": _time(asked.expires_at, locale, person.time_zone),
        }
        text = _texts()[locale]
        subject = " ".join(Template(text["subject"]).substitute(values).split())
        letter = Letter(subject, Template(text["body"].lstrip()).substitute(values))
        return Recipient(person.id, person.name, person.email or "", person.locale, person.time_zone), letter


def _time(moment: datetime, locale: str, zone: str) -> str:
    written = format_time(moment.astimezone(get_timezone(zone)), "short", locale={"en": "en_GB"}.get(locale, locale))
    return f"{written} Uhr" if locale == "de" else written


@cache
def _texts() -> dict[str, dict[str, str]]:
    found = files("app.domain.notifications").joinpath("texts", "accounts.toml").read_text(encoding="utf-8")
    return tomllib.loads(found)
