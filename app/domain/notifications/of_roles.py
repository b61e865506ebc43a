"""The mail about roles that need somebody: to the SMS manager, once a day at most, about what is new."""

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.letters import LetterSettings, Say, Writer, as_drawn, said
from app.domain.notifications.news import SEND
from app.domain.notifications.outbox import About
from app.domain.notifications.templates import language
from app.domain.people import findings
from app.domain.people.directory import Directory
from app.domain.people.findings import Finding
from app.domain.people.roles import SMS_MANAGER
from app.jobs.queue import Queue

# What stands where mails about cases have their number.
THREAD = "SMS"
SHOWN = 40


class RoleLetters:
    """Writes to whoever answers as SMS manager about findings that are new."""

    def __init__(self, settings: LetterSettings, queue: Queue, say: Say = as_drawn) -> None:
        """`say` translates what findings say."""
        self._settings = settings
        self._queue = queue
        self._say = say

    def __call__(self, session: Session) -> int:
        """Put the mails into this transaction, to be sent after it; returns how many findings are new."""
        fresh = findings.take_fresh(session)
        if not fresh:
            return 0
        _role, holders = Directory().responsible(session, SMS_MANAGER)
        around = Circumstances(None, None, clock.now())
        letters = []
        for recipient in find_recipients(session, [f"person:{holder.person_id}" for holder in holders], around):
            spoken = language(recipient.locale, self._settings.default_locale)
            values: dict[str, Any] = {
                "number": THREAD,
                "organisation": self._settings.organisation,
                "link": f"{self._settings.address}/administration/roles",
                "text": self._listed(fresh, spoken),
            }
            letters += Writer(self._settings).letters("roles.findings", [recipient], values)
        about = About(None, None, "", "roles.findings", f"findings:{clock.now().isoformat()}", THREAD)
        ids = outbox.put(session, about, letters)
        if ids:
            self._queue.put(session, SEND, {"ids": ids})
        return len(fresh)

    def _listed(self, fresh: list[Finding], spoken: str) -> str:
        lines = [f"* {said(self._say, one.told, spoken)}" for one in fresh[:SHOWN]]
        return "\n".join([*lines, *(["…"] if len(fresh) > SHOWN else [])])
