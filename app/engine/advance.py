"""Moving a case on until it waits, is done or is stuck; also the one place where others find the pure engine."""

from datetime import datetime
from time import monotonic

from SpiffWorkflow.util.task import TaskState

from app.engine.faults import fail as _fail
from app.engine.faults import throw_error
from app.engine.nodes.gateways import InclusiveGateway, Join
from app.engine.nodes.levels import SubProcess
from app.engine.place import place
from app.engine.stimuli import (
    answer,
    cancel,
    complete,
    data_of,
    edit_data,
    fail,
    fire_timer,
    is_open_task,
    is_pending,
    new_workflow,
    receive,
    retry,
    skip,
    stuck_at,
)
from app.engine.token import Token
from app.engine.work import (
    Advance,
    Done,
    ElementError,
    OperationAnswer,
    Place,
    StepPorts,
    Stuck,
    Waiting,
    Work,
)
from app.engine.workflow import Level, Workflow
from app.errors import BusinessError, Message, read_told

__all__ = [
    "Advance", "Done", "OperationAnswer", "Place", "StepPorts", "Stuck", "ElementError", "Waiting", "Work", "Workflow",
    "advance", "answer", "cancel", "complete", "data_of", "edit_data", "fail", "fire_timer", "is_pending",
    "new_workflow", "open_tasks", "pending_operations", "place", "receive", "retry", "skip", "stuck_at",
    "waiting_messages", "waiting_timers",
]  # fmt: skip
_TOO_LONG = Message(
    "The step was stopped after its time was up without reaching an element that waits. "
    "Is there a loop that cannot end?"
)


def advance(workflow: Workflow, ports: StepPorts, *, max_steps: int = 10_000, max_seconds: float = 10.0) -> Advance:
    """Carry out everything that needs no person, no time and no message.

    Args:
        max_steps: how many elements one step may carry out; a loop without a way out ends here.
        max_seconds: how long it may take.

    Returns:
        What it led to. What fails makes the case stuck there; other paths go on as far as they can.
    """
    workflow.ports = ports
    workflow.raised.clear()
    try:
        _go_on(workflow, max_steps, monotonic() + max_seconds)
    finally:
        workflow.ports = None
    stuck = _stuck(workflow)
    status = "completed" if workflow.completed else "stuck" if stuck else "waiting"
    return Advance(status, stuck, list(workflow.end_events))


def open_tasks(workflow: Workflow) -> list[Work]:
    """Return what waits for a person, in the order in which it became ready."""
    tokens = [token for token in workflow.all_tokens if is_open_task(token)]
    return _works(sorted(tokens, key=lambda token: token.rank))


def waiting_timers(workflow: Workflow) -> list[tuple[Work, datetime]]:
    """Return the timers that the case waits for and when each is due (aware, UTC)."""
    tokens = _waiting(workflow, "due")
    return [(token.task_spec.work(token), token.internal_data["due"]) for token in tokens]


def waiting_messages(workflow: Workflow) -> list[tuple[Work, str, str]]:
    """Return the messages that the case waits for: who, name, key."""
    tokens = _waiting(workflow, "message")
    return [(token.task_spec.work(token), *token.internal_data["message"]) for token in tokens]


def pending_operations(workflow: Workflow) -> list[Work]:
    """Return the after-commit operations whose answers are awaited."""
    return _works([token for token in workflow.all_tokens if is_pending(workflow, token.id)])


def _works(tokens: list[Token]) -> list[Work]:
    return [token.task_spec.work(token) for token in tokens]


def _waiting(workflow: Workflow, what: str) -> list[Token]:
    return [token for token in workflow.all_tokens if token._state == TaskState.WAITING and what in token.internal_data]


def _go_on(workflow: Workflow, max_steps: int, deadline: float) -> None:
    steps = 0
    close(workflow)
    while (token := next_token(workflow)) is not None:
        if steps >= max_steps or monotonic() > deadline:
            _fail(token, ElementError(_endless(steps) if steps >= max_steps else _TOO_LONG))
            return
        steps += 1
        carry_out(token)
    look_for_stall(workflow)


def _endless(steps: int) -> Message:
    return Message(
        "The step was stopped after {count} elements without reaching an element that waits. "
        "Is there a loop that cannot end?",
        count=steps,
    )


def next_token(workflow: Workflow) -> Token | None:
    """Return what is carried out next; None when everything waits."""
    while True:
        token = workflow.next_ready()
        if token is not None or not _settle(workflow):
            return token


def carry_out(token: Token) -> None:
    """Carry out one element; what it raises is thrown into the diagram or makes the case stuck."""
    level = token.workflow
    try:
        token.run()
    except BusinessError as error:
        throw_error(token, error)
    except Exception as error:
        _fail(token, error)
    close(level)


def close(level: Workflow | Level) -> None:
    """Finish a level whose last token is gone."""
    top = level.top_workflow
    if not level.is_empty or level.completed:
        return
    if level is top:
        level.completed = True
        return
    host = level.host
    if host is not None and top.subprocesses.get(host.id) is level:
        level.completed = True
        node = host.task_spec
        assert isinstance(node, SubProcess)
        node.finished(host, level)


def _settle(workflow: Workflow) -> bool:
    """Open the inclusive gateways that nothing can reach any more; tell whether there was one."""
    for level in workflow.levels:
        nodes = {token.task_spec for token in level.tokens if token._state == TaskState.WAITING}
        for node in sorted(nodes, key=lambda node: node.name):
            if isinstance(node, InclusiveGateway) and node.settle(level):
                return True
    return False


def look_for_stall(workflow: Workflow) -> None:
    """Let a case be stuck that would otherwise wait for ever without a word."""
    if workflow.completed:
        return
    blamed: Token | None = None
    for token in workflow.all_tokens:
        if token._state == TaskState.ERROR or is_open_task(token) or is_pending(workflow, token.id):
            return
        if token._state == TaskState.WAITING:
            if "due" in token.internal_data or "message" in token.internal_data:
                return
            if blamed is None or isinstance(token.task_spec, Join) > isinstance(blamed.task_spec, Join):
                blamed = token
    if blamed is None:
        blamed = next(workflow.all_tokens)
    element = blamed.task_spec.label
    if isinstance(blamed.task_spec, Join):
        reason = Message(
            "{element} waits for a path that will never come: a decision before it has sent the case another way.",
            element=element,
        )
    elif "signal" in blamed.internal_data:
        name = blamed.internal_data["signal"]
        reason = Message(
            "{element} waits for the signal “{signal}”, which nothing in this case can send any more.",
            element=element, signal=name,
        )  # fmt: skip
    else:
        reason = Message("Nothing can go on at {element}.", element=element)
    _fail(blamed, ElementError(reason))


def _stuck(workflow: Workflow) -> Stuck | None:
    engine_id = stuck_at(workflow)
    if engine_id is None:
        return None
    token = workflow.find(engine_id)
    error = token.internal_data.get("error", {})
    return Stuck(
        engine_id, token.task_spec.element.id, read_told(error.get("message", "")), error.get("traceback", ""),
        workflow.raised.get(engine_id),
    )  # fmt: skip
