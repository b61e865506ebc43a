"""Several tasks at once: chosen from the list, looked through, done one by one, with what became of each."""

from dataclasses import dataclass

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.engine.records import Case, Task
from app.errors import Invalid
from app.web import bulk_actions
from app.web.bulk_actions import ACTIONS, Common, Order, carry_out
from app.web.dependencies import Visit, number, posted, text, visit
from app.web.forms import Post, post_errors
from app.web.i18n import gettext as _
from app.web.i18n import tell
from app.web.pages import putting_off
from app.web.pages.references import read_answers
from app.web.pages.task import list_query
from app.web.pages.work import list_view

router = APIRouter(prefix="/work/bulk")


@dataclass(slots=True)
class Chosen:
    """One task of a preview or of its result; `refusal` says why nothing is or was done with it."""

    task: Task
    number: str
    title: str
    refusal: str = ""


@router.get("")
def choose(request: Request) -> Response:
    """Show the list that is asked for, with a box before each task."""
    with visit(request) as it:
        view = list_view(it)
        return it.page("work/bulk.html", list=view, badge=view.badge, actions=_titles())


@router.post("")
def look(request: Request, data: FormData = Depends(posted)) -> Response:
    """Show what would be done with which tasks."""
    action = text(data, "_action")
    with visit(request) as it:
        tasks = _tasks(it, data)
        if action not in ACTIONS or not tasks:
            raise Invalid({"task": [_("Choose tasks, and what to do with them.")]})
        return _preview(it, action, tasks)


@router.post("/done")
def do(request: Request, data: FormData = Depends(posted)) -> Response:
    """Do it, and say of each task what became of it."""
    action = text(data, "_action")
    with visit(request) as it:
        tasks = _tasks(it, data)
        if action not in ACTIONS or not tasks:
            raise Invalid({"task": [_("Choose tasks, and what to do with them.")]})
        try:
            order = _order(it, action, tasks, data)
        except Invalid as refused:
            wrong = [tell(message) for messages in refused.fields.values() for message in messages]
            return _preview(it, action, tasks, errors=wrong or [tell(refused.message)])
        parts, identity, seen = it.parts, it.identity, _versions(data)
        ids = [task.task.id for task in tasks]
    # One that fails must not take the others along.
    became = {task_id: carry_out(parts, identity, task_id, seen.get(task_id, 0), order) for task_id in ids}
    with visit(request) as it:
        for one in tasks:
            one.refusal = tell(became[one.task.id])
        done = [one for one in tasks if not one.refusal]
        return it.page(
            "work/bulk_done.html", title=_(ACTIONS[action]), done=done,
            failed=[one for one in tasks if one.refusal], keep=list_query(it),
        )  # fmt: skip


def _titles() -> list[tuple[str, str]]:
    return [(action, _(title)) for action, title in ACTIONS.items()]


def _tasks(it: Visit, data: FormData) -> list[Chosen]:
    """Return the chosen tasks that the person may know of; what is beyond that does not exist."""
    texts = [value for value in data.getlist("_task") if isinstance(value, str)]
    wanted = {one for value in texts if (one := number(value)) is not None}
    found = bulk_actions.chosen(it.session, it.viewer, wanted)
    return [Chosen(task, task.case.number, task.case.title) for task in found]


def _versions(data: FormData) -> dict[int, int]:
    """Read which version of each task the preview showed: `17:3`."""
    found: dict[int, int] = {}
    for value in data.getlist("_seen"):
        task, _colon, seen = value.partition(":") if isinstance(value, str) else ("", "", "")
        task_id, version = number(task), number(seen)
        if task_id is not None and version is not None:
            found[task_id] = version
    return found


def _preview(it: Visit, action: str, tasks: list[Chosen], *, errors: list[str] | None = None) -> Response:
    for one in tasks:
        one.refusal = _(bulk_actions.refusal(it.viewer, action, one.task))
    possible = [one.task for one in tasks if not one.refusal]
    common = Common()
    if action == "complete":
        common = bulk_actions.common_of(it.parts.engine, it.session, possible)
    return it.page(
        "work/bulk_look.html",
        status=422 if errors else 200,
        action=action,
        title=_(ACTIONS[action]),
        tasks=tasks,
        possible=0 if common.refusal else len(possible),
        refusal=_(common.refusal) if common.refusal else "",
        form=common.form,
        people=bulk_actions.people(it.session, it.parts.directory, possible) if action == "reassign" else [],
        moments=putting_off.moments(clock.now()) if action == "put_off" else [],
        errors=errors or [],
        keep=list_query(it),
    )


def _order(it: Visit, action: str, tasks: list[Chosen], data: FormData) -> Order:
    """Read what a preview's form asks for.

    Raises:
        Invalid: something is missing or wrong.
    """
    for one in tasks:
        one.task.case = it.session.get_one(Case, one.task.case_id)
    if action == "put_off":
        return Order(action, until=putting_off.chosen(data))
    chosen = [one.task for one in tasks]
    if action == "reassign":
        person = bulk_actions.receiver(it.session, it.parts.directory, chosen, number(text(data, "to")))
        return Order(action, to=person, reason=text(data, "reason")[:2000])
    if action == "complete":
        common = bulk_actions.asked(it.parts.engine, it.session, it.viewer, chosen)
        return Order(action, values=_answers(it, common, data).values if common.form else {})
    return Order(action)


def _answers(it: Visit, common: Common, data: FormData) -> Post:
    assert common.form is not None
    post = read_answers(it, common.form, data)
    references = it.parts.engine.reference_check(it.session, it.identity, None)
    wrong = post_errors(common.form, post, references=references)
    if wrong:
        raise Invalid(wrong)
    return post
