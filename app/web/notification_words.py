"""What the events that people are told of are called, with their icons."""

from app.domain.notifications.choices import EventName, Mail
from app.web.i18n import mark

EVENTS: dict[EventName, tuple[str, str]] = {
    "task.assigned": ("user", mark("A task is assigned to me")),
    "task.offered": ("users-group", mark("A task is offered to my role or team")),
    "task.withdrawn": ("arrow-back-up", mark("A task of mine is given to somebody else")),
    "task.reminder": ("clock", mark("Reminders, and tasks that come back to all of us")),
    "task.escalated": ("alert-triangle", mark("An overdue task is escalated to me")),
    "record.mention": ("at", mark("Somebody mentions me")),
    "record.comment": ("message", mark("Somebody writes on something that I take part in")),
    "record.changed": ("eye", mark("Something that I watch changes")),
    "case.stuck": ("bug", mark("A case is stuck that I can mend")),
    "absence.substitute": ("calendar", mark("I stand in for somebody")),
    "webhook.disabled": ("webhook", mark("A webhook of mine is switched off")),
}
MAILS: dict[Mail, str] = {"now": mark("At once"), "digest": mark("Once a day"), "off": mark("Not at all")}


def icon_of(event: str) -> str:
    """Return the icon of an event; the bell for one that is not known (any more)."""
    return next((symbol for name, (symbol, _title) in EVENTS.items() if name == event), "bell")
