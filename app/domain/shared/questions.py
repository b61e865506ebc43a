"""Questions to the person who asked for something (C-12): the work waits, question and answer stay in the record."""

from typing import Annotated, Any

from pydantic import Field

from app.domain.record_kinds import KINDS
from app.domain.records.comments import add_comment
from app.domain.records.records import Record
from app.domain.records.writer import Records, Trace
from app.domain.service_levels import clocks
from app.errors import BusinessError, Message
from app.operations import OperationContext, OperationGroup

question = OperationGroup("question")
records = Records(KINDS)

Text = Annotated[str, Field(max_length=8000)]
WAITING, WORKING = "waiting", "in_progress"


@question.operation("ask", title="Pause and ask")
def ask(context: OperationContext, question: Text) -> None:
    """Note a question where the requester sees it; agreed times wait, and the record if its kind knows that status."""
    found = _locked(context)
    if not question.strip():
        raise BusinessError("question.empty", "Please write the question.")
    if found is None:
        context.journal("question.asked", {}, {"question": question})
        return
    if found.closed_at is not None:
        told = Message("{number} is closed; nobody can be asked any more.", number=found.number)
        raise BusinessError("question.already_closed", told)
    _comment(context, found, question)
    _move(context, found, WAITING, "question.asked")
    clocks.pause(context.session, records, found, Message("a question to whoever asked"), _trace(context))


@question.operation("answer", title="Go on after asking")
def answer(
    context: OperationContext,
    answered: Annotated[bool, Field(description="Whether an answer came, or time ran out.")] = True,
    reply: Text = "",
) -> None:
    """Note the answer where staff sees it, and let the record and its agreed times go on."""
    found = _locked(context)
    if found is None:
        context.journal("question.answered", {"answered": answered}, {"reply": reply})
        return
    if answered and reply.strip():
        _comment(context, found, reply)
    if found.status == WAITING:
        _move(context, found, WORKING, "question.answered" if answered else "question.unanswered")
        reason = Message("an answer came") if answered else Message("no answer came in time")
        clocks.resume(context.session, records, found, _trace(context), reason)


def _locked(context: OperationContext) -> Record | None:
    if context.record_id is None:
        return None
    kind = records.kind_of(context.session, context.record_id)
    found: Record = records.locked(context.session, kind, context.record_id)
    return found


def _comment(context: OperationContext, found: Record, text: str) -> None:
    add_comment(context.session, records, found, text, trace=_trace(context), public=True)


def _move(context: OperationContext, found: Record, status: str, event: str) -> None:
    values: dict[str, Any] = {"status": status} if status in KINDS.get(found.kind).statuses else {}
    records.change(context.session, found, values, _trace(context), event=event, always=True)


def _trace(context: OperationContext) -> Trace:
    return Trace(context.actor_id, context.case_id, context.element)
