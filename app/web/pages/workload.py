"""Workload: who of a team or process has how much to do, and tasks moved from one to another."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.people.directory import Holder
from app.engine.records import Task
from app.errors import Invalid, StellwerkError
from app.insight import workload
from app.insight.access import may_hand_over
from app.insight.handing_over import move as move_task
from app.insight.workload import Load, Share
from app.web import formats
from app.web.dependencies import Visit, number, posted, text, visit
from app.web.formats import Due, midnights
from app.web.i18n import gettext as _
from app.web.i18n import label, mark, tell
from app.web.names import role_title
from app.web.pages.task_actions import task_to_hand_over

router = APIRouter(prefix="/work/workload")


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
    holder: Holder | None
    lines: list[Line]


@router.get("")
def show(request: Request, role: str = "") -> Response:
    """Show the workload of a role or team that the person answers for."""
    with visit(request) as it:
        return _page(it, role[:200])


@router.post("")
def move(request: Request, data: FormData = Depends(posted)) -> Response:
    """Hand one task over to somebody else of the same role."""
    role, wanted, to, seen = (text(data, name) for name in ("role", "task", "to", "seen"))
    with visit(request) as it:
        workload.roles_led(it.session, it.viewer)
        task_id = number(wanted)
        if task_id is None:
            return _page(it, role, error=_("Choose a task."), status=422)
        task = task_to_hand_over(it, task_id)
        name = label(task.name)
        try:
            person = move_task(
                it.parts.engine, it.session, it.parts.directory, it.identity, task, number(to), seen=number(seen) or 0
            )  # fmt: skip
        except Invalid:
            return _page(it, role, error=_("Choose a person."), status=422)
        except StellwerkError as refused:
            it.undo()
            return _page(it, role, error=tell(refused.message), status=409)
        if person is None:
            return it.to(_path(role), mark("“%(task)s” is there already."), task=name)
        said = mark("“%(task)s” was handed over to %(name)s.")
        return it.to(_path(role), said, task=name, name=person.name)


def _path(role: str) -> str:
    return f"/work/workload?role={role}" if role.replace(".", "").replace("_", "").isalnum() else "/work/workload"


def _page(it: Visit, wanted: str, *, error: str = "", status: int = 200) -> Response:
    choices = {role: role_title(role) for role in workload.roles_led(it.session, it.viewer)}
    role = wanted if wanted in choices else next(iter(choices))
    now = clock.now()
    tomorrow, _week = midnights(now)
    found = workload.shares(it.session, it.parts.directory, it.viewer, role, now=now, tomorrow=tomorrow)
    columns = [_column(it, share) for share in found]
    people = [column.holder for column in columns if column.holder is not None]
    return it.page(
        "work/workload.html", status=status, role=role, choices=choices, columns=columns, people=people, error=error
    )  # fmt: skip


def _column(it: Visit, share: Share) -> Column:
    one = share.holder
    lines = [_line(it, task) for task in share.tasks]
    return Column(str(one.person_id) if one else "", one.name if one else _("Nobody yet"), share.load, one, lines)


def _line(it: Visit, task: Task) -> Line:
    return Line(
        task.id, task.version, label(task.name), task.case.number, task.case.title, formats.due(task.due_at),
        may_hand_over(it.viewer, task, task.case.area),
    )  # fmt: skip
