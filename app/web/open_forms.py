"""What the forms that are open to a person ask for: who may choose a team somewhere may know what teams there are."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from app.engine import commands, prefill
from app.engine.records import Task
from app.forms import Form
from app.insight.access import visible_tasks
from app.processes.bundle import contents
from app.processes.compiled import compile_published
from app.processes.versions import contents_of
from app.web.dependencies import Visit

# Of one person who only uses services; nobody has that many.
MOST_TASKS = 50


def may_look_up(it: Visit, entity: str) -> bool:
    """Tell whether a person may be told which people or teams there are; of records each is asked for itself.

    Who has a part in the work may. Who only uses services finds nobody, and teams where a form asks them for one.
    """
    if entity not in ("person", "team") or it.viewer.knows_people:
        return True
    return entity == "team" and any(entity in form.references.values() for form in _open(it))


def _open(it: Visit) -> Iterator[Form]:
    """Yield the start forms of what the person may start, and the forms of their open tasks."""
    current = it.parts.library.current(it.session)
    names = {
        start["form"]
        for version in current.diagrams.values()
        if commands.may_start(version.meta["start_roles"], it.identity)
        for start in version.meta["starts"]
        if not start["event"]
    }
    asking = {name: current.forms[name].id for name in names if name in current.forms}
    asking = {name: one for name, one in asking.items() if current.forms[name].meta["references"]}
    content = contents_of(it.session, set(asking.values()))
    yield from (compile_published("form", name, content[one]) for name, one in sorted(asking.items()))
    tasks = select(Task).join(Task.case).options(contains_eager(Task.case))
    tasks = tasks.where(Task.status == "open", Task.assignee_id == it.viewer.person_id, visible_tasks(it.viewer))
    for task in it.session.scalars(tasks.order_by(Task.id).limit(MOST_TASKS)):
        form = prefill.form_of(contents(it.session, task.case.bundle_id), task)
        if form is not None:
            yield form
