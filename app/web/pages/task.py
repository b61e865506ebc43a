"""A task: its form beside its place in the process; saving drafts and completing it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import undefer
from starlette.datastructures import FormData
from starlette.responses import JSONResponse, Response

from app import clock
from app.domain.desk import presence
from app.domain.desk.choices import stays
from app.domain.records.records import Record
from app.engine import commands, prefill
from app.engine.records import Case, Task
from app.errors import BusinessError, Conflict, Forbidden, Invalid, NotFound, StellwerkError
from app.forms import Form
from app.forms.fields import Field
from app.insight import case_view, inbox
from app.insight.access import (
    is_offered,
    is_theirs,
    may_hand_over,
    may_read_answers,
    may_take_over,
    may_work_on,
    of_their_roles,
    visible_tasks,
)
from app.insight.canned import Canned
from app.insight.case_view import CaseView, Sent
from app.processes.bundle import contents
from app.processes.roles import is_personal
from app.web import formats
from app.web.content import form_here, form_now
from app.web.dependencies import RowId, Visit, number, posted, text, visit
from app.web.forms import Post, post_errors
from app.web.i18n import gettext as _
from app.web.i18n import label, mark
from app.web.names import named, process_names, role_title
from app.web.pages import canned, tabs
from app.web.pages.pictures import Drawing, drawing
from app.web.pages.putting_off import Moment, moments
from app.web.pages.references import labels_of, read_answers
from app.web.pages.tabs import Clock, History, RecordParts, SideFact, Tab
from app.web.pages.work import asked_of, list_view, next_of_list

router = APIRouter()


@dataclass
class Answers:
    """What stands in the form: values from record or draft, or a post that is shown again with what is wrong."""

    form: Form | None
    values: dict[str, Any]
    post: Post | None = None
    errors: dict[str, list[str]] = field(default_factory=dict)
    conflict: str = ""
    refusal: str = ""


@dataclass
class Detail(RecordParts):
    """Everything that the template of a task shows."""

    task: Task = field(kw_only=True)
    case: Case = field(kw_only=True)
    about: CaseView = field(kw_only=True)
    path: str = field(kw_only=True)
    view: str = field(kw_only=True)
    tabs: list[Tab] = field(kw_only=True)
    role: str = field(kw_only=True)
    whose: str = field(kw_only=True)
    escalated: str = field(kw_only=True)
    may_read: bool = field(kw_only=True)
    may_work: bool = field(kw_only=True)
    may_claim: bool = field(kw_only=True)
    may_take_over: bool = field(kw_only=True)
    may_release: bool = field(kw_only=True)
    may_reassign: bool = field(kw_only=True)
    moments: list[Moment] = field(kw_only=True)
    put_off_until: datetime | None = field(kw_only=True)
    others: list[str] = field(kw_only=True)
    side: list[SideFact] = field(kw_only=True)
    guidance: str = field(kw_only=True)
    form: Form | None = field(kw_only=True)
    values: dict[str, Any] = field(kw_only=True)
    errors: dict[str, list[str]] = field(kw_only=True)
    post: Post | None = field(kw_only=True)
    labels: dict[tuple[str, str], str] = field(kw_only=True)
    conflict: str = field(kw_only=True)
    refusal: str = field(kw_only=True)
    draft_at: Any = field(kw_only=True)
    picture: Drawing | None = field(kw_only=True)
    sent: list[Sent] = field(kw_only=True)
    canned: list[Canned] = field(kw_only=True)
    areas_to_write: list[Field] = field(kw_only=True)
    journal: History = field(kw_only=True)
    clocks: list[Clock] = field(kw_only=True)


@router.get("/work/tasks/{task_id}")
def show(request: Request, task_id: RowId) -> Response:
    """Show a task beside the list."""
    with visit(request) as it:
        task = find_task(it, task_id)
        readable = may_read_answers(it.viewer, task, task.case)
        return answer(it, task, first_answers(it, task) if readable else Answers(None, {}))


@router.post("/work/tasks/{task_id}")
def send(request: Request, task_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Complete the task, keep a draft, or show the form again as its answers ask for."""
    with visit(request) as it:
        task = task_to_work_on(it, task_id)
        form = prefill.form_of(contents(it.session, task.case.bundle_id), task)
        post = read_answers(it, form, data) if form else None
        answers = Answers(form, post.values if post else {}, post)
        action = text(data, "_form") or "complete"
        if action == "draft":
            presence.touch(it.session, task.id, it.identity.person_id)
            return _save_draft(it, task, answers, data)
        if action == "insert":
            _insert(it, task, answers, data)
        if action != "complete":
            presence.touch(it.session, task.id, it.identity.person_id)
            return answer(it, task, answers)
        return _complete(it, task, answers, data)


def _insert(it: Visit, task: Task, answers: Answers, data: FormData) -> None:
    """Put a ready-made answer behind what stands in a field."""
    key = text(data, "_canned_field")
    if any(question.key == key for question in _texts_of(answers.form)):
        found = canned.offered(it, task.case.area, _record_of(it, task), task.case)
        before = str(answers.values.get(key) or "")
        answers.values[key] = canned.joined(before, canned.chosen(found, data, "_canned"))


def _texts_of(form: Form | None) -> list[Field]:
    """Return the fields of a form for longer texts, those in rows of a list left out."""
    questions = form.section.inputs.values() if form else ()
    return [question for question in questions if question.kind == "textarea" and not question.readonly]


def _record_of(it: Visit, task: Task) -> Record | None:
    return it.session.get(Record, task.case.record_id) if task.case.record_id is not None else None


def _complete(it: Visit, task: Task, answers: Answers, data: FormData) -> Response:
    """Complete; whatever comes between shows the form again with everything that was typed."""
    engine, version, name = it.parts.engine, text(data, "_version"), label(task.name)
    tab = asked_of(it).filter.tab
    left = inbox.place_of(tab, task)
    if answers.form and answers.post and may_work_on(it.viewer, task) and task.status == "open":
        references = engine.reference_check(it.session, it.identity, task.case.record_id)
        known = prefill.values_for(engine, it.session, task)
        form = it.parts.lists.form(it.session, answers.form, held=known)
        answers.errors = post_errors(form, answers.post, references=references, prefilled=known)
        if answers.errors:
            return answer(it, task, answers, status=422)
    try:
        outcome = commands.complete(
            engine, it.session, task.id, it.identity, answers.values,
            # One that is no number is not the one that stands there now.
            version=(number(version) or 0) if version else None,
        )  # fmt: skip
    except StellwerkError as refusal:
        return _refused(it, task.id, answers, data, refusal)
    keep = list_query(it)
    if outcome.next_task_id is not None:
        return it.to(f"/work/tasks/{outcome.next_task_id}{keep}", mark("“%(task)s” is done; go on here."), task=name)
    following = None if stays(it.session, it.identity.person_id) else next_of_list(it, tab, left, task.id)
    said = {
        "completed": mark("“%(task)s” is done, and with it the case %(case)s."),
        "stuck": mark("“%(task)s” is done. The case %(case)s is stuck; the process manager can mend it."),
    }.get(outcome.case.status, mark("“%(task)s” is done. The case %(case)s goes on."))
    kind = "warn" if outcome.case.status == "stuck" else "good"
    back = f"/work/tasks/{following}{keep}" if following is not None else f"/work{keep}"
    return it.to(back, said, kind=kind, task=name, case=outcome.case.number)


def _refused(it: Visit, task_id: int, answers: Answers, data: FormData, refusal: StellwerkError) -> Response:
    """Show the form again with what was typed; uploads, which were taken back with the rest, are stored once more."""
    it.undo()
    if answers.form:
        answers.post = read_answers(it, answers.form, data)
        answers.values = answers.post.values
    task = find_task(it, task_id, by_role=True)
    status = 422
    if isinstance(refusal, Conflict):
        answers.conflict, status = refusal.message, 409
    elif isinstance(refusal, Invalid):
        answers.errors = refusal.fields
        answers.refusal = "" if answers.form and refusal.fields else refusal.message
    elif isinstance(refusal, BusinessError):
        answers.refusal = refusal.message
    else:
        raise refusal
    return answer(it, task, answers, status=status)


def _save_draft(it: Visit, task: Task, answers: Answers, data: FormData) -> Response:
    """Keep what was typed; a script gets the new version of the task, so that it can be completed afterwards."""
    by_script = it.request.headers.get("x-requested-with") == "fetch"
    try:
        kept = commands.save_draft(it.parts.engine, it.session, task.id, it.identity, answers.values)
        it.session.flush()
    except Conflict as refusal:
        if by_script:
            raise
        return _refused(it, task.id, answers, data, refusal)
    if by_script:
        saved = formats.when(kept.draft_at) if kept.draft_at else ""
        return JSONResponse({"version": kept.version, "saved": saved})
    return it.to(f"/work/tasks/{task.id}{list_query(it)}", mark("Your draft is saved."))


def find_task(it: Visit, task_id: int, *, by_role: bool = False) -> Task:
    """Return a task that the person may know of, with its case.

    Args:
        by_role: also one that was offered to the person's roles and is done by now, so that typing is not lost.

    Raises:
        NotFound: there is none.
    """
    query = select(Task).where(Task.id == task_id).options(undefer(Task.draft))
    task = it.session.scalar(query.where(visible_tasks(it.viewer)))
    if task is None and by_role:
        task = it.session.scalar(query.where(of_their_roles(it.viewer)))
    if task is None:
        raise NotFound
    task.case = it.session.get_one(Case, task.case_id)
    return task


def task_to_work_on(it: Visit, task_id: int) -> Task:
    """Return a task that is the person's or offered to their roles, or was until somebody was faster.

    Raises:
        NotFound: they may not even know of it.
        Forbidden: they may know of it, but it is for others.
    """
    task = find_task(it, task_id, by_role=True)
    mine = is_theirs(it.viewer, task) or task.completed_by_id == it.viewer.person_id
    if mine or is_offered(it.viewer, task):
        return task
    raise Forbidden("You may see this task but not work on it; it is offered to another role.")


def first_answers(it: Visit, task: Task) -> Answers:
    """Return what the form shows when it is opened: the draft over what is known."""
    form = prefill.form_of(contents(it.session, task.case.bundle_id), task)
    values = prefill.values_for(it.parts.engine, it.session, task)
    if task.status == "open" and task.draft and is_theirs(it.viewer, task):
        values |= task.draft
    return Answers(form, values)


def answer(it: Visit, task: Task, answers: Answers, *, status: int = 200) -> Response:
    """Answer with the page of a task, or with its part when a script asks for that."""
    shown = detail(it, task, answers)
    view = list_view(it, current=task.id)
    template = "work/detail.html" if it.partial == "detail" else "work/page.html"
    return it.page(template, status=status, list=view, detail=shown, badge=view.badge)


def list_query(it: Visit) -> str:
    """Return the query string that leads back to the same list."""
    asked = it.request.url.query
    return f"?{asked}" if asked else ""


def detail(it: Visit, task: Task, answers: Answers) -> Detail:
    """Gather what the page of a task shows."""
    case = task.case
    about = case_view.view(it.session, it.viewer, case)
    parts_of_page = _parts(about)
    view = tabs.chosen(it, [name for name, _title, _count in parts_of_page]) if not answers.post else "task"
    keep = {name: value for name, value in it.request.query_params.items() if name not in ("view", "diagram", "before")}
    path = f"/work/tasks/{task.id}"
    bundle = contents(it.session, case.bundle_id)
    element = bundle.diagrams[task.diagram].elements[task.element]
    readable = may_read_answers(it.viewer, task, case)
    mine, is_open = is_theirs(it.viewer, task), task.status == "open"
    # What is assigned to somebody absent may be done for them, but nobody decides on what they asked for themselves.
    for_other = mine and task.assignee_id != it.viewer.person_id
    barred = for_other and task.case.requester_id == it.viewer.person_id
    requester = about.requester.name if about.requester else ""
    parts = tabs.record_parts(it, about.record, about.standing, view, bundle_id=case.bundle_id, requester=requester)
    wanted, now = it.request.query_params.get("diagram", task.diagram), clock.now()
    may_claim = is_open and task.assignee_id is None and is_offered(it.viewer, task)
    writes = view == "task" and is_open and not barred and (mine or may_claim) and bool(_texts_of(answers.form))
    return Detail(
        **{name: getattr(parts, name) for name in RecordParts.__dataclass_fields__},
        task=task,
        case=case,
        about=about,
        path=path,
        view=view,
        tabs=tabs.tabs(path, parts_of_page, view, keep),
        role=role_title(task.role),
        whose=_whose(it, task, about),
        escalated=named(it, [task.escalated_to]).get(task.escalated_to or "", ""),
        may_read=readable,
        may_work=is_open and not barred and (mine or may_claim),
        may_claim=may_claim,
        may_release=is_open and mine and not barred and not is_personal(task.role),
        may_take_over=is_open and may_take_over(it.viewer, task),
        may_reassign=is_open and may_hand_over(it.viewer, task, case.area),
        moments=moments(now) if is_open and (mine or may_claim) else [],
        put_off_until=task.put_off_until if is_open and task.put_off_until and task.put_off_until > now else None,
        side=tabs.side_facts(it, about, process_names(it).get(case.diagram, bundle.diagram.name)),
        guidance=label(element.properties.get("guidance", "")) if readable else "",
        form=form_now(it, answers.form, answers.values) if answers.form else None,
        values=answers.values,
        errors=answers.errors,
        post=answers.post,
        labels=labels_of(it, answers.form, answers.values, typed=answers.post is not None) if view == "task" else {},
        conflict=answers.conflict,
        refusal=answers.refusal,
        draft_at=task.draft_at if task.draft and mine else None,
        others=presence.writing(it.session, task.id, without=it.identity.person_id) if is_open else [],
        canned=canned.offered(it, case.area, about.record, case) if writes else [],
        areas_to_write=_texts_of(form_here(answers.form)) if writes and answers.form else [],
        picture=drawing(it, case, wanted, path, keep) if view == "task" else None,
        sent=case_view.messages_of(it.session, it.viewer, about) if view == "messages" else [],
        journal=tabs.journal(it, case, path, keep) if view == "journal" else History([]),
        clocks=tabs.clocks_of(it, about.record, about.standing),
    )


def _parts(about: CaseView) -> list[tuple[str, str, int]]:
    """Return what the page of a task has besides the task, as far as the person may read it."""
    reads = about.standing.reads
    parts = [
        ("task", _("Task"), 0, True),
        ("record", _("Case record"), 0, reads),
        ("messages", _("Messages"), about.messages, True),
        ("files", _("Files"), about.files, reads),
        ("comments", _("Comments"), about.comments, reads),
        ("journal", _("History"), 0, about.inside),
    ]
    return [(name, title, count) for name, title, count, shown in parts if shown]


def _whose(it: Visit, task: Task, about: CaseView) -> str:
    if task.assignee_id is None:
        return _("Unclaimed")
    if task.assignee_id == it.viewer.person_id:
        return _("Completed by you") if task.status == "done" else _("Claimed by you")
    line = next((line for line in (*about.open_tasks, *about.done_tasks) if line.id == task.id), None)
    name = line.assignee.name if line and line.assignee else _("somebody else")
    if task.status == "open" and is_theirs(it.viewer, task):
        return _("For %(name)s, who is absent") % {"name": name}
    return _("Completed by %(name)s") % {"name": name} if task.status == "done" else name
