"""Evidence: what a completed task answers in the standard, and the digest by which the journal vouches for it."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import Row

from app.engine.records import Evidence, Task

if TYPE_CHECKING:
    from app.engine.step import Step


def values_hash(values: dict[str, object]) -> str:
    """Return the SHA-256 of checked form values, in a canonical order of keys."""
    return hashlib.sha256(orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def evidence_of(step: "Step", task: Task, now: datetime) -> list[Evidence]:
    """Make one row for each identifier that the completed task's element declares."""
    diagram = step.contents.diagrams[task.diagram]
    element = diagram.elements[task.element]
    digest = values_hash(step.values)
    return [
        Evidence(
            identifier=identifier,
            case_id=step.case.id,
            record_id=step.case.record_id,
            person_id=step.actor_id,
            on_behalf_of_id=step.on_behalf_of,
            element=task.element,
            diagram=task.diagram,
            diagram_version=step.contents.numbers[task.diagram],
            kind=element.properties.get("evidence") or None,
            values_hash=digest,
            at=now,
        )
        for identifier in element.identifiers()
    ]


def digest_of(rows: Iterable[Evidence | Row[Any]]) -> str:
    """Return the SHA-256 of evidence rows, in order; what they leave empty does not count, so that columns may come."""
    facts = [
        {column: value for column in _FACTS if (value := _written(getattr(row, column))) is not None} for row in rows
    ]
    return hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()


_FACTS = [column.key for column in Evidence.__table__.columns if column.key != "id"]


def _written(value: object) -> object:
    # The same moment whatever zone it was given in.
    return value.astimezone(UTC).isoformat(timespec="microseconds") if isinstance(value, datetime) else value
