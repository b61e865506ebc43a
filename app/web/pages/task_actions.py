"""Claiming a task, giving it back, handing it over."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.engine import commands, putting_off, reminding
from app.engine.records import Task
from app.errors import Conflict, Forbidden, Invalid, StellwerkError
from app.insight.handing_over import holders, refuse_others
from app.processes.roles import is_personal
from app.web import formats
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import gettext as _
from app.web.i18n import label, mark, tell
from app.web.names import role_title
from app.web.pages.putting_off import chosen
from app.web.pages.task import answer, find_task, first_answers, list_query, task_to_work_on

router = APIRouter()


@router.post("/work/tasks/{task_id}/claim")
def claim(request: Request, task_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Take a task."""
    with visit(request) as it:
        task_to_work_on(it, task_id)
        try:
            commands.claim(it.parts.engine, it.session, task_id, it.identity)
        except Conflict as refusal:
            return _too_late(it, task_id, refusal)
        return it.to(f"/work/tasks/{task_id}{list_query(it)}", mark("The task is yours."))


@router.post("/work/tasks/{task_id}/take-over")
def take_over(request: Request, task_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Take a task that was escalated to the person from whoever has it."""
    with visit(request) as it:
        task = find_task(it, task_id)
        if not reminding.is_escalated_to(task, it.identity):
            raise Forbidden("You may see this task but not take it over; it was not escalated to you.")
        try:
            reminding.take_over(it.parts.engine, it.session, task_id, it.identity)
        except Conflict as refusal:
            return _too_late(it, task_id, refusal)
        return it.to(f"/work/tasks/{task_id}{list_query(it)}", mark("The task is yours."))


@router.post("/work/tasks/{task_id}/release")
def release(request: Request, task_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Give a task back to those who may take it."""
    with visit(request) as it:
        task_to_work_on(it, task_id)
        try:
            commands.release(it.parts.engine, it.session, task_id, it.identity)
        except Conflict as refusal:
            return _too_late(it, task_id, refusal)
        return it.to(f"/work/tasks/{task_id}{list_query(it)}", mark("The task can be claimed by others again."))


@router.post("/work/tasks/{task_id}/put-off")
def put_off(request: Request, task_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Put a task off until a moment, or have it back."""
    with visit(request) as it:
        name = label(task_to_work_on(it, task_id).name)
        try:
            until = chosen(data)
            task = putting_off.put_off(it.parts.engine, it.session, task_id, it.identity, until)
        except Conflict as refusal:
            return _too_late(it, task_id, refusal)
        except Invalid as refusal:
            it.undo()
            return _not_then(it, task_id, refusal)
        if until is None:
            return it.to(f"/work/tasks/{task_id}{list_query(it)}", mark("“%(task)s” is back in your list."), task=name)
        said = mark("“%(task)s” is put off until %(when)s.")
        if task.due_at is not None and task.due_at < until:
            said = mark("“%(task)s” is put off until %(when)s; it comes back earlier, when it is overdue.")
        return it.to(f"/work{list_query(it)}", said, task=name, when=formats.when(until))


@router.get("/work/tasks/{task_id}/reassign")
def ask(request: Request, task_id: RowId) -> Response:
    """Ask whom to hand the task over to."""
    with visit(request) as it:
        return _form(it, task_to_hand_over(it, task_id))


@router.post("/work/tasks/{task_id}/reassign")
def reassign(request: Request, task_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Hand the task over."""
    chosen, reason = text(data, "to"), text(data, "reason")[:2000]
    with visit(request) as it:
        task = task_to_hand_over(it, task_id)
        found = holders(it.session, it.parts.directory, task)
        person = next((holder for holder in found if str(holder.person_id) == chosen), None)
        if person is None:
            return _form(it, task, [_("Choose a person.")], chosen, reason)
        try:
            commands.reassign(
                it.parts.engine, it.session, task_id, it.identity, person.person_id, reason
            )  # fmt: skip
        except StellwerkError as refusal:
            it.undo()
            return _form(it, task, [tell(refusal.message)], chosen, reason)
        return it.to("/work", mark("“%(task)s” was handed over to %(name)s."), task=label(task.name), name=person.name)


def task_to_hand_over(it: Visit, task_id: int) -> Task:
    """Return a task that the person may give to somebody else.

    Raises:
        NotFound: they may not even know of it.
        Forbidden: they may know of it, but no more.
    """
    task = find_task(it, task_id)
    refuse_others(it.viewer, task)
    return task


def _form(it: Visit, task: Task, errors: list[str] | None = None, chosen: str = "", reason: str = "") -> Response:
    return it.page(
        "work/reassign.html",
        status=422 if errors else 200,
        task=task,
        case=task.case,
        people=holders(it.session, it.parts.directory, task),
        role="" if is_personal(task.role) else role_title(task.role),
        errors=errors or [],
        chosen=chosen,
        reason=reason,
    )


def _not_then(it: Visit, task_id: int, refusal: Invalid) -> Response:
    task = find_task(it, task_id)
    answers = first_answers(it, task)
    answers.conflict = next(iter(refusal.fields["until"]))
    return answer(it, task, answers, status=422)


def _too_late(it: Visit, task_id: int, refusal: Conflict) -> Response:
    it.undo()
    task = find_task(it, task_id, by_role=True)
    answers = first_answers(it, task)
    answers.conflict = refusal.message
    return answer(it, task, answers, status=409)
