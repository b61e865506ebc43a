"""Agreements as forms hold them: texts that are read into terms, terms that are written as texts."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from app.domain.calendars.records import Calendar
from app.domain.people.records import Person
from app.domain.service_levels import amounts
from app.domain.service_levels.amounts import NotTime
from app.domain.service_levels.editing import MOST_TARGETS, TargetLine, Written
from app.domain.service_levels.records import Agreement, Target
from app.errors import Invalid, Message
from app.web.dependencies import number, text
from app.web.i18n import here
from app.web.pages.administration.answering import meant, typed

FIELDS = (
    "type", "title", "description", "service_id", "organisation_id", "team_id", "owner", "calendar_id", "valid_from",
    "valid_until", "review_months", "seen",
)  # fmt: skip
ROW = ("metric", "priority", "time", "warn", "calendar")
SPARE = 3
"""Empty rows behind those that are filled."""
_ROW_ERRORS = {
    "metric": "metric", "priority": "priority", "minutes": "time", "warn_percent": "warn", "calendar_id": "calendar",
}  # fmt: skip
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)


def values_of(session: Session, agreement: Agreement, targets: list[Target]) -> dict[str, str]:
    """Return an agreement as texts."""
    owner = session.get(Person, agreement.owner_id) if agreement.owner_id is not None else None
    zone = _zone(session, agreement.calendar_id)
    last = agreement.valid_until - timedelta(microseconds=1) if agreement.valid_until is not None else None
    values = {
        "type": agreement.type, "title": agreement.title, "description": agreement.description or "",
        "owner": owner.login if owner is not None else "", "review_months": str(agreement.review_months),
        "valid_from": _day(agreement.valid_from, zone), "valid_until": _day(last, zone),
        "seen": agreement.updated_at.astimezone(UTC).isoformat(),
    }  # fmt: skip
    for name in ("service_id", "organisation_id", "team_id", "calendar_id"):
        values[name] = _id(getattr(agreement, name))
    for row, target in enumerate(targets):
        values |= {
            f"metric-{row}": target.metric, f"priority-{row}": target.priority,
            f"time-{row}": amounts.written(target.minutes), f"warn-{row}": str(target.warn_percent),
            f"calendar-{row}": _id(target.calendar_id),
        }  # fmt: skip
    return values


def sent(data: FormData) -> dict[str, str]:
    """Return what was typed."""
    rows = [f"{name}-{row}" for row in range(MOST_TARGETS + SPARE) for name in ROW]
    return typed(data, *FIELDS) | {name: text(data, name) for name in rows if name in data}


def rows_of(values: dict[str, str], spare: int = SPARE) -> list[int]:
    """Return the rows that a form shows: those that say something, and some empty ones."""
    filled = [int(name[5:]) for name, said in values.items() if name.startswith("time-") and _says(values, name[5:])]
    return list(range(min(max(filled, default=-1) + 1 + spare, MOST_TARGETS + SPARE)))


def read(session: Session, values: dict[str, str], before: Agreement | None) -> tuple[Written, dict[str, list[str]]]:
    """Return what was typed as terms, and by field what of it could not be understood.

    Args:
        before: the agreement as it is stored; moments that were shown as a day and left as it is stay the same.
    """
    wrong: dict[str, list[str]] = {}
    calendar_id = _number(values["calendar_id"])
    zone = _zone(session, calendar_id)
    starts = _moment(values["valid_from"], zone, 0, "valid_from", wrong)
    ends = _moment(values["valid_until"], zone, 1, "valid_until", wrong)
    owner_id = None
    if values["owner"]:
        try:
            owner_id = meant(session, "owner", values["owner"]).id
        except Invalid as refusal:
            wrong |= refusal.fields
    if before is not None:
        known = values_of(session, before, [])
        starts = before.valid_from if values["valid_from"] == known["valid_from"] else starts
        ends = before.valid_until if values["valid_until"] == known["valid_until"] else ends
        owner_id = before.owner_id if values["owner"] == known["owner"] else owner_id
    return Written(
        values["type"], values["title"], description=values["description"], service_id=_number(values["service_id"]),
        organisation_id=_number(values["organisation_id"]), team_id=_number(values["team_id"]), owner_id=owner_id,
        calendar_id=calendar_id, valid_from=starts, valid_until=ends,
        review_months=number(values["review_months"]) or 0,
        targets=tuple(_target(values, row, wrong) for row in filled(values)),
    ), wrong  # fmt: skip


def seen(said: str) -> datetime:
    """Return when an agreement had last changed as a page showed it; a page that says nothing of it is stale."""
    try:
        moment = datetime.fromisoformat(said)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def by_field(errors: dict[str, list[str]], values: dict[str, str]) -> dict[str, list[str]]:
    """Return what is wrong with terms under the names of the fields that they were typed into."""
    rows, named = filled(values), {}
    for name, told in errors.items():
        group, _, rest = name.partition(".")
        place, _, part = rest.partition(".")
        named[f"{_ROW_ERRORS[part]}-{rows[int(place)]}" if group == "targets" and part else name] = told
    return named


def filled(values: dict[str, str]) -> list[int]:
    """Return the rows of targets that say something."""
    return [row for row in range(MOST_TARGETS + SPARE) if _says(values, str(row))]


def _says(values: dict[str, str], row: str) -> bool:
    return bool(values.get(f"metric-{row}") or values.get(f"time-{row}"))


def _target(values: dict[str, str], row: int, wrong: dict[str, list[str]]) -> TargetLine:
    minutes = 0
    try:
        minutes = amounts.minutes_of(values.get(f"time-{row}", ""))
    except NotTime as refusal:
        wrong[f"time-{row}"] = [refusal.message]
    return TargetLine(
        values.get(f"metric-{row}", ""), values.get(f"priority-{row}", ""), minutes,
        number(values.get(f"warn-{row}") or "80") or 0, _number(values.get(f"calendar-{row}", "")),
    )  # fmt: skip


def _number(said: str) -> int | None:
    # What is no number is nothing that exists.
    return (number(said) or -1) if said else None


def _id(identity: int | None) -> str:
    return str(identity) if identity is not None else ""


def _day(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).date().isoformat() if moment is not None else ""


def _moment(said: str, zone: ZoneInfo, days: int, name: str, wrong: dict[str, list[str]]) -> datetime | None:
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = EARLIEST - timedelta(days=1)
    if not EARLIEST <= day <= LATEST:
        wrong[name] = [Message("Please give a date, like 2026-03-31.")]
        return None
    return datetime.combine(day + timedelta(days=days), time(), zone).astimezone(UTC)


def _zone(session: Session, calendar_id: int | None) -> ZoneInfo:
    """Return where days begin: there where the agreement's working time is."""
    calendar = session.get(Calendar, calendar_id) if calendar_id is not None else None
    return ZoneInfo(calendar.time_zone) if calendar is not None else here().zone
