"""What can be done with several tasks at once: whether a task allows it, and doing it, each in its own transaction."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.bootstrap import Parts
from app.domain.people.directory import Directory, Holder
from app.domain.people.identity import Identity
from app.engine import commands, prefill, putting_off
from app.engine.engine import Engine
from app.engine.records import Case, Task
from app.errors import BusinessError, Conflict, Invalid, Message, NotFound, StellwerkError
from app.forms import Form
from app.forms.fields import Field
from app.forms.visibility import section_of
from app.insight.access import Viewer, is_offered, is_theirs, may_hand_over, may_work_on, visible_tasks
from app.insight.handing_over import holders
from app.processes.bundle import contents
from app.processes.roles import is_personal
from app.web.i18n import mark

ACTIONS = {
    "claim": mark("Claim"),
    "release": mark("Release"),
    "reassign": mark("Reassign"),
    "put_off": mark("Put off"),
    "complete": mark("Complete"),
}
MOST = 100
GONE = mark("There is no such task.")
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


def chosen(session: Session, viewer: Viewer, ids: Iterable[int]) -> list[Task]:
    """Return the chosen tasks that the person may know of, with their cases; what is beyond that does not exist.

    Raises:
        Invalid: they are too many.
    """
    wanted = set(ids)
    if len(wanted) > MOST:
        raise Invalid({"task": [Message("Choose at most {most} tasks.", most=MOST)]})
    query = select(Task, Case).join(Case, Case.id == Task.case_id).where(Task.id.in_(wanted), visible_tasks(viewer))
    found = []
    for task, case in session.execute(query.order_by(Task.due_at, Task.id)):
        task.case = case
        found.append(task)
    return found


def people(session: Session, directory: Directory, tasks: list[Task]) -> list[Holder]:
    """Return who may have every one of these tasks."""
    found: dict[int, Holder] = {}
    for place, task in enumerate(tasks):
        theirs = {holder.person_id: holder for holder in holders(session, directory, task, everybody=True)}
        found = theirs if place == 0 else {key: found[key] for key in found.keys() & theirs.keys()}
    return sorted(found.values(), key=lambda holder: (holder.name, holder.person_id))


def receiver(session: Session, directory: Directory, tasks: list[Task], to: int | None) -> int:
    """Return who is to have these tasks, when they may have each that is open.

    Raises:
        Invalid: they may not.
    """
    possible = people(session, directory, [task for task in tasks if task.status == "open"])
    if to is None or to not in {one.person_id for one in possible}:
        raise Invalid({"to": [Message("Choose a person.")]})
    return to


def refusal(viewer: Viewer, action: str, task: Task) -> str:
    """Return why an action is not possible with a task; empty when it is."""
    mine = is_theirs(viewer, task)
    if task.status != "open":
        return mark("It is finished.")
    if action == "claim":
        allowed = task.assignee_id is None and is_offered(viewer, task)
        return "" if allowed else mark("It is not offered to you, or somebody has it.")
    if action == "release":
        if mine and is_personal(task.role):
            return mark("It is meant for you alone; reassign it instead.")
        return "" if mine else mark("It is not yours.")
    if action == "reassign":
        return "" if may_hand_over(viewer, task, task.case.area) else mark("You may not hand it over.")
    return "" if may_work_on(viewer, task) else mark("It is neither yours nor offered to you.")


def common_of(engine: Engine, session: Session, tasks: list[Task]) -> Common:
    """Return what is to be answered to complete all of these tasks at once.

    They must be the same step of the same diagram with the same form, and the form may leave no more than one
    required answer open.
    """
    if not tasks:
        return Common()
    if len({(task.diagram, task.element) for task in tasks}) != 1:
        return Common(refusal=mark("Only tasks of the same step can be completed at once."))
    forms = [prefill.form_of(contents(session, task.case.bundle_id), task) for task in tasks]
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
        known = prefill.values_for(engine, session, task)
        for key, question in form.section.inputs.items():
            if question.required and known.get(key) in (None, "", []):
                open_[key] = question
    if len(open_) > 1 or any(question.kind not in SIMPLE for question in open_.values()):
        return Common(refusal=mark("Their form needs more than one answer; it has to be filled in for each."))
    if not open_:
        return Common()
    return Common(Form(form.reference, form.title, section_of(tuple(open_.values()))))


def asked(engine: Engine, session: Session, viewer: Viewer, tasks: list[Task]) -> Common:
    """Return what is to be answered to complete those of the tasks that the person can complete.

    Raises:
        Invalid: they cannot be completed at once.
    """
    common = common_of(engine, session, [task for task in tasks if not refusal(viewer, "complete", task)])
    if common.refusal:
        raise Invalid({"task": [common.refusal]})
    return common


def carry_out(parts: Parts, identity: Identity, task_id: int, version: int, order: Order) -> str:
    """Do with one task what is ordered, in a transaction of its own; once more is no error.

    Returns:
        What stood in the way, as a message; empty when it is done.
    """
    try:
        with parts.database.transaction() as session:
            _DOING[order.action](parts, session, identity, task_id, version, order)
    except NotFound:
        return GONE
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
    commands.reassign(parts.engine, session, task_id, who, order.to, order.reason)


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
