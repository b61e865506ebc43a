"""What moves a case from outside: each of these is followed by `advance`."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.util.task import TaskState

from app.engine import faults
from app.engine.nodes.activities import ServiceTask
from app.engine.nodes.events import Catch
from app.engine.program import Program
from app.engine.storable import storables
from app.engine.token import CARRIED, Token
from app.engine.workflow import Workflow
from app.errors import BusinessError, Conflict, StellwerkError


def new_workflow(
    program: Program,
    data: Mapping[str, Any],
    start_element: str | None = None,
    payload: Mapping[str, Any] | None = None,
) -> Workflow:
    """Begin a case.

    Args:
        data: the variables that it begins with.
        start_element: the start event that was triggered; without it the none start event.
        payload: what the triggering message carried; becomes variables.

    Raises:
        KeyError: the diagram has no such start event.
        ElementError: a value cannot be stored.
    """
    wanted = program.start_element(start_element)
    workflow = Workflow(program)
    workflow.plant()
    workflow.task_tree.write(storables({**data, **(payload or {})}))
    entry = program.main.start
    entry.begin(workflow, (wanted,) if wanted else entry.openings)
    return workflow


def complete(workflow: Workflow, engine_id: UUID, values: Mapping[str, Any]) -> None:
    """Let an open user task go on with what the person has entered.

    Raises:
        Conflict: it is no longer open.
        ElementError: a value cannot be stored.
    """
    token = workflow.find(engine_id)
    if not is_open_task(token):
        raise Conflict("This task is not open.")
    token.write(storables(values))
    token.phase = CARRIED
    token._set_state(TaskState.READY)


def is_open_task(token: Token) -> bool:
    """Tell whether a token waits for a person."""
    return token.task_spec.manual and token._state == TaskState.READY and 0 < token.phase < CARRIED


def fire_timer(workflow: Workflow, engine_id: UUID) -> None:
    """Let a timer happen, whatever the clock says: the caller knows that it is due.

    Raises:
        Conflict: nobody waits for it any more.
    """
    _waiting(workflow, engine_id, "due").happened(workflow.find(engine_id), {})


def receive(workflow: Workflow, engine_id: UUID, payload: Mapping[str, Any]) -> None:
    """Hand a message to whom it was awaited by; its payload becomes variables.

    Raises:
        Conflict: nobody waits for it any more.
        ElementError: a value cannot be stored.
    """
    _waiting(workflow, engine_id, "message").happened(workflow.find(engine_id), storables(payload))


def _waiting(workflow: Workflow, engine_id: UUID, what: str) -> Catch:
    token = workflow.find(engine_id)
    node = token.task_spec
    if token._state != TaskState.WAITING or what not in token.internal_data or not isinstance(node, Catch):
        raise Conflict("The case does not wait for this any more.")
    return node


def is_pending(workflow: Workflow, engine_id: UUID) -> bool:
    """Tell whether the answer of an after-commit operation is still awaited."""
    try:
        return _is_asked(workflow.find(engine_id))
    except Conflict:
        return False


def _is_asked(token: Token) -> bool:
    return token._state == TaskState.STARTED and "asked" in token.internal_data


def answer(workflow: Workflow, engine_id: UUID, value: Any) -> None:
    """Hand the answer of an after-commit operation in.

    Raises:
        Conflict: it is not awaited any more.
    """
    token = workflow.find(engine_id)
    node = token.task_spec
    if not _is_asked(token) or not isinstance(node, ServiceTask):
        raise Conflict("The case does not wait for this answer any more.")
    try:
        node.store(token, value)
    except StellwerkError as error:
        faults.fail(token, error)
        return
    token.phase = CARRIED
    token._set_state(TaskState.READY)


def fail(workflow: Workflow, engine_id: UUID, error: BaseException) -> None:
    """Let an element fail: a business error goes to the boundary event that catches it, all else makes the case stuck.

    Raises:
        Conflict: the element is no longer there.
    """
    token = workflow.find(engine_id)
    token.internal_data.pop("asked", None)
    if isinstance(error, BusinessError):
        faults.throw_error(token, error)
    else:
        faults.fail(token, error)


def stuck_at(workflow: Workflow) -> UUID | None:
    """Return the engine id of the element that the case is stuck at, of several the first; None when it is not."""
    stuck = [token for token in workflow.all_tokens if token._state == TaskState.ERROR]
    return min(stuck, key=lambda token: token.rank).id if stuck else None


def retry(workflow: Workflow, engine_id: UUID) -> None:
    """Let a stuck element try again, from where it failed.

    Raises:
        Conflict: it is not stuck.
    """
    token = _stuck(workflow, engine_id)
    error = token.internal_data.pop("error")
    try:
        token.task_spec.retry(token)
    except BaseException:
        token.internal_data["error"] = error
        raise


def skip(workflow: Workflow, engine_id: UUID) -> None:
    """Go on behind a stuck element as if it had been carried out without a result.

    Raises:
        Conflict: it is not stuck.
        StellwerkError: it decides where the case goes, so there is no way on.
    """
    token = _stuck(workflow, engine_id)
    token.task_spec.skip(token)
    token.internal_data.pop("error", None)


def edit_data(workflow: Workflow, engine_id: UUID, data: Mapping[str, Any]) -> None:
    """Change the variables that a stuck element sees; those that are not named stay.

    Raises:
        Conflict: it is not stuck.
        ElementError: a value cannot be stored.
    """
    token = _seen_from(_stuck(workflow, engine_id))
    values = storables(data)
    token.write({
        name: value for name, value in values.items() if name not in token.data or token.data[name] != value
    })  # fmt: skip


def data_of(workflow: Workflow, engine_id: UUID) -> dict[str, Any]:
    """Return the variables that an element sees.

    Raises:
        Conflict: it is no longer there.
    """
    return dict(_seen_from(workflow.find(engine_id)).data)


def cancel(workflow: Workflow) -> None:
    """End a case before its time: nothing stays open."""
    for token in workflow.all_tokens:
        workflow.remove(token)
    workflow.completed, workflow.success = True, False


def _stuck(workflow: Workflow, engine_id: UUID) -> Token:
    token = workflow.find(engine_id)
    if token._state != TaskState.ERROR:
        raise Conflict("The case is not stuck here.")
    return token


def _seen_from(token: Token) -> Token:
    """Return the token whose data an element sees: a boundary event looks with the eyes of its activity."""
    host = token.internal_data.get("host")
    return next((other for other in token.workflow.tokens if other.id.hex == host), token)
