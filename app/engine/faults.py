"""Errors and escalations: who catches them, and what becomes of an element that nobody catches for."""

import traceback
from typing import TYPE_CHECKING, Any

from SpiffWorkflow.util.task import TaskState

from app.engine.token import CARRIED, Token
from app.errors import BusinessError, StellwerkError, told_as_json

if TYPE_CHECKING:
    from app.processes.definition import Element

MAX_TRACEBACK = 20_000


def fail(token: Token, error: BaseException) -> None:
    """Let the case be stuck at a token; its data and everything else stay as they are."""
    text = "".join(traceback.format_exception(error))
    message = error.message if isinstance(error, StellwerkError) else f"{type(error).__name__}: {error}"
    token.internal_data["error"] = {"message": told_as_json(message), "traceback": text[-MAX_TRACEBACK:]}
    token._set_state(TaskState.ERROR)
    token.workflow.top_workflow.raised[token.id] = error


def throw_error(token: Token, error: BusinessError) -> None:
    """Throw a business error at a token: the innermost boundary event that fits catches it, or the case is stuck."""
    told = {"error": {"code": error.code, "message": str(error.message)}}
    if not throw(token, "error", error.code, told):
        fail(token, error)


def throw(token: Token, kind: str, code: str, values: dict[str, Any]) -> bool:
    """Look outwards for the boundary event that catches an error or escalation; tell whether there was one.

    Each activity around is asked in turn, the innermost first; an event with the code goes before one that catches all.
    """
    holder: Token | None = token
    while holder is not None:
        node = holder.task_spec
        fitting = [event for event in node.catchers if event.event == kind and _code(event) in ("", code)]
        if fitting:
            fitting.sort(key=lambda event: _code(event) == "")
            catch(holder, fitting[0].id, values)
            return True
        holder = holder.parent if node.rounds is not None else holder.workflow.host
    return False


def _code(event: "Element") -> str:
    return event.error if event.event == "error" else event.escalation


def catch(host: Token, name: str, values: dict[str, Any]) -> Token:
    """Let a boundary event of an activity happen: it takes over what was known inside and may end the activity."""
    level = host.workflow
    node = level.spec.task_specs[name]
    event = Token(level, node, level.task_tree)
    event.internal_data["host"] = host.id.hex
    happen(event, host, values)
    return event


def happen(event: Token, host: Token, values: dict[str, Any]) -> None:
    """Let an existing boundary token happen."""
    event.inherit(host)
    _gather(event, host)
    event.write(values)
    event.phase = CARRIED
    event._set_state(TaskState.READY)
    del event.internal_data["host"]  # its path goes its own way, whatever becomes of the activity
    if event.task_spec.element.interrupting:
        host.workflow.top_workflow.remove(host)


def _gather(event: Token, host: Token) -> None:
    """Take over the newest data from inside an activity: from its rounds and embedded levels, not from called ones."""
    top = host.workflow.top_workflow
    waiting = [host]
    while waiting:
        current = waiting.pop()
        if current is not host:
            event.merge(current.data, current.stamps)
        for child in current._children:
            waiting.append(current.workflow.tasks[child])
        level = top.subprocesses.get(current.id)
        if level is not None and not current.task_spec.element.calls:
            event.merge(level.data, level.stamps)
            waiting.extend(level.tokens)
