"""What counts: the environment before the pages before the defaults; remembered per process until it changes."""

import hashlib
import logging
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from sqlalchemy import event, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.configuration.catalogue import ITEMS, Item
from app.domain.configuration.records import Setting
from app.domain.people.credentials.sealing import Seal, Unreadable
from app.errors import Unavailable
from app.settings import Settings

log = logging.getLogger(__name__)

Origin = Literal["default", "environment", "page"]
PURPOSE = "settings"
# Until what one process has changed counts in the others, web processes and workers alike.
SECONDS_BETWEEN_LOOKS = 2.0
_SCHEMES = {"offered": "smtp", "starttls": "smtp+starttls", "tls": "smtps"}


@dataclass(frozen=True, slots=True)
class Value:
    """A setting's value and where it comes from; that of a secret is sealed."""

    value: str
    origin: Origin


@dataclass(frozen=True)
class Values:
    """All settings at one generation; `secret` returns the key that passwords are sealed with."""

    generation: int
    values: dict[str, Value]
    mail: str
    address: str
    secret: Callable[[], bytes]

    def __getitem__(self, key: str) -> str:
        return self.values[key].value

    @cached_property
    def mail_url(self) -> str:
        """The mail server's URL, from the environment or put together from its parts; empty where there is none."""
        if self.mail or not self["mail_host"]:
            return self.mail
        who = quote(self["mail_user"], safe="")
        if who and (password := self._opened("mail_password")):
            who += f":{quote(password, safe='')}"
        host = f"[{self['mail_host']}]" if ":" in self["mail_host"] else self["mail_host"]
        port = f":{self['mail_port']}" if self["mail_port"] else ""
        return f"{_SCHEMES[self['mail_security']]}://{who + '@' if who else ''}{host}{port}"

    @cached_property
    def logo(self) -> bytes:
        """The logo, empty where there is none."""
        return b64decode(self["logo"])

    @property
    def demo(self) -> bool:
        """Whether this is the demo, whose people everybody may be."""
        return bool(self["demo"])

    @cached_property
    def look(self) -> str:
        """A digest of what makes the appearance, empty where nothing was changed."""
        parts = [self["accent"], self["navigation"], self["logo"]]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:12] if any(parts) else ""

    def _opened(self, key: str) -> str:
        if not self[key]:
            return ""
        try:
            return Seal(self.secret(), PURPOSE).open(b64decode(self[key]), key)
        except Unreadable:
            log.warning("The setting %s was stored with another secret key; set it again.", key)
            return ""


class Configuration:
    """What is in force in this process: reads what has changed now and then, so that no request has to."""

    def __init__(self, settings: Settings, database: Database) -> None:
        """Read nothing yet."""
        self.settings = settings
        self._database = database
        self._known: Values | None = None

    def now(self) -> Values:
        """Return what is in force, as far as this process has heard."""
        known = self._known
        if known is None:
            with self._database.transaction() as session:
                known = self._known = self.read(session)
        return known

    def read(self, session: Session) -> Values:
        """Return what is in force according to the database."""
        rows = session.execute(select(Setting.key, Setting.value, Setting.generation)).all()
        stored = {row.key: row.value for row in rows}
        values = {key: _value(self.settings, item, stored.get(key)) for key, item in ITEMS.items()}
        settings = self.settings
        return Values(
            generation=max((row.generation for row in rows), default=0),
            values=values,
            mail=settings.mail_url,
            address=values["base_url"].value.rstrip("/") or settings.address,
            secret=lambda: settings.secret,
        )

    def look_again(self) -> None:
        """Read the settings again if any has changed; without the database what is known goes on to count."""
        known = self._known
        try:
            with self._database.transaction() as session:
                if known is None or session.scalar(_GENERATION) != known.generation:
                    self._known = self.read(session)
        except (Unavailable, SQLAlchemyError) as error:
            log.debug("Settings cannot be looked at: %s", error)

    def forget_after(self, session: Session) -> None:
        """Read the settings again once this transaction is committed."""

        def forget(_session: Session) -> None:
            self._known = None

        event.listen(session, "after_commit", forget, once=True)

    # What mails and pages ask for, under the names that `Settings` has for it.
    @property
    def organisation(self) -> str:
        """Name of the organisation."""
        return self.now()["organisation"]

    @property
    def default_locale(self) -> str:
        """Language for people who chose none."""
        return self.now()["default_locale"]

    @property
    def default_time_zone(self) -> str:
        """Time zone for people who chose none."""
        return self.now()["default_time_zone"]

    @property
    def default_calendar(self) -> str:
        """Key of the calendar that counts where none is named."""
        return self.now()["default_calendar"]

    @property
    def address(self) -> str:
        """Where people reach the pages, without a slash at the end."""
        return self.now().address

    @property
    def mail_url(self) -> str:
        """The mail server; empty where there is none."""
        return self.now().mail_url

    @property
    def mail_from(self) -> str:
        """Sender of mails."""
        return self.now()["mail_from"]

    @property
    def secret(self) -> bytes:
        """The key that encrypts and makes links; see docs/settings.md."""
        return self.settings.secret

    @property
    def var(self) -> Path:
        """Folder for what Stellwerk writes."""
        return self.settings.var


_GENERATION = select(func.coalesce(func.max(Setting.generation), 0))


def ruled(settings: Settings, item: Item) -> bool:
    """Tell whether the environment sets it, so that pages cannot."""
    return item.field in settings.model_fields_set and bool(getattr(settings, item.field))


def _value(settings: Settings, item: Item, stored: Any) -> Value:
    own = item.field if item.field == item.key else ""
    if ruled(settings, item):
        return Value(str(getattr(settings, own)) if own else "", "environment")
    if stored is not None:
        return Value(str(stored), "page")
    # An empty variable, as compose files have them, sets nothing.
    return Value(str(Settings.model_fields[own].default) if own else item.fallback, "default")
