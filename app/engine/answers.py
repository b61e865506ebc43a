"""What a person answers at a start or task: checked against the form, then handed to record, case and files."""

from typing import Any

from sqlalchemy.orm import Session

from app.engine.engine import Engine
from app.engine.ports import Actor
from app.engine.step import Step
from app.forms import Form, check, load_form
from app.forms.references import files_in
from app.processes.bundle import BundleContents

# A start without a form may still be given a title; a task without one is asked nothing.
TITLE_ALONE = load_form(
    '{"components": [{"type": "textfield", "key": "title", "label": "Title", "validate": {"maxLength": 300}}]}'
)
NOTHING = load_form('{"components": []}')


def start_form(bundle: BundleContents) -> tuple[str | None, Form | None]:
    """Return the none start event of the bundle's diagram and the form that it asks for, if any."""
    for element in bundle.diagram.elements.values():
        if element.type == "startEvent" and not element.parent and not element.event:
            reference = element.form_reference(bundle.diagram.area) if element.properties.get("form") else None
            return element.id, bundle.forms[reference] if reference else None
    return None, None


def checked(
    engine: Engine,
    session: Session,
    form: Form,
    values: dict[str, Any],
    actor: Actor | None,
    record_id: int | None = None,
    prefilled: dict[str, Any] | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Check answers; return what goes to the record and what goes to the case.

    Raises:
        Invalid: with the messages of each field that does not fit; undeclared keys are among them.
    """
    references = engine.reference_check(session, actor, record_id)
    form = engine.lists.form(session, form, held=prefilled)
    cleaned = check(form, values, references=references, prefilled=prefilled)
    variables = {variable: cleaned.get(key) for key, variable in form.variables.items()}
    return cleaned, variables


def attach_files(step: Step, form: Form, values: dict[str, Any], task_id: int | None) -> None:
    """Tie the files of a form to the case's record; to the case itself where it has none."""
    ids = files_in(form, values)
    if ids:
        step.engine.attach_files(
            step.session, ids, record_id=step.case.record_id, case_id=step.case.id, task_id=task_id,
            uploaded_by_id=step.actor_id,
        )  # fmt: skip
