"""Tasks over the API: list, read with form, claim, release, complete."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy import select

from app.engine import commands, prefill, putting_off, reminding
from app.engine.records import Case, Task
from app.engine.step import Outcome
from app.errors import Forbidden, NotFound
from app.insight.access import escalated_to_them, may_read_answers, of_their_roles, visible_tasks
from app.processes.bundle import contents
from app.web.api.call import MOST, PAGE, Call, as_id, bearer, call, cursor, once, problems, read_cursor
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import CompleteBody, Page, PutOffBody, StepOut, TaskDetailOut, TaskOut
from app.web.content import form_now

router = APIRouter(prefix=f"{BASE}/tasks", tags=["tasks"], dependencies=[Depends(bearer)], route_class=ApiRoute)


@router.get("", responses=problems())
def list_tasks(
    request: Request,
    scope: Literal["mine", "offered", "escalated", "all"] = "all",
    status: Literal["open", "done", "cancelled"] = "open",
    case: str | None = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
) -> Page[TaskOut]:
    """List tasks that you may know of, oldest first; `scope` narrows to yours, or those offered or escalated to you."""
    with call(request) as it:
        query = select(Task, Case.number).join(Task.case).where(Task.status == status, visible_tasks(it.viewer))
        if scope == "mine":
            query = query.where(Task.assignee_id.in_(it.viewer.people))
        elif scope == "offered":
            query = query.where(Task.assignee_id.is_(None), of_their_roles(it.viewer))
        elif scope == "escalated":
            query = query.where(escalated_to_them(it.viewer))
        if case:
            query = query.where(Case.number == case)
        last = read_cursor(after)
        if last is not None:
            query = query.where(Task.id > last)
        rows = it.session.execute(query.order_by(Task.id).limit(limit + 1)).all()
        shown = rows[:limit]
        following = cursor(shown[-1][0].id) if len(rows) > limit else None
        return Page(items=[TaskOut.of(task, number) for task, number in shown], next=following)


@router.get("/{task_id}", responses=problems(404))
def read_task(request: Request, task_id: str) -> TaskDetailOut:
    """Read a task with the JSON Schema of its form and the values that the form begins with."""
    with call(request) as it:
        task = visible_task(it, task_id)
        case = it.session.get_one(Case, task.case_id)
        if not may_read_answers(it.viewer, task, case):
            return TaskDetailOut(**TaskOut.of(task, case.number).model_dump(), form=None, values={}, guidance="")
        bundle = contents(it.session, case.bundle_id)
        form = prefill.form_of(bundle, task)
        values = prefill.values_for(it.parts.engine, it.session, task)
        return TaskDetailOut(
            **TaskOut.of(task, case.number).model_dump(),
            form=form_now(it, form, values).json_schema(values) if form else None,
            values=values,
            guidance=bundle.diagrams[task.diagram].elements[task.element].properties.get("guidance", ""),
        )


@router.post("/{task_id}/claim", responses=problems(403, 404, 409, 413))
def claim(request: Request, task_id: str) -> TaskOut:
    """Take a task that is offered to one of your roles; taking it twice is no error."""
    with call(request) as it, known(it, task_id):
        task = commands.claim(it.parts.engine, it.session, as_id(task_id), it.actor)
        it.session.flush()
        return TaskOut.of(task, task.case.number)


@router.post("/{task_id}/take-over", responses=problems(403, 404, 409, 413))
def take_over(request: Request, task_id: str) -> TaskOut:
    """Take a task that was escalated to you, also from whoever has it; taking it twice is no error."""
    with call(request) as it, known(it, task_id):
        task = reminding.take_over(it.parts.engine, it.session, as_id(task_id), it.actor)
        it.session.flush()
        return TaskOut.of(task, task.case.number)


@router.post("/{task_id}/release", responses=problems(403, 404, 409, 413))
def release(request: Request, task_id: str) -> TaskOut:
    """Give a task back to the role that it is offered to."""
    with call(request) as it, known(it, task_id):
        task = commands.release(it.parts.engine, it.session, as_id(task_id), it.actor)
        it.session.flush()
        return TaskOut.of(task, task.case.number)


@router.post("/{task_id}/put-off", responses=problems(403, 404, 409, 413, 422))
def put_off(request: Request, task_id: str, body: PutOffBody) -> TaskOut:
    """Put a task of yours off until a moment, or with null have it back; one that was offered to you becomes yours."""
    with call(request) as it, known(it, task_id):
        task = putting_off.put_off(it.parts.engine, it.session, as_id(task_id), it.actor, body.until)
        it.session.flush()
        return TaskOut.of(task, task.case.number)


@router.post("/{task_id}/complete", responses=problems(403, 404, 409, 413))
def complete(request: Request, task_id: str, body: CompleteBody) -> StepOut:
    """Complete a task; the answer tells where the case stands now."""
    with call(request) as it, known(it, task_id):

        def work() -> dict[str, Any]:
            outcome = commands.complete(
                it.parts.engine, it.session, as_id(task_id), it.actor, body.values, version=body.version
            )
            return step_out(it, outcome).model_dump()

        return StepOut.model_validate(once(it, request, body.model_dump(), work))


@contextmanager
def known(it: Call, task_id: str) -> Iterator[None]:
    """Tell a task that is not the caller's to work on from one that they may not even know of.

    Who holds roles for some records alone is asked first: to see whether one counts for a task's record costs a
    statement, by which a task that is there could be told from one that is not.

    Raises:
        Forbidden: they may know of it.
        NotFound: they may not, or there is none.
    """
    if it.viewer.limited:
        visible_task(it, task_id)
    try:
        yield
    except NotFound:
        visible_task(it, task_id)
        raise Forbidden("You may see this task but not work on it; it is offered to another role.") from None


def visible_task(it: Call, task_id: str) -> Task:
    """Return a task that the caller may know of.

    Raises:
        NotFound: there is none.
    """
    task = it.session.scalar(select(Task).where(Task.id == as_id(task_id), visible_tasks(it.viewer)))
    if task is None:
        raise NotFound
    return task


def step_out(it: Call, outcome: Outcome) -> StepOut:
    """Show what a step led to."""
    return StepOut(
        case=outcome.case.number,
        status=outcome.case.status,
        record=str(outcome.case.record_id) if outcome.case.record_id else None,
        new_tasks=[str(task_id) for task_id in outcome.fresh_task_ids],
        next_task=str(outcome.next_task_id) if outcome.next_task_id else None,
    )
