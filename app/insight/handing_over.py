"""Handing a task over to somebody else: whom it may go to, and giving it to one of them."""

from sqlalchemy.orm import Session

from app.domain.people.directory import Directory, Holder
from app.domain.people.identity import Identity
from app.engine import commands
from app.engine.engine import Engine
from app.engine.records import Task
from app.errors import Conflict, Forbidden, Invalid, Message
from app.insight.access import Viewer, may_hand_over
from app.processes.roles import is_personal


def holders(session: Session, directory: Directory, task: Task, *, everybody: bool = False) -> list[Holder]:
    """Return who a task may go to; one that is meant for one person, to whoever works in the process.

    Whoever has it already is among them only when `everybody` is asked for.
    """
    roles = [task.role]
    if is_personal(task.role):
        roles = [f"{task.case.area}.process_staff", f"{task.case.area}.process_manager"]
    found = {
        holder.person_id: holder
        for role in roles
        for holder in directory.responsible(session, role)[1]
        if everybody or holder.person_id != task.assignee_id
    }
    return sorted(found.values(), key=lambda holder: (holder.name, holder.person_id))


def refuse_others(viewer: Viewer, task: Task) -> None:
    """Refuse who may know of a task but not give it to somebody else.

    Raises:
        Forbidden: they may not.
    """
    if not may_hand_over(viewer, task, task.case.area):
        raise Forbidden("You may see this task but not work on it; it is offered to another role.")


def move(
    engine: Engine, session: Session, directory: Directory, actor: Identity, task: Task, to: int | None, *, seen: int
) -> Holder | None:
    """Give a task to one of those whom it may go to; the caller has checked that the actor may.

    Args:
        to: id of a person; who has it already is no error.
        seen: version of the task that the actor saw.

    Returns:
        Whoever has it now; None when they had it before.

    Raises:
        Conflict: somebody else changed it meanwhile, or it is done.
        Invalid: it cannot go to this person.
        Forbidden: the engine refuses it.
    """
    if to is not None and task.assignee_id == to:
        return None
    if seen != task.version:
        raise Conflict(Message("Somebody else changed it meanwhile."))
    person = next((one for one in holders(session, directory, task) if one.person_id == to), None)
    if person is None:
        raise Invalid({"to": [Message("Choose a person.")]})
    commands.reassign(engine, session, task.id, actor, person.person_id)
    return person
