"""Evidence rows: what a completed task answers in the standard."""

import hashlib
from datetime import datetime
from typing import TYPE_CHECKING

import orjson

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
            element=task.element,
            diagram=task.diagram,
            diagram_version=step.contents.numbers[task.diagram],
            kind=element.properties.get("evidence") or None,
            values_hash=digest,
            at=now,
        )
        for identifier in element.identifiers()
    ]
