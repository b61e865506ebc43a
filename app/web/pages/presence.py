"""Somebody else is writing: told when a task is opened, and asked again now and then by a script."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.desk import presence
from app.web.dependencies import RowId, posted, visit
from app.web.pages.task import find_task, task_to_work_on

router = APIRouter()


@router.get("/work/tasks/{task_id}/presence")
def show(request: Request, task_id: RowId) -> Response:
    """Say who else is writing in the task's form."""
    with visit(request) as it:
        find_task(it, task_id)
        others = presence.writing(it.session, task_id, without=it.identity.person_id)
        return it.page("work/presence.html", path=f"/work/tasks/{task_id}", others=others, badge=None)


@router.post("/work/tasks/{task_id}/presence")
def touch(request: Request, task_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Note that the person is writing in the task's form."""
    with visit(request) as it:
        task_to_work_on(it, task_id)
        presence.touch(it.session, task_id, it.identity.person_id)
        return Response(status_code=204)
