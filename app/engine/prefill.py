"""What a task's form shows at first: the record's values, else the form's defaults."""

from typing import Any

from sqlalchemy.orm import Session

from app.engine.engine import Engine
from app.engine.records import Case, Task
from app.forms import Form, initial_values
from app.processes.bundle import BundleContents, contents


def form_of(bundle: BundleContents, task: Task) -> Form | None:
    """Return the form of a task in the version that its case pinned."""
    diagram = bundle.diagrams[task.diagram]
    return bundle.forms.get(diagram.elements[task.element].form_reference(diagram.area))


def values_for(engine: Engine, session: Session, task: Task) -> dict[str, Any]:
    """Return the values that the form of a task begins with, whoever opens it.

    An outcome field is never prefilled: whoever decides shall decide anew.
    """
    case = session.get_one(Case, task.case_id)
    bundle = contents(session, case.bundle_id)
    form = form_of(bundle, task)
    if form is None:
        return {}
    record: dict[str, Any] = {}
    if bundle.diagram.record and case.record_id is not None:
        record = dict(engine.records.read(session, bundle.diagram.record, case.record_id))
        record.pop(bundle.diagrams[task.diagram].elements[task.element].properties.get("outcome", ""), None)
    return initial_values(form, record)
