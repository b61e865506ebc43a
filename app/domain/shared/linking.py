"""Links between records that a diagram draws: what a case's record is to another one."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import ColumnElement, or_, select

from app.domain.record_kinds import KINDS
from app.domain.records.link_types import LINK_TYPES
from app.domain.records.links import add_link, is_linked
from app.domain.records.records import Record
from app.domain.records.writer import Records, Trace
from app.errors import BusinessError, Invalid, Message
from app.operations import OperationContext, OperationGroup

record = OperationGroup("record")
records = Records(KINDS)

Type = Annotated[
    Literal["caused_by", "duplicate_of", "part_of", "resolved_by", "affects", "depends_on", "related_to"],
    Field(description="What the case's record is to the other one."),
]
To = Annotated[
    str | None, Field(description="Id or number of the other record; without one nothing is linked.", max_length=50)
]


@record.operation("link", title="Link the record")
def link(context: OperationContext, type: Type, to: To = None) -> str | None:  # noqa: A002 - diagrams name it so
    """Link the case's record with another one; both pages show it. A link that is there already stays as it is.
    Returns the id of the other record."""
    if not to or not to.strip():
        return None
    if context.record_id is None:
        raise BusinessError("record.no_record", "This case is not about a record.")
    other = context.session.scalar(select(Record.id).where(_meant(to)))
    if other is None:
        raise BusinessError("record.unknown", Message("There is no record “{number}”.", number=to))
    if not is_linked(context.session, LINK_TYPES[type], context.record_id, other):
        trace = Trace(context.actor_id, context.case_id, context.element)
        try:
            add_link(context.session, records, LINK_TYPES[type], context.record_id, other, trace)
        except Invalid as refusal:
            raise BusinessError("record.link_refused", refusal.fields["to"][0]) from refusal
    return str(other)


def _meant(to: str) -> ColumnElement[bool]:
    text = to.strip()
    of_number = Record.number == text.upper()
    return or_(of_number, Record.id == int(text)) if text.isdecimal() and len(text) < 19 else of_number
