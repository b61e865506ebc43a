"""What can be done with several tasks at once: whether a task allows it, and doing it, each in its own transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.bootstrap import Parts
from app.domain.people.identity import Identity
from app.engine import commands, prefill, putting_off
from app.engine.records import Task
from app.errors import BusinessError, Conflict, Invalid, NotFound, StellwerkError
from app.forms import Form
from app.forms.fields import Field
from app.forms.visibility import section_of
from app.insight.access import is_offered, is_theirs, may_hand_over, may_work_on
from app.processes.bundle import contents
from app.processes.roles import is_personal
from app.web.dependencies import Visit
from app.web.i18n import mark

ACTIONS = {
    "claim": mark("Claim"),
    "release": mark("Release"),
    "reassign": mark("Reassign"),
    "put_off": mark("Put off"),
    "complete": mark("Complete"),
}
# Kinds of fields that one answer can be given to for all.
SIMPLE = frozenset({"text", "textarea", "number", "select", "radio", "checkbox", "date", "datetime", "time"})


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done with each task; which of the values count depends on the action."""

    action: str
    to: int | None = None
    reason: str = ""
    until: datetime | None = None
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Common:
    """What completing several tasks asks for: nothing, one answer to all, or why it cannot be done at once."""

    form: Form | None = None
    refusal: str = ""


def refusal(it: Visit, action: str, task: Task) -> str:
    """Return why an action is not possible with a task; empty when it is."""
    mine = is_theirs(it.viewer, task)
    if task.status != "open":
        return mark("It is finished.")
    if action == "claim":
        allowed = task.assignee_id is None and is_offered(it.viewer, task)
        return "" if allowed else mark("It is not offered to you, or somebody has it.")
    if action == "release":
        if mine and is_personal(task.role):
            return mark("It is meant for you alone; reassign it instead.")
        return "" if mine else mark("It is not yours.")
    if action == "reassign":
        return "" if may_hand_over(it.viewer, task, task.case.area) else mark("You may not hand it over.")
    return "" if may_work_on(it.viewer, task) else mark("It is neither yours nor offered to you.")


def common_of(it: Visit, tasks: list[Task]) -> Common:
    """Return what is to be answered to complete all of these tasks at once.

    They must be the same step of the same diagram with the same form, and the form may leave no more than one
    required answer open.
    """
    if len({(task.diagram, task.element) for task in tasks}) != 1:
        return Common(refusal=mark("Only tasks of the same step can be completed at once."))
    forms = [prefill.form_of(contents(it.session, task.case.bundle_id), task) for task in tasks]
    shapes = {repr(form.json_schema()) if form else "" for form in forms}
    if len(shapes) != 1:
        return Common(refusal=mark("These tasks have different versions of their form."))
    form = forms[0]
    if form is None:
        return Common()
    if form.conditional:
        return Common(refusal=mark("Their form changes with its answers; it has to be filled in for each."))
    open_: dict[str, Field] = {}
    for task in tasks:
        known = prefill.values_for(it.parts.engine, it.session, task)
        for key, question in form.section.inputs.items():
            if question.required and known.get(key) in (None, "", []):
                open_[key] = question
    if len(open_) > 1 or any(question.kind not in SIMPLE for question in open_.values()):
        return Common(refusal=mark("Their form needs more than one answer; it has to be filled in for each."))
    if not open_:
        return Common()
    return Common(Form(form.reference, form.title, section_of(tuple(open_.values()))))


def carry_out(parts: Parts, identity: Identity, task_id: int, version: int, order: Order) -> str:
    """Do with one task what is ordered, in a transaction of its own; once more is no error.

    Returns:
        What stood in the way, as a message; empty when it is done.
    """
    try:
        with parts.database.transaction() as session:
            _DOING[order.action](parts, session, identity, task_id, version, order)
    except NotFound:
        return mark("There is no such task.")
    except Invalid as refused:
        return next((message for messages in refused.fields.values() for message in messages), refused.message)
    except (BusinessError, StellwerkError) as refused:
        return refused.message
    return ""


Doing = Callable[[Parts, Session, Identity, int, int, Order], None]


def _claim(parts: Parts, session: Session, who: Identity, task_id: int, _version: int, _order: Order) -> None:
    commands.claim(parts.engine, session, task_id, who)


def _release(parts: Parts, session: Session, who: Identity, task_id: int, _version: int, _order: Order) -> None:
    commands.release(parts.engine, session, task_id, who)


def _put_off(parts: Parts, session: Session, who: Identity, task_id: int, _version: int, order: Order) -> None:
    putting_off.put_off(parts.engine, session, task_id, who, order.until)


def _reassign(parts: Parts, session: Session, who: Identity, task_id: int, version: int, order: Order) -> None:
    task = session.get(Task, task_id)
    if task is None or order.to is None:
        raise NotFound
    if task.version != version:
        # It was handed over by the first of two clicks, or by somebody else.
        if task.assignee_id == order.to:
            return
        raise Conflict(mark("Somebody else changed it meanwhile."))
    roles = parts.directory.roles_of(session, order.to)
    commands.reassign(parts.engine, session, task_id, who, order.to, roles, order.reason)


def _complete(parts: Parts, session: Session, who: Identity, task_id: int, version: int, order: Order) -> None:
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound
    if task.status == "done" and task.completed_by_id == who.person_id:
        return
    values = prefill.values_for(parts.engine, session, task)
    commands.complete(parts.engine, session, task_id, who, values | order.values, version=version)


_DOING: dict[str, Doing] = {
    "claim": _claim, "release": _release, "put_off": _put_off, "reassign": _reassign, "complete": _complete,
}  # fmt: skip
