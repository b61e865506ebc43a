"""Where a case is and which way it has come, per diagram, for the picture."""

from SpiffWorkflow.util.task import TaskState

from app.engine.work import Place
from app.engine.workflow import Workflow


def place(workflow: Workflow) -> dict[str, Place]:
    """Return, by diagram key, what was carried out, where the case is and which flows it took.

    Called diagrams have entries of their own; several calls of one diagram share one. A boundary event that merely
    waits is not a place where the case is.
    """
    current: dict[str, set[str]] = {}
    for level in workflow.levels:
        for token in level.tokens:
            if not (token._state == TaskState.WAITING and "host" in token.internal_data):
                current.setdefault(level.spec.diagram.key, set()).add(token.task_spec.element.id)
    keys = [workflow.program.key, *workflow.trails, *current]
    return {
        key: Place(
            frozenset(workflow.trails[key].done) if key in workflow.trails else frozenset(),
            frozenset(current.get(key, ())),
            frozenset(workflow.trails[key].flows) if key in workflow.trails else frozenset(),
        )
        for key in dict.fromkeys(keys)
    }
