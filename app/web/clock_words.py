"""What pages and API say of a target clock: its state in a few words, its terms, what happened to it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.domain.calendars.records import Calendar
from app.domain.service_levels.records import Target
from app.domain.service_levels.words import LEVELS, METRICS
from app.insight.clock_view import Line, Shown, Terminology, WhatIf
from app.web import formats
from app.web.i18n import gettext as _
from app.web.i18n import here, mark, tell

LEVEL_NAMES = {"sla": "SLA", "ola": "OLA", "ua": "UA"}
LONG_LEVEL_NAMES = {
    "sla": mark("Service level agreement"),
    "ola": mark("Operational level agreement"),
    "ua": mark("Agreement with a supplier"),
}
HAPPENED = {
    "started": mark("Started"),
    "paused": mark("Paused"),
    "resumed": mark("Goes on"),
    "stopped": mark("Stopped"),
    "warned": mark("Warned"),
    "breached": mark("Missed"),
    "terms": mark("Other terms"),
}
LONGEST_REASON = 80
assert set(LEVEL_NAMES) == set(LEVELS.values())


@dataclass(frozen=True, slots=True)
class State:
    """What a clock shows: a word for programs, icon and colour, the words for people."""

    key: str
    icon: str
    colour: str
    text: str


def state(shown: Shown) -> State:
    """Say what a clock shows now."""
    reading = shown.reading
    if shown.terms is None:
        return State("nothing_agreed", "info-circle", "", _("no time agreed"))
    if reading is None:
        return State("unreadable", "alert-triangle", "late", _("its calendar has too little working time"))
    reason = tell(shown.reason)
    short = reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
    paused = _("paused: %(reason)s") % {"reason": short} if short else _("paused")
    if reading.breached_at is not None:
        missed = missed_by(-reading.left)
        text = f"{missed} · {paused}" if reading.state == "paused" else missed
        return State("missed", "alert-triangle", "late", text)
    left = _("%(time)s left") % {"time": formats.span(reading.left)}
    if reading.state == "paused":
        return State("paused", "hourglass", "", f"{paused} · {left}")
    if reading.state == "stopped":
        return State("kept", "circle-check", "good", _("kept"))
    when = formats.when(reading.due_at) if reading.due_at is not None else ""
    there = elsewhere(reading.due_at, clock_zone(shown.calendar))
    due = _("due %(when)s") % {"when": f"{when} ({there})" if there else when}
    return State("warned" if shown.warned else "running", "clock", "soon" if shown.warned else "", f"{due} · {left}")


def missed_by(length: timedelta) -> str:
    """Say by how much working time something was missed."""
    if length < timedelta(minutes=1):
        return _("just missed")
    return _("missed by %(time)s") % {"time": formats.span(length)}


def clock_zone(calendar: Calendar | None) -> ZoneInfo | None:
    """Return where a calendar's working time is."""
    return ZoneInfo(calendar.time_zone) if calendar is not None else None


def elsewhere(moment: datetime | None, zone: ZoneInfo | None) -> str:
    """Write the time that clocks show in another zone, if they show another one there at that moment."""
    if (
        moment is None
        or zone is None
        or moment.astimezone(zone).utcoffset() == moment.astimezone(here().zone).utcoffset()
    ):
        return ""
    return _("%(time)s in %(zone)s") % {
        "time": formats.clock_in(moment, zone), "zone": zone.key.rpartition("/")[2].replace("_", " ")
    }  # fmt: skip


def metric(shown: Shown) -> str:
    """Say what is to happen in time."""
    return tell(METRICS.get(shown.clock.metric, shown.clock.metric))


def happened(line: Line) -> str:
    """Say what happened to a clock, and why."""
    said = _(HAPPENED.get(line.event, line.event))
    if line.event == "terms" and line.before is not None and line.after is not None:
        said = f"{said}: {terms(line.before)} → {terms(line.after)}"
    if not line.holds:
        said = f"{said} ({_('by the terms of that moment')})"
    reason = tell(line.reason)
    return f"{said}: {reason}" if reason and line.event != "terms" else f"{said} ({reason})" if reason else said


def terms(told: Terminology) -> str:
    """Say terms in short: time, agreement, calendar, as far as they may be named."""
    if told.minutes is None:
        return _("no time agreed")
    parts = [formats.span(timedelta(minutes=told.minutes)), told.agreement, told.calendar]
    return ", ".join(part for part in parts if part)


def supposed(shown: Shown, other: WhatIf) -> Shown:
    """Return what a clock would show by the terms of another priority."""
    return replace(shown, calendar=other.calendar, terms=other.terms, reading=other.reading)


def promised(target: Target) -> str:
    """Say what a target promises."""
    return _("%(time)s of working time, warning at %(percent)s %%") % {
        "time": formats.span(timedelta(minutes=target.minutes)), "percent": target.warn_percent
    }  # fmt: skip
