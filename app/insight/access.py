"""Need to know: the one filter that every query for cases, tasks and records goes through."""

from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true

from app.domain.records.records import Record
from app.engine.commands import manages
from app.engine.records import Case, Task
from app.engine.reminding import is_escalated_to

AUDITOR = "management.auditor"
OVERSEEING = frozenset({"management.sms_owner", "management.sms_manager", AUDITOR})
AREA_ROLES = frozenset({"process_owner", "process_manager", "process_staff"})
# Whoever is signed in may pick these in a form; what they say is meant for everybody.
OPEN_KINDS = frozenset({"service"})
# Which process looks after which kind of record (the areas of docs/architecture.md).
KIND_AREA = {"incident": "incidents", "service": "portfolio", "known_error": "problems"}
# Staff of these areas work with records that another process looks after.
ALSO_READ = {"known_error": frozenset({"incidents"})}


class Signed(Protocol):
    """A signed-in person, as `domain.people` identifies them."""

    @property
    def person_id(self) -> int: ...

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def administrator(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and what follows from their roles."""

    person_id: int
    roles: frozenset[str]
    administrator: bool = False

    @classmethod
    def of(cls, identity: Signed) -> "Viewer":
        """Make a viewer from a signed-in identity."""
        return cls(identity.person_id, identity.roles, identity.administrator)

    @property
    def sees_all(self) -> bool:
        """Oversight of the whole SMS, or administration."""
        return self.administrator or bool(self.roles & OVERSEEING)

    @property
    def knows_people(self) -> bool:
        """Whether the person may look others up: whoever has a part in the work, not who only uses services."""
        return self.sees_all or bool(self.roles)

    @property
    def areas(self) -> frozenset[str]:
        """Areas in which the person owns, manages or carries out the process."""
        return frozenset(role.rpartition(".")[0] for role in self.roles if role.rpartition(".")[2] in AREA_ROLES)

    @property
    def names(self) -> list[str]:
        """What an overdue task may have been escalated to, to reach the person: their roles, and themselves."""
        return [*sorted(self.roles), f"person:{self.person_id}"]

    def works_in(self, area: str) -> bool:
        """Tell whether the person is of the process or oversees it, and may read what its people write to each other.

        Whoever merely asked for something, or was asked for help once, may not.
        """
        return self.sees_all or area in self.areas

    def runs(self, area: str) -> bool:
        """Tell whether the person may repair cases of this area (retry, edit data, skip, cancel)."""
        return manages(area, self)


def takes_part(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Case`: the person has, had or may take a task of it, or one was escalated to them."""
    # Four simple branches instead of one OR, so that each can use its own partial index.
    mine = select(Task.case_id).where(Task.status == "open", Task.assignee_id == viewer.person_id)
    done = select(Task.case_id).where(Task.status == "done", Task.completed_by_id == viewer.person_id)
    offered = select(Task.case_id).where(
        Task.status == "open", Task.assignee_id.is_(None), Task.role.in_(sorted(viewer.roles))
    )
    return or_(Case.id.in_(mine), Case.id.in_(done), Case.id.in_(offered), Case.id.in_(_escalated(viewer)))


def _escalated(viewer: Viewer) -> Select[int]:
    """Return the query for the ids of cases with a task that was escalated to the person; it stays theirs to see."""
    return select(Task.case_id).where(Task.escalated_to.in_(viewer.names))


def visible_cases(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Case` for what this person may know of."""
    if viewer.sees_all:
        return true()
    return or_(
        Case.area.in_(sorted(viewer.areas)) if viewer.areas else false(),
        Case.requester_id == viewer.person_id,
        Case.owner_id == viewer.person_id,
        takes_part(viewer),
    )


def inner_cases(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Case` for those who work in its process or on the case itself, as its owner or by a role of theirs.

    They, and those to whom an overdue task of it was escalated, read what the others write to each other: journal,
    internal notes, mails. Whoever asked for something, or is
    asked for a decision once, knows of the case but is not among them.
    """
    if viewer.sees_all:
        return true()
    return or_(
        Case.area.in_(sorted(viewer.areas)) if viewer.areas else false(),
        Case.owner_id == viewer.person_id,
        Case.id.in_(_worked_on(viewer)),
        Case.id.in_(_escalated(viewer)),
    )


def inner_records(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Record` for those who work with it, as `inner_cases` for cases."""
    if viewer.sees_all:
        return true()
    theirs = or_(Case.id.in_(_worked_on(viewer)), Case.id.in_(_escalated(viewer)))
    worked_on = select(Case.record_id).where(Case.record_id.is_not(None), theirs)
    return or_(
        Record.kind.in_(sorted(_kinds_of(viewer))), Record.owner_id == viewer.person_id, Record.id.in_(worked_on)
    )


def writable_records(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Record` for those who may comment on it and add files; auditing alone is no reason to."""
    own = replace(viewer, roles=viewer.roles - {AUDITOR})
    return or_(inner_records(own), Record.requester_id == viewer.person_id)


def _worked_on(viewer: Viewer) -> Select[int]:
    """Return the query for the ids of cases with a task that the person has, had or may take by a role of theirs."""
    theirs = or_(
        and_(Task.status == "open", or_(Task.assignee_id.is_(None), Task.assignee_id == viewer.person_id)),
        and_(Task.status == "done", Task.completed_by_id == viewer.person_id),
    )
    return select(Task.case_id).where(Task.role.in_(sorted(viewer.roles)), theirs)


def _kinds_of(viewer: Viewer) -> set[str]:
    """Return the kinds of records that the person's processes look after or work with."""
    return {kind for kind, area in KIND_AREA.items() if viewer.areas & ({area} | ALSO_READ.get(kind, frozenset()))}


def visible_records(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Record` for what this person may know of."""
    if viewer.sees_all:
        return true()
    through_case = select(Case.record_id).where(Case.record_id.is_not(None), takes_part(viewer))
    return or_(
        Record.kind.in_(sorted(OPEN_KINDS | _kinds_of(viewer))),
        Record.requester_id == viewer.person_id,
        Record.owner_id == viewer.person_id,
        Record.id.in_(through_case),
    )


def visible_tasks(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Task` for what this person may know of."""
    if viewer.sees_all:
        return true()
    return or_(
        Task.assignee_id == viewer.person_id,
        Task.completed_by_id == viewer.person_id,
        and_(Task.status == "open", Task.role.in_(sorted(viewer.roles))),
        Task.escalated_to.in_(viewer.names),
        Task.case_id.in_(select(Case.id).where(visible_cases(viewer))),
    )


def may_work_on(viewer: Viewer, task: Task) -> bool:
    """Tell whether the person may claim or complete this open task."""
    return task.assignee_id == viewer.person_id or (task.assignee_id is None and is_offered(viewer, task))


def is_offered(viewer: Viewer, task: Task) -> bool:
    """Tell whether the person may take this open task as long as nobody else has: by its role, or escalated to them."""
    return task.role in viewer.roles or is_escalated_to(task, viewer)


def may_take_over(viewer: Viewer, task: Task) -> bool:
    """Tell whether the person may take this open task from whoever has it: it was escalated to them."""
    return task.assignee_id not in (None, viewer.person_id) and is_escalated_to(task, viewer)


def may_hand_over(viewer: Viewer, task: Task, area: str) -> bool:
    """Tell whether the person may give this open task of a case in the area to somebody else."""
    return may_work_on(viewer, task) or is_escalated_to(task, viewer) or viewer.runs(area)


def may_read_answers(viewer: Viewer, task: Task, case: Case) -> bool:
    """Tell whether the person may read what the task's form holds: who does or did it, has its role or its process.

    Whoever an overdue task was escalated to may, too.
    """
    theirs = viewer.person_id in (task.assignee_id, task.completed_by_id)
    return theirs or is_offered(viewer, task) or viewer.works_in(case.area)
