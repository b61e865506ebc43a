"""Timer events as rows, found by an index when they are due."""

from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import delete

from app.engine.advance import waiting_timers
from app.engine.records import Timer

if TYPE_CHECKING:
    from app.engine.step import Step


def sync(step: "Step") -> None:
    """Make the timer rows match what the engine waits for; a moved due date makes a new row."""
    waiting = {f"{work.engine_id}@{due.isoformat()}": (work, due) for work, due in waiting_timers(step.workflow)}
    remembered: set[str] = set(step.case.waits.get("timers", []))
    step.movable += [work for work, _due in waiting.values() if work.element.properties.get("moves")]
    gone = {UUID(entry.partition("@")[0]) for entry in remembered - waiting.keys()}
    if gone:
        step.session.execute(
            delete(Timer).where(Timer.case_id == step.case.id, Timer.engine_id.in_(gone)),
            execution_options={"synchronize_session": False},
        )
    fresh = [waiting[entry] for entry in waiting.keys() - remembered]
    step.session.add_all(
        Timer(case_id=step.case.id, engine_id=work.engine_id, element=work.element_id, due_at=due, status="waiting")
        for work, due in fresh
    )
    if gone or fresh:
        step.wait_for("timers", sorted(waiting))
