"""Workload: who of a team or process has how much to do, and tasks moved from one to another."""

from dataclasses import dataclass, field

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.people.directory import Holder
from app.domain.people.records import Team
from app.engine import commands
from app.engine.records import Task
from app.errors import Forbidden, StellwerkError
from app.insight import canned, workload
from app.insight.access import may_hand_over
from app.insight.workload import Load
from app.web import formats
from app.web.dependencies import Visit, posted, text, visit
from app.web.formats import Due
from app.web.i18n import gettext as _
from app.web.i18n import label, mark, tell
from app.web.names import AREA_NAMES, role_title
from app.web.pages.task import find_task
from app.web.pages.task_actions import holders
from app.web.pages.work import midnights

router = APIRouter(prefix="/work/workload")
LONGEST = 19


@dataclass(slots=True)
class Line:
    """One task below a person."""

    id: int
    version: int
    name: str
    number: str
    title: str
    due: Due | None
    movable: bool


@dataclass(slots=True)
class Column:
    """A person, or nobody, with their numbers and first tasks."""

    key: str
    name: str
    load: Load
    lines: list[Line] = field(default_factory=list)


@router.get("")
def show(request: Request, role: str = "") -> Response:
    """Show the workload of a role or team that the person answers for."""
    with visit(request) as it:
        return _page(it, role[:200])


@router.post("")
def move(request: Request, data: FormData = Depends(posted)) -> Response:
    """Hand one task over to somebody else of the same role, or give it back to all of them."""
    role, wanted, to, seen = (text(data, name) for name in ("role", "task", "to", "seen"))
    with visit(request) as it:
        _choices(it)
        if not (wanted.isdecimal() and len(wanted) < LONGEST):
            return _page(it, role, error=_("Choose a task."), status=422)
        task = find_task(it, int(wanted))
        if not may_hand_over(it.viewer, task, task.case.area):
            raise Forbidden("You may see this task but not work on it; it is offered to another role.")
        if to.isdecimal() and task.assignee_id == int(to):
            return it.to(_path(role), mark("“%(task)s” is there already."), task=label(task.name))
        if seen != str(task.version):
            return _page(it, role, error=_("Somebody else changed it meanwhile."), status=409)
        person = next((one for one in holders(it, task) if str(one.person_id) == to), None)
        if person is None:
            return _page(it, role, error=_("Choose a person."), status=422)
        try:
            roles = it.parts.directory.roles_of(it.session, person.person_id)
            commands.reassign(it.parts.engine, it.session, task.id, it.identity, person.person_id, roles)
        except StellwerkError as refused:
            it.undo()
            return _page(it, role, error=tell(refused.message), status=409)
        said = mark("“%(task)s” was handed over to %(name)s.")
        return it.to(_path(role), said, task=label(task.name), name=person.name)


def _path(role: str) -> str:
    return f"/work/workload?role={role}" if role.replace(".", "").replace("_", "").isalnum() else "/work/workload"


def _choices(it: Visit) -> dict[str, str]:
    """Return the roles that the person answers for: those of processes they manage, and of teams they lead.

    Raises:
        Forbidden: none.
    """
    found = {f"{area}.process_staff": "" for area in AREA_NAMES if it.viewer.runs(area)}
    led = canned.led_by(it.session, it.viewer)
    if led:
        keys = it.session.scalars(select(Team.key).where(Team.id.in_(led)).order_by(Team.name))
        found |= {f"team.{key}": "" for key in keys}
    if not found:
        raise Forbidden("The workload is shown to process managers and team leaders.")
    return {role: role_title(role) for role in found}


def _page(it: Visit, wanted: str, *, error: str = "", status: int = 200) -> Response:
    choices = _choices(it)
    role = wanted if wanted in choices else next(iter(choices))
    now = clock.now()
    tomorrow, _week = midnights(now)
    people = it.parts.directory.holders(it.session, role)
    numbers = workload.loads(it.session, [one.person_id for one in people], now, tomorrow)
    nobody = Column("", _("Nobody yet"), workload.unassigned(it.session, role, now, tomorrow), _lines(it, role, None))
    columns = [nobody, *(_column(it, role, one, numbers.get(one.person_id, Load())) for one in people)]
    return it.page(
        "work/workload.html", status=status, role=role, choices=choices, columns=columns, people=people, error=error
    )  # fmt: skip


def _column(it: Visit, role: str, one: Holder, load: Load) -> Column:
    return Column(str(one.person_id), one.name, load, _lines(it, role, one.person_id))


def _lines(it: Visit, role: str, person_id: int | None) -> list[Line]:
    return [_line(it, task) for task in workload.tasks_of(it.session, it.viewer, role, person_id)]


def _line(it: Visit, task: Task) -> Line:
    return Line(
        task.id, task.version, label(task.name), task.case.number, task.case.title, formats.due(task.due_at),
        may_hand_over(it.viewer, task, task.case.area),
    )  # fmt: skip
