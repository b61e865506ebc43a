"""Cases that the clock starts: at a timer start event, by nobody, about the subject that a schedule found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app.engine.commands import start_case
from app.engine.engine import Engine
from app.errors import Conflict, Message


@dataclass(frozen=True, slots=True)
class CaseOnTime:
    """A case that was started; `problem` says why it is stuck already."""

    case_id: int
    problem: str | None


def start_on_time(
    engine: Engine, session: Session, diagram: str, element: str, *, record_id: int | None, data: Mapping[str, Any]
) -> CaseOnTime:
    """Start a case of a diagram at one of its timer start events.

    Args:
        record_id: the record that it is about.
        data: becomes data of the case.

    Raises:
        Conflict: the diagram works with another kind of record.
        NotFound, BusinessError: as for `start_case`.
    """
    if record_id is not None:
        kind, wanted = engine.records.kind_of(session, record_id), engine.library.current(session).diagram(diagram).meta
        if wanted["record"] not in ("", kind):
            raise Conflict(
                Message("The diagram works with records of the kind “{kind}”, not “{other}”.",
                        kind=wanted["record"], other=kind)
            )  # fmt: skip
    outcome = start_case(
        engine, session, diagram, None, {}, record_id=record_id, start_element=element, payload=dict(data)
    )
    case = outcome.case
    return CaseOnTime(case.id, case.stuck_message or "?" if case.status == "stuck" else None)
