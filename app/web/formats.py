"""Dates, times, numbers and due texts in the language and time zone of whoever is served."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal

from app import clock
from app.web.i18n import gettext as _
from app.web.i18n import here, ngettext

SOON = timedelta(hours=4)
ALMOST_WEEK = timedelta(days=6)


@dataclass(slots=True)
class Due:
    """A due time in words; `state` is `late`, `soon` or empty."""

    text: str
    state: str
    moment: datetime

    @property
    def exact(self) -> str:
        """Date and time in full."""
        return full(self.moment)


@lru_cache(maxsize=8192)
def _written(skeleton: str, moment: datetime | date, locale: Locale) -> str:
    # A day's list repeats the same few dates; Babel takes its time for each.
    return str(format_skeleton(skeleton, moment, locale=locale))


def local(moment: datetime) -> datetime:
    """Move a moment into the person's time zone, to the minute."""
    return _local(moment, here().zone)


@lru_cache(maxsize=8192)
def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(second=0, microsecond=0)


def _days_until(moment: datetime) -> int:
    """Return how many midnights lie between now and a moment; below zero when it has passed."""
    return (local(moment).date() - clock.now().astimezone(here().zone).date()).days


def midnights(now: datetime) -> tuple[datetime, datetime]:
    """Return when tomorrow and next week begin for the person."""
    zone = here().zone
    today = now.astimezone(zone).date()
    starts = (today + timedelta(days=1), today + timedelta(days=7 - today.weekday()))
    tomorrow, next_week = (datetime.combine(day, time(), zone).astimezone(UTC) for day in starts)
    return tomorrow, next_week


def clock_time(moment: datetime) -> str:
    """Write the time of day: `16:30`."""
    # Without its zone: the same instant in two zones is one key of the cache, and the first one's text would be shown.
    return _written("Hm", local(moment).replace(tzinfo=None), here().locale)


def clock_in(moment: datetime, zone: ZoneInfo) -> str:
    """Write the time of day in another zone than the person's."""
    return _written("Hm", _local(moment, zone).replace(tzinfo=None), here().locale)


def day(moment: datetime | date, *, weekday: bool = False) -> str:
    """Write a day: `23 Nov`, `Mon 23 Nov`; with its year when it is not this year's."""
    value = local(moment).date() if isinstance(moment, datetime) else moment
    this_year = value.year == clock.now().astimezone(here().zone).year
    skeleton = ("MMMEd" if weekday else "MMMd") if this_year else "yMMMd"
    return _written(skeleton, value, here().locale)


def when(moment: datetime) -> str:
    """Write a day with its time as people say it: `today 09:20`, `yesterday 16:00`, `Mon 23 Nov, 16:00`."""
    away = _days_until(moment)
    time = clock_time(moment)
    if away == 0:
        return _("today %(time)s") % {"time": time}
    if away == -1:
        return _("yesterday %(time)s") % {"time": time}
    if away == 1:
        return _("tomorrow %(time)s") % {"time": time}
    return _("%(day)s, %(time)s") % {"day": day(moment, weekday=True), "time": time}


def full(moment: datetime) -> str:
    """Write date and time in full, for titles and journals."""
    value = local(moment)
    locale = here().locale
    return _("%(day)s, %(time)s") % {"day": _written("yMMMd", value.date(), locale), "time": clock_time(moment)}


def due(moment: datetime | None) -> Due | None:
    """Say when something is due, seen from now; None when it has no due time."""
    if moment is None:
        return None
    left = moment - clock.now()
    if left < timedelta():
        return Due(_late(-left, moment), "late", moment)
    minutes = int(left.total_seconds() // 60)
    if minutes < 60:
        text = ngettext("in %(n)d min", "in %(n)d min", minutes) % {"n": minutes}
        return Due(text, "soon", moment)
    away = _days_until(moment)
    if left < SOON and away == 0:
        text = ngettext("in %(n)d h", "in %(n)d h", minutes // 60) % {"n": minutes // 60}
        return Due(text, "soon", moment)
    if away == 0:
        return Due(clock_time(moment), "", moment)
    if away == 1:
        return Due(_("tomorrow %(time)s") % {"time": clock_time(moment)}, "", moment)
    return Due(day(moment, weekday=left < ALMOST_WEEK), "", moment)


def _late(by: timedelta, moment: datetime) -> str:
    minutes = int(by.total_seconds() // 60)
    if minutes < 60:
        return ngettext("%(n)d min late", "%(n)d min late", minutes) % {"n": minutes}
    days = -_days_until(moment)
    if days == 0 or minutes < 12 * 60:
        return ngettext("%(n)d h late", "%(n)d h late", minutes // 60) % {"n": minutes // 60}
    if days == 1:
        return _("yesterday %(time)s") % {"time": clock_time(moment)}
    return ngettext("%(n)d day late", "%(n)d days late", days) % {"n": days}


def number(value: float) -> str:
    """Write a number with the separators of the language."""
    return _number(value, here().locale)


@lru_cache(maxsize=2048)
def _number(value: float, locale: Locale) -> str:
    return str(format_decimal(value, locale=locale))


def size(count: int) -> str:
    """Write a file's size given in bytes: `18 kB`, `2.4 MB`."""
    if count < 1000:
        return f"{number(count)} B"
    if count < 1_000_000:
        return f"{number(round(count / 1000))} kB"
    return f"{number(round(count / 1_000_000, 1))} MB"


def span(length: timedelta) -> str:
    """Write a length of time in hours and minutes, `1 h 20 min`: what a day of working time is depends on the day."""
    hours, minutes = divmod(int(abs(length).total_seconds() // 60), 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": minutes}
    if not minutes:
        return _("%(hours)s h") % {"hours": number(hours)}
    return _("%(hours)s h %(minutes)s min") % {"hours": number(hours), "minutes": minutes}
