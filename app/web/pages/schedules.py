"""Schedules: what starts by itself and when; overridden, paused and run by those who run the process."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.calendars.records import Calendar
from app.domain.people.records import Person
from app.errors import Invalid, StellwerkError
from app.insight import schedules as looking
from app.insight.schedules import Doing, Hand, find_schedule
from app.schedule.records import Schedule
from app.schedule.schedules import OVERRIDABLE
from app.web.dependencies import RowId, Visit, number, posted, query, text, visit
from app.web.i18n import gettext as _
from app.web.i18n import label, mark, tell
from app.web.names import area_name
from app.web.schedule_words import MISFIRES, STATES, in_words, lateness, named

router = APIRouter(prefix="/schedules")


@dataclass(slots=True)
class Line:
    """One schedule in the list."""

    doing: Doing
    name: str
    area: str
    when: str
    last_late: str


@router.get("")
def show_list(request: Request, area: str = "", ended: str = "") -> Response:
    """List the schedules of the processes that the person runs."""
    with visit(request) as it:
        found = looking.schedules(it.session, it.viewer, area=area[:100], ended=ended == "1")
        names = named(it, [doing.schedule for doing in found])
        lines = [_line(it, doing, names) for doing in found]
        areas = sorted({one.schedule.area for one in looking.schedules(it.session, it.viewer)})
        return it.page(
            "schedules/list.html", lines=lines, ended=ended == "1", area=area,
            areas=[(key, area_name(key)) for key in areas],
        )  # fmt: skip


@router.get("/{schedule_id}")
def show(request: Request, schedule_id: RowId, before: str = "") -> Response:
    """Show one schedule: its next times, what became of the past ones, and what can be done."""
    with visit(request) as it:
        return _page(it, find_schedule(it.session, it.viewer, schedule_id), before=number(before))


@router.post("/{schedule_id}")
def change(request: Request, schedule_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Override a schedule or take that back, pause it, let it go on, run it now."""
    does, reason, seen = text(data, "do"), text(data, "reason"), number(text(data, "seen")) or 0
    values = {name: text(data, name) for name in OVERRIDABLE if name in data}
    with visit(request) as it:
        doing = find_schedule(it.session, it.viewer, schedule_id)
        hand = Hand(it.parts.schedules, it.session, it.viewer)
        path = f"/schedules/{schedule_id}"
        typed = {**values, "reason" if does in ("override", "as_drawn") else "pause_reason": reason}
        try:
            if does == "override":
                hand.override(schedule_id, values, reason, seen=seen)
                return it.to(path, mark("Saved. The next times follow it."))
            if does == "as_drawn":
                hand.override(schedule_id, {}, reason, seen=seen)
                return it.to(path, mark("The schedule is as it is drawn again."))
            if does == "pause":
                hand.pause(schedule_id, reason, seen=seen)
                return it.to(path, mark("The schedule is paused: nothing is due until it goes on."))
            if does == "resume":
                hand.resume(schedule_id, seen=seen)
                return it.to(path, mark("The schedule goes on."))
            if does == "run":
                found = hand.run_now(schedule_id, seen=seen)
                return it.to(path, *_ran(found))
            raise Invalid({"do": ["Choose one of the answers that are offered."]})
        except Invalid as refusal:
            it.undo()
            wrong = {name if does != "pause" else f"pause_{name}": told for name, told in refusal.fields.items()}
            return _page(it, doing, status=422, typed=typed, errors=wrong)
        except StellwerkError as refusal:
            it.undo()
            doing = find_schedule(it.session, it.viewer, schedule_id)
            return _page(it, doing, status=_status(refusal), typed=typed, complaint=tell(refusal.message))


def _status(refusal: StellwerkError) -> int:
    return 403 if refusal.code == "forbidden" else 409


def _ran(found: int) -> tuple[str, ...]:
    if not found:
        return (mark("It ran and found nothing to start a case for; see below."),)
    return (mark("It runs now; what it started stands below."),)


def _line(it: Visit, doing: Doing, names: dict[str, str]) -> Line:
    one = doing.schedule
    zone = it.parts.schedules.zone(it.session, one)
    late = lateness(one.fired_due, one.fired_at) if one.fired_due and one.fired_at else ""
    return Line(doing, names[one.diagram], area_name(one.area), in_words(one.in_force("expression"), zone), late)


def _page(
    it: Visit,
    doing: Doing,
    *,
    status: int = 200,
    before: int | None = None,
    typed: dict[str, str] | None = None,
    errors: dict[str, Any] | None = None,
    complaint: str = "",
) -> Response:
    one = doing.schedule
    schedules = it.parts.schedules
    happened, more = looking.occurrences(it.session, it.viewer, one, before=before)
    zone = schedules.zone(it.session, one)
    in_force = {name: one.in_force(name) for name in OVERRIDABLE}
    calendars = it.session.execute(select(Calendar.key, Calendar.name).order_by(Calendar.name))
    choices = {"": _("None: every day counts, in the time zone of the usual calendar"), "office": "office"}
    choices |= {key: label(name) for key, name in calendars}
    choices.setdefault(in_force["calendar"], in_force["calendar"])
    return it.page(
        "schedules/one.html",
        status=status,
        line=_line(it, doing, named(it, [one])),
        schedule=one,
        doing=doing,
        time_zone=zone,
        drawn=in_words(one.expression, zone),
        redrawn=_redrawn(one),
        next_times=_next_times(it, one),
        occurrences=[(each, STATES[each.status], lateness(each.due_at, each.fired_at)) for each in happened],
        older=f"/schedules/{one.id}{query({'before': more})}" if more else "",
        mine=it.viewer.runs(one.area),
        people=_people(it, one),
        calendars=list(choices.items()),
        misfires=[(key, _(words)) for key, words in MISFIRES.items()],
        misfire_words=MISFIRES,
        subjects=_subjects(it, one.for_each),
        values={**in_force, "reason": "", "pause_reason": "", **(typed or {})},
        errors=errors or {},
        complaint_text=complaint,
    )


def _next_times(it: Visit, one: Schedule) -> list[datetime]:
    return [] if one.paused_at is not None else it.parts.schedules.coming(it.session, one)


def _redrawn(one: Schedule) -> bool:
    """Tell whether the diagram says something else than when the override was made."""
    then = one.override_drawn or {}
    return any(name in then and then[name] != getattr(one, name) for name in OVERRIDABLE)


def _people(it: Visit, one: Schedule) -> dict[int, str]:
    ids = [person for person in (one.overridden_by_id, one.paused_by_id) if person is not None]
    if not ids:
        return {}
    rows = it.session.execute(select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _subjects(it: Visit, name: str) -> str:
    subjects = it.parts.registry.subjects
    return label(subjects.get(name).title) if name in subjects else name
