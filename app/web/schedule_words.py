"""Schedules in words: when they come, in which calendar, what is done about times that were missed."""

from datetime import date, datetime, time, timedelta

from babel.dates import format_date, format_time

from app.processes.start_timers import MONTHS, WEEKDAYS, BadRule, Cron, Once, Repetition, read_rule
from app.schedule.records import Schedule
from app.web import i18n
from app.web.dependencies import Visit
from app.web.i18n import gettext as _
from app.web.i18n import label, mark, ngettext
from app.web.names import process_names

# A Monday, and a January; what follows them is called like all others.
MONDAY = date(2024, 1, 1)
MISFIRES = {
    "fire_once": mark("Once, for all that was missed"),
    "fire_all": mark("Each of them"),
    "skip": mark("None of them"),
}
STATES = {
    "started": ("green", mark("Started")),
    "waiting": ("amber", mark("Waiting")),
    "failed": ("red", mark("Failed")),
    "skipped": ("", mark("Left out")),
}
_NTH = {
    "1st": mark("on the first %(weekday)s of the month"),
    "2nd": mark("on the second %(weekday)s of the month"),
    "3rd": mark("on the third %(weekday)s of the month"),
    "4th": mark("on the fourth %(weekday)s of the month"),
    "5th": mark("on the fifth %(weekday)s of the month"),
}


def named(it: Visit, schedules: list[Schedule]) -> dict[str, str]:
    """Return what the diagrams of schedules are called, by their keys."""
    names = process_names(it)
    return {schedule.diagram: label(names.get(schedule.diagram, schedule.diagram)) for schedule in schedules}


def in_words(expression: str, zone: str) -> str:
    """Say when a rule comes: “every month on the 1st, 09:00 Berlin”; one that has no simple words says itself."""
    try:
        rule = read_rule(expression)
    except BadRule:
        return expression
    if isinstance(rule, Cron):
        said = _cron(rule)
    elif isinstance(rule, Repetition):
        said = _repetition(rule)
    else:
        said = _once(rule)
    place = zone.rpartition("/")[2].replace("_", " ")
    timed = not isinstance(rule, Repetition) or rule.start is not None
    return f"{said} {place}".strip() if said and timed else said or expression


def _cron(rule: Cron) -> str:
    if not (rule.minute.isdecimal() and rule.hour.isdecimal()):
        return ""
    days = _days(rule)
    if not days:
        return ""
    return _("%(days)s, %(time)s") % {"days": days, "time": _time(int(rule.hour), int(rule.minute))}


def _days(rule: Cron) -> str:
    months = ", ".join(_month(part) for part in rule.month.split(",")) if rule.month != "*" else ""
    if rule.weekday != "*":
        said = _weekdays(rule.weekday)
    elif rule.day == "*":
        said = _every_days(1)
    elif rule.day == "last":
        said = _("on the last day of the month")
    elif " " in rule.day:
        nth, _blank, weekday = rule.day.partition(" ")
        said = _(_NTH[nth]) % {"weekday": _weekday(weekday)} if "," not in rule.day else ""
    elif rule.day.isdecimal():
        text = _("in %(months)s on day %(day)s") if months else _("every month on day %(day)s")
        return text % {"months": months, "day": int(rule.day)}
    else:
        said = ""
    return _("%(days)s, in %(months)s") % {"days": said, "months": months} if said and months else said


def _weekdays(field: str) -> str:
    first, dash, last = field.partition("-")
    if dash and "," not in field:
        return _("%(first)s to %(last)s") % {"first": _weekday(first), "last": _weekday(last)}
    if dash:
        return ""
    return _("every %(weekdays)s") % {"weekdays": ", ".join(_weekday(part) for part in field.split(","))}


def _repetition(rule: Repetition) -> str:
    said = _step(rule)
    if rule.start is None or not said:
        return said
    start = rule.start
    if isinstance(rule.step, timedelta) and rule.step % timedelta(days=7) == timedelta(0):
        said = _("%(step)s on %(weekday)s") % {"step": said, "weekday": _weekday(WEEKDAYS[start.weekday()])}
    elif not isinstance(rule.step, timedelta):
        said = _("%(step)s on day %(day)s") % {"step": said, "day": start.day}
    return _("%(days)s, %(time)s") % {"days": said, "time": _time(start.hour, start.minute)}


def _step(rule: Repetition) -> str:
    step = rule.step
    if not isinstance(step, timedelta):
        if step.rest:
            return ""
        if step.months % 12 == 0:
            years = step.months // 12
            return ngettext("every year", "every %(num)s years", years) % {"num": years}
        return ngettext("every month", "every %(num)s months", step.months) % {"num": step.months}
    days, rest = divmod(step, timedelta(days=1))
    if rest and not days and rest % timedelta(hours=1) == timedelta(0):
        hours = rest // timedelta(hours=1)
        return ngettext("every hour", "every %(num)s hours", hours) % {"num": hours}
    if rest and not days and rest % timedelta(minutes=1) == timedelta(0):
        minutes = rest // timedelta(minutes=1)
        return ngettext("every minute", "every %(num)s minutes", minutes) % {"num": minutes}
    if rest:
        return ""
    if days % 7 == 0:
        return ngettext("every week", "every %(num)s weeks", days // 7) % {"num": days // 7}
    return _every_days(days)


def _every_days(days: int) -> str:
    return ngettext("every day", "every %(num)s days", days) % {"num": days}


def _once(rule: Once) -> str:
    day = format_date(rule.at.date(), "long", locale=i18n.here().locale)
    return _("once on %(day)s, %(time)s") % {"day": day, "time": _time(rule.at.hour, rule.at.minute)}


def _time(hour: int, minute: int) -> str:
    return str(format_time(time(hour, minute), "HH:mm", locale=i18n.here().locale))


def _weekday(key: str) -> str:
    day = MONDAY + timedelta(days=WEEKDAYS.index(key))
    return str(format_date(day, "EEEE", locale=i18n.here().locale))


def _month(part: str) -> str:
    names = []
    for name in part.split("-"):
        if name not in MONTHS and not name.isdecimal():
            return part
        number = MONTHS.index(name) + 1 if name in MONTHS else int(name)
        names.append(str(format_date(date(2024, number, 1), "LLLL", locale=i18n.here().locale)))
    return "–".join(names)


def lateness(due: datetime, fired: datetime) -> str:
    """Say how late something ran; empty when it was on time."""
    minutes = int((fired - due).total_seconds() // 60)
    if minutes < 1:
        return ""
    if minutes < 120:
        return ngettext("%(num)s min late", "%(num)s min late", minutes) % {"num": minutes}
    hours = minutes // 60
    if hours < 48:
        return ngettext("%(num)s h late", "%(num)s h late", hours) % {"num": hours}
    return ngettext("%(num)s day late", "%(num)s days late", hours // 24) % {"num": hours // 24}
