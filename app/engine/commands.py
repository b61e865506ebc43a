"""What people do with cases and tasks: start, claim, release, reassign, draft, complete."""

from typing import Any

from sqlalchemy.orm import Session

from app import clock
from app.database.journal_entry import Entry
from app.engine import saving
from app.engine.advance import complete as complete_work
from app.engine.answers import NOTHING, attach_files, checked, start_form
from app.engine.engine import Engine
from app.engine.loading import lasting, locked_task, refuse_ended, step_on
from app.engine.ports import Actor
from app.engine.prefill import values_for
from app.engine.records import Task
from app.engine.reminding import is_escalated_to
from app.engine.starting import may_start, start_case
from app.engine.step import Outcome
from app.errors import Conflict, Forbidden, NotFound
from app.processes.roles import is_personal

__all__ = [
    "claim", "complete", "manages", "may_start", "on_behalf_of", "reassign", "release", "save_draft", "start_case",
    "start_form",
]  # fmt: skip


def complete(
    engine: Engine,
    session: Session,
    task_id: int,
    actor: Actor,
    values: dict[str, Any],
    *,
    version: int | None = None,
) -> Outcome:
    """Complete a task with the answers of its form and run the case to its next wait.

    Args:
        version: the version of the task that the person saw; a different one now is a conflict.

    Raises:
        NotFound, Forbidden, Conflict: the task is unknown, not the actor's, done, taken or changed meanwhile.
        Invalid: the values do not fit the form; nothing is stored.
        BusinessError: a rule says no and the diagram has no answer to it; nothing is stored.
    """
    task = locked_task(session, task_id)
    actor = actor.at(session, task.case.record_id)
    _refuse_if_not_theirs(task, actor)
    if version is not None and version != task.version:
        raise Conflict("This task was changed after you opened it. Your answers are still here; check and send again.")
    case = task.case
    refuse_ended(case)
    step = step_on(engine, session, case, actor, by_form=True)
    step.on_behalf_of = on_behalf_of(task, actor)
    element = step.contents.diagrams[task.diagram].elements[task.element]
    form = step.contents.forms.get(element.form_reference(step.contents.diagrams[task.diagram].area), NOTHING)
    prefilled = values_for(engine, session, task) if form.conditional or form.lists else None
    declared, variables = checked(engine, session, form, values, actor, case.record_id, prefilled)
    # The outcome is a decision of the case, kept in journal and evidence, not a fact about the world.
    outcome = element.properties.get("outcome")
    step.write_record({key: value for key, value in declared.items() if key != outcome}, task.element)
    attach_files(step, form, declared, task.id)
    now = clock.now()
    saving.finish(task, actor.person_id, now, step.on_behalf_of)
    step.completed, step.values = task, declared
    step.note(
        "task.completed", task.element, {"task": task.id, "diagram": task.diagram}, {"values": declared | variables}
    )
    complete_work(step.workflow, task.engine_id, variables)
    return step.run()


def claim(engine: Engine, session: Session, task_id: int, actor: Actor) -> Task:
    """Take an open task that is offered to one of the actor's roles.

    Raises:
        NotFound, Forbidden, Conflict: unknown, not offered to the actor, done or taken by somebody else.
    """
    task = locked_task(session, task_id)
    actor = actor.at(session, task.case.record_id)
    _refuse_if_not_theirs(task, actor)
    if task.assignee_id is None:
        _refuse_if_not_theirs(task, lasting(engine, session, task, actor.person_id))
        task.assignee_id, task.claimed_at = actor.person_id, clock.now()
        _journal(engine, session, task, actor, "task.claimed", {})
    return task


def release(engine: Engine, session: Session, task_id: int, actor: Actor) -> Task:
    """Give a claimed task back to the role that it is offered to.

    Raises:
        NotFound, Forbidden, Conflict: unknown, somebody else's, or not open.
    """
    task = locked_task(session, task_id)
    actor = actor.at(session, task.case.record_id)
    _refuse_if_not_theirs(task, actor)
    if task.assignee_id is not None:
        if is_personal(task.role):
            raise Conflict("This task is meant for you alone; reassign it instead of releasing it.")
        behalf = on_behalf_of(task, actor)
        task.assignee_id, task.claimed_at = None, None
        _journal(engine, session, task, actor, "task.released", {"on_behalf_of": behalf})
    return task


def reassign(engine: Engine, session: Session, task_id: int, actor: Actor, to_id: int, reason: str = "") -> Task:
    """Hand an open task to another person who holds its role; one that is meant for one person, to anybody.

    Raises:
        NotFound, Forbidden, Conflict: unknown, neither the actor's nor escalated to them nor of a process they manage,
            done, or taken by somebody else; the other person has left.
    """
    task = locked_task(session, task_id)
    actor = actor.at(session, task.case.record_id)
    if task.status != "open" or not (manages(task.case.area, actor) or is_escalated_to(task, actor)):
        _refuse_if_not_theirs(task, actor)
    if task.role not in lasting(engine, session, task, to_id).roles and not is_personal(task.role):
        raise Forbidden("This person does not hold the role that the task asks for.")
    data = {"from": task.assignee_id, "to": to_id, "on_behalf_of": on_behalf_of(task, actor)}
    task.assignee_id, task.claimed_at = to_id, clock.now()
    _journal(engine, session, task, actor, "task.reassigned", data, {"reason": reason} if reason else None)
    return task


def save_draft(engine: Engine, session: Session, task_id: int, actor: Actor, values: dict[str, Any]) -> Task:
    """Keep half-finished answers with the task, unchecked but bounded by the page; claims an unclaimed task.

    Raises:
        NotFound, Forbidden, Conflict: as for `claim`.
    """
    task = claim(engine, session, task_id, actor)
    task.draft, task.draft_at = values, clock.now()
    return task


def manages(area: str, actor: Actor) -> bool:
    """Tell whether the actor owns or manages the process of this area, or the whole SMS."""
    wanted = {f"{area}.process_owner", f"{area}.process_manager", "management.sms_owner", "management.sms_manager"}
    return actor.administrator or bool(actor.roles & wanted)


def on_behalf_of(task: Task, actor: Actor) -> int | None:
    """Return the absent person whose task the actor may do as their substitute; None when it is not such a task."""
    return task.assignee_id if task.assignee_id in actor.stands_in_for else None


def _offered(task: Task, actor: Actor) -> bool:
    return task.role in actor.roles or is_escalated_to(task, actor)


def _refuse_if_not_theirs(task: Task, actor: Actor) -> None:
    """Tell apart: not to be known of, done, withdrawn, taken."""
    stands_in = on_behalf_of(task, actor) is not None
    mine, offered = stands_in or task.assignee_id == actor.person_id, _offered(task, actor)
    if not (mine or offered or task.completed_by_id == actor.person_id):
        if manages(task.case.area, actor):
            raise Forbidden("You may see this task but not work on it; it is offered to another role.")
        raise NotFound
    if task.status == "done":
        raise Conflict("This task was completed before you sent your answers.")
    if task.status != "open":
        raise Conflict("This task was withdrawn, because the case went another way.")
    if task.assignee_id is not None and not mine:
        raise Conflict("Somebody else has taken this task.")
    if stands_in and task.case.requester_id == actor.person_id:
        # Who is kept from approving their own request must not do so in another's name.
        raise Forbidden("You asked for this yourself, so you cannot do it for somebody else.")


def _journal(
    engine: Engine, session: Session, task: Task, actor: Actor, event: str, data: dict[str, Any],
    payload: dict[str, Any] | None = None,
) -> None:  # fmt: skip
    case, behalf = task.case, data.pop("on_behalf_of", None)
    data = {"task": task.id} | data | ({"on_behalf_of": behalf} if behalf is not None else {})
    entry = Entry(event, clock.now(), actor.person_id, task.element, data, payload, case.id, case.record_id)
    case.journal_head, case.journal_length = engine.journal.write(
        session, f"case:{case.id}", case.journal_head, case.journal_length, [entry]
    )
