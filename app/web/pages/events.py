"""The journal in words: what happened, for people."""

from typing import Any

import orjson

from app.insight.case_view import Line
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.names import role_title

WORDS = {
    "case.started": mark("Case started by"),
    "case.completed": mark("Case completed"),
    "case.cancelled": mark("Case cancelled by"),
    "case.owner_changed": mark("Owner changed by"),
    "case.stuck": mark("Stuck at “%(element)s”"),
    "case.retried": mark("“%(element)s” tried again by"),
    "case.skipped": mark("“%(element)s” skipped by"),
    "case.data_edited": mark("Data edited at “%(element)s” by"),
    "task.opened": mark("Task “%(element)s” opened"),
    "task.claimed": mark("Task “%(element)s” claimed by"),
    "task.released": mark("Task “%(element)s” released by"),
    "task.reassigned": mark("Task “%(element)s” reassigned by"),
    "task.reminded": mark("Reminded of “%(element)s”"),
    "task.escalated": mark("“%(element)s” escalated, because it is overdue"),
    "task.returned": mark("Task “%(element)s” went back to its role, which its assignee has lost"),
    "task.taken_over": mark("Task “%(element)s” taken over by"),
    "task.put_off": mark("Task “%(element)s” put off by"),
    "task.put_back": mark("Task “%(element)s” taken up again by"),
    "task.completed": mark("“%(element)s” completed by"),
    "task.withdrawn": mark("Task “%(element)s” withdrawn"),
    "element.completed": mark("“%(element)s” passed"),
    "message.sent": mark("Message sent at “%(element)s”"),
    "message.received": mark("Message received at “%(element)s”"),
    "timer.fired": mark("Time is up: “%(element)s”"),
    "timer.moved": mark("Another time for “%(element)s”, because what it was counted from has changed"),
    "task.moved": mark("“%(element)s” is due at another time, because what it was counted from has changed"),
    "operation.answered": mark("“%(element)s” carried out"),
    "operation.failed": mark("“%(element)s” failed"),
    "record.created": mark("Recorded by"),
    "record.changed": mark("Changed by"),
    "record.imported": mark("Imported by"),
    "comment.added": mark("Comment by"),
    "comment.edited": mark("Comment edited by"),
    "comment.withdrawn": mark("Comment withdrawn by"),
    "file.added": mark("File added by"),
    "link.added": mark("Link added by"),
    "link.removed": mark("Link removed by"),
    "record.merged": mark("Merged into another record by"),
    "record.absorbed": mark("Another record merged into this one by"),
    "tag.added": mark("Tag added by"),
    "tag.removed": mark("Tag removed by"),
    "watcher.added": mark("Watched, set by"),
    "watcher.removed": mark("No longer watched, set by"),
    "approval.asked": mark("Approval asked at “%(element)s”"),
    "approval.decided": mark("Approval decided at “%(element)s”"),
    "notification.prepared": mark("Mails written at “%(element)s”"),
    "notification.readdressed": mark("Mails sent to another address at “%(element)s”"),
    "question.asked": mark("Question asked by"),
    "question.answered": mark("Question answered by"),
    "known_error.used": mark("Used as a workaround by"),
    "incident.caller_registered": mark("Caller noted by"),
    "incident.prioritised": mark("Priority set by"),
    "incident.major": mark("Declared a major incident by"),
    "incident.known_error_matched": mark("Matched with a known error by"),
    "incident.known_error_chosen": mark("Known error chosen by"),
    "incident.paused": mark("Waiting for the user, set by"),
    "incident.resumed": mark("Work resumed by"),
    "incident.resolved": mark("Resolved by"),
    "incident.confirmed": mark("Solution confirmed by"),
    "incident.reopened": mark("Reopened by"),
    "incident.closed": mark("Closed by"),
    "incident.assigned": mark("Assigned by"),
    "incident.escalated": mark("Escalated by"),
    "incident.taken": mark("Taken over by"),
    "incident.taken_over": mark("Taken over from an order"),
    "escalation.escalated": mark("Escalated by"),
    "request.registered": mark("Order taken in by"),
    "request.approval_asked": mark("Approval asked by"),
    "request.accepted": mark("Accepted by"),
    "request.assigned": mark("Assigned by"),
    "request.taken": mark("Taken over by"),
    "request.fulfilled": mark("Fulfilled by"),
    "request.reopened": mark("Reopened by"),
    "request.closed": mark("Closed by"),
    "action.registered": mark("Asked for by"),
    "action.begun": mark("Taken on by"),
    "action.overdue": mark("Overdue, noted"),
    "action.went_on": mark("Found to have no effect by"),
    "action.handed_in": mark("Result handed in by"),
    "action.closed": mark("Found to have helped by"),
    "action.cancelled": mark("Given up by"),
    "clock.started": mark("Agreed time started by"),
    "clock.paused": mark("Agreed time paused by"),
    "clock.resumed": mark("Agreed time goes on, by"),
    "clock.stopped": mark("Agreed time stopped by"),
    "clock.terms": mark("Other terms for the agreed time, by"),
    "clock.warned": mark("Agreed time nearly used up"),
    "clock.breached": mark("Agreed time missed"),
    "agreement.activated": mark("Put in force by"),
    "agreement.changed": mark("Agreement changed by"),
    "agreement.terms": mark("Terms changed by"),
    "agreement.reviewed": mark("Reviewed by"),
    "agreement.ended": mark("Ended by"),
    "agreement.reason": mark("Reason given by"),
    "agreement.findings": mark("Findings of the review noted by"),
    "agreement.results": mark("Results collected at “%(element)s”"),
}
# What the details of a line are called; answers are called as in their form.
NAMES = {
    "answered": mark("Answered"),
    "assignee": mark("Assignee"),
    "body": mark("Text"),
    "count": mark("Number of them"),
    "data": mark("Data"),
    "decision": mark("Decision"),
    "calendar": mark("Calendar"),
    "due_at": mark("Due"),
    "end_events": mark("End events"),
    "from": mark("From"),
    "key": mark("Key"),
    "metric": mark("Target"),
    "message": mark("Message"),
    "name": mark("Name"),
    "names": mark("Names"),
    "notifications": mark("Mails"),
    "person": mark("Person"),
    "public": mark("Public"),
    "question": mark("Question"),
    "reason": mark("Reason"),
    "record": mark("Record"),
    "reply": mark("Answer"),
    "role": mark("Role"),
    "rule": mark("Rule"),
    "template": mark("Text"),
    "to": mark("To"),
    "until": mark("Until"),
    "values": mark("Answers"),
    "version": mark("Version"),
    "voters": mark("Who is asked"),
    "votes": mark("Votes"),
}
_INNER = frozenset({"diagram", "task", "on_behalf_of", "clock", "level"})
Titles = dict[str, tuple[str, dict[str, str]]]
"""Label and option labels of form fields by key."""


def say(event: str, element: str) -> str:
    """Return an event in the current language; one without words of its own is shown by its name."""
    known = WORDS.get(event)
    if known is None:
        readable = event.replace(".", ": ").replace("_", " ")
        return f"{readable} · {element}" if element else readable
    return _(known) % {"element": element} if "%(element)s" in known else _(known)


def whom(event: str, actor: str) -> tuple[str, str]:
    """Return what stands between an event's words and who did it, and who did: the system, where nobody is named.

    Words that end with “by” go on with a name; behind others it stands apart.
    """
    if WORDS.get(event, "").endswith(" by"):
        return " ", actor or _("the system")
    return (" · ", actor) if actor else ("", "")


def line(entry: Line, elements: dict[str, str], titles: Titles) -> dict[str, Any]:
    """Return a line of the journal for the template; `titles` are those of the case's forms."""
    element = elements.get(entry.element, entry.element) or entry.element
    facts = [(name, value) for name, value in entry.data.items() if name not in _INNER]
    details = [
        (_(NAMES.get(name, name)), role_title(value) if name == "role" else shown(value, titles))
        for name, value in (*facts, *(entry.payload or {}).items())
        if value
    ]
    return {
        "text": say(entry.event, element),
        "actor": whom(entry.event, entry.actor),
        "on_behalf_of": entry.on_behalf_of,
        "at": entry.at,
        "details": details,
        "erased": entry.erased,
        "failed": entry.event == "case.stuck",
        "hash": entry.hash,
    }


def shown(value: Any, titles: Titles) -> str:
    """Write a value of the journal as text, answers with the labels of their fields."""
    if isinstance(value, dict):
        return "\n".join(_answer(name, entry, titles) for name, entry in value.items() if entry not in (None, "", []))
    if isinstance(value, list):
        return ", ".join(shown(entry, titles) for entry in value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def _answer(name: str, value: Any, titles: Titles) -> str:
    title, options = titles.get(name, (name, {}))
    said = options.get(value, value) if isinstance(value, str) else value
    return f"{title}: {shown(said, titles)}"
