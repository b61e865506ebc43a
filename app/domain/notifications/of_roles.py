"""The mail about roles that need somebody: to the SMS manager, once a day at most, about what is new."""

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.letters import LetterSettings, Writer
from app.domain.notifications.of_tasks import JOB
from app.domain.notifications.outbox import About
from app.domain.people import findings
from app.domain.people.directory import Directory
from app.domain.people.findings import Finding
from app.domain.people.roles import SMS_MANAGER
from app.jobs.queue import Queue

# What stands where mails about cases have their number.
THREAD = "SMS"
SHOWN = 40


def tell_findings(session: Session, settings: LetterSettings, queue: Queue) -> int:
    """Write to whoever answers as SMS manager about findings that are new; returns how many these were."""
    fresh = findings.take_fresh(session)
    if not fresh:
        return 0
    _role, holders = Directory().responsible(session, SMS_MANAGER)
    around = Circumstances(None, None, clock.now())
    recipients = find_recipients(session, [f"person:{holder.person_id}" for holder in holders], around)
    values: dict[str, Any] = {
        "number": THREAD,
        "organisation": settings.organisation,
        "link": f"{settings.address}/administration/roles",
        "text": _listed(fresh),
    }
    letters = Writer(settings).letters("roles.findings", recipients, values)
    about = About(None, None, "", "roles.findings", f"findings:{clock.now():%Y-%m-%dT%H}", THREAD)
    ids = outbox.put(session, about, letters)
    if ids:
        queue.put(session, JOB, {"case_id": None, "ids": ids})
    return len(fresh)


def _listed(fresh: list[Finding]) -> str:
    lines = [f"* {one.told}" for one in fresh[:SHOWN]]
    return "\n".join([*lines, *(["…"] if len(fresh) > SHOWN else [])])
