"""Need to know: the one filter that every query for cases, tasks and records goes through."""

from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy import ColumnElement, Select, and_, false, or_, select, true
from sqlalchemy.orm import Session, object_session

from app.domain.people.identity import Limited, held_at
from app.domain.records.records import Comment, Record, StoredFile
from app.engine.commands import manages
from app.engine.records import Case, Task
from app.engine.reminding import is_escalated_to

AUDITOR = "management.auditor"
OVERSEEING = frozenset({"management.sms_owner", "management.sms_manager", AUDITOR})
AREA_ROLES = frozenset({"process_owner", "process_manager", "process_staff"})
# Whoever is signed in may pick these in a form; what they say is meant for everybody.
OPEN_KINDS = frozenset({"service", "catalogue_item"})
# Which process looks after which kind of record (the areas of docs/architecture.md).
KIND_AREA = {
    "incident": "incidents", "service_request": "incidents", "service": "portfolio", "known_error": "problems",
    "catalogue_item": "service_levels", "agreement": "service_levels", "violation": "service_levels",
    "action": "improvement",
}  # fmt: skip
# Staff of these areas work with records that another process looks after.
ALSO_READ = {"known_error": frozenset({"incidents"}), "agreement": frozenset({"incidents"})}


class Signed(Protocol):
    """A signed-in person, as `domain.people` identifies them."""

    @property
    def person_id(self) -> int: ...

    @property
    def roles(self) -> frozenset[str]: ...

    @property
    def administrator(self) -> bool: ...

    @property
    def limited(self) -> tuple[Limited, ...]: ...

    @property
    def stands_in_for(self) -> frozenset[int]: ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks, and what follows from their roles.

    `limited` are roles that count for one service or record alone, `stands_in_for` absent people whose substitute
    they are.
    """

    person_id: int
    roles: frozenset[str]
    administrator: bool = False
    limited: tuple[Limited, ...] = ()
    stands_in_for: frozenset[int] = frozenset()

    @classmethod
    def of(cls, identity: Signed) -> "Viewer":
        """Make a viewer from a signed-in identity."""
        return cls(identity.person_id, identity.roles, identity.administrator, identity.limited, identity.stands_in_for)

    def at(self, session: Session, record_id: int | None) -> "Viewer":
        """Return the viewer as they count for one record; who has no limited roles costs no statement."""
        more = held_at(session, self.limited, record_id)
        return replace(self, roles=self.roles | more) if more else self

    @property
    def people(self) -> list[int]:
        """Whose tasks are theirs to do: their own, and those of absent people whose substitute they are."""
        return [self.person_id, *sorted(self.stands_in_for)]

    @property
    def sees_all(self) -> bool:
        """Oversight of the whole SMS, or administration."""
        return self.administrator or bool(self.roles & OVERSEEING)

    @property
    def knows_people(self) -> bool:
        """Whether the person may look others up: whoever has a part in the work, not who only uses services."""
        return self.sees_all or bool(self.roles) or bool(self.limited)

    @property
    def areas(self) -> frozenset[str]:
        """Areas in which the person owns, manages or carries out the process."""
        return frozenset(role.rpartition(".")[0] for role in self.roles if role.rpartition(".")[2] in AREA_ROLES)

    @property
    def names(self) -> list[str]:
        """What an overdue task may have been escalated to, to reach the person: roles, themselves, who is absent."""
        return [*sorted(self.roles), *(f"person:{one}" for one in self.people)]

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
    mine = select(Task.case_id).where(Task.status == "open", Task.assignee_id.in_(viewer.people))
    done = select(Task.case_id).where(Task.status == "done", Task.completed_by_id == viewer.person_id)
    offered = select(Task.case_id).where(Task.status == "open", Task.assignee_id.is_(None), of_their_roles(viewer))
    return or_(Case.id.in_(mine), Case.id.in_(done), Case.id.in_(offered), Case.id.in_(_escalated(viewer)))


def _escalated(viewer: Viewer) -> Select[int]:
    """Return the query for the ids of cases with a task that was escalated to the person; it stays theirs to see."""
    return select(Task.case_id).where(escalated_to_them(viewer))


def of_their_roles(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Task`: it asks for a role that the person holds, everywhere or for what the task is about."""
    within = [and_(Task.role == one.role, Task.case_id.in_(_cases_of(one))) for one in viewer.limited]
    plain = Task.role.in_(sorted(viewer.roles))
    return or_(plain, *within) if within else plain


def escalated_to_them(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Task`: it was escalated to a role of the person, to them, or to somebody they stand in for."""
    within = [and_(Task.escalated_to == one.role, Task.case_id.in_(_cases_of(one))) for one in viewer.limited]
    plain = Task.escalated_to.in_(viewer.names)
    return or_(plain, *within) if within else plain


def _concerned(limit: Limited) -> ColumnElement[bool]:
    """Condition on `Record`: a limited role counts for it."""
    if limit.record_id is not None:
        return Record.id == limit.record_id
    return or_(Record.service_id == limit.service_id, Record.id == limit.service_id)


def _cases_of(limit: Limited) -> Select[int]:
    return select(Case.id).where(Case.record_id.in_(select(Record.id).where(_concerned(limit))))


def _of_their_areas(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Case`: the person works in its process, everywhere or for what the case is about."""
    parts: list[ColumnElement[bool]] = [Case.area.in_(sorted(viewer.areas)) if viewer.areas else false()]
    for one in viewer.limited:
        area, _, step = one.role.rpartition(".")
        if one.role in OVERSEEING:
            parts.append(Case.id.in_(_cases_of(one)))
        elif step in AREA_ROLES:
            parts.append(and_(Case.area == area, Case.id.in_(_cases_of(one))))
    return or_(*parts) if len(parts) > 1 else parts[0]


def _of_their_kinds(viewer: Viewer, more: frozenset[str] = frozenset()) -> ColumnElement[bool]:
    """Condition on `Record`: the person's processes look after its kind, everywhere or for it; or it is of `more`."""
    parts: list[ColumnElement[bool]] = [Record.kind.in_(sorted(more | _kinds_of(viewer)))]
    for one in viewer.limited:
        if one.role in OVERSEEING:
            parts.append(_concerned(one))
        else:
            kinds = _kinds_of(Viewer(viewer.person_id, frozenset({one.role})))
            parts += [and_(Record.kind.in_(sorted(kinds)), _concerned(one))] if kinds else []
    return or_(*parts) if len(parts) > 1 else parts[0]


def visible_cases(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Case` for what this person may know of."""
    if viewer.sees_all:
        return true()
    return or_(
        _of_their_areas(viewer),
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
        _of_their_areas(viewer),
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
    return or_(_of_their_kinds(viewer), Record.owner_id == viewer.person_id, Record.id.in_(worked_on))


def writable_records(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Record` for those who may comment on it and add files; auditing alone is no reason to."""
    limited = tuple(one for one in viewer.limited if one.role != AUDITOR)
    own = replace(viewer, roles=viewer.roles - {AUDITOR}, limited=limited)
    return or_(inner_records(own), Record.requester_id == viewer.person_id)


def managed_records(viewer: Viewer, area: str) -> ColumnElement[bool]:
    """Condition on `Record` of an area for those who run its process, everywhere or for the record alone."""
    if viewer.runs(area):
        return true()
    own = [one for one in viewer.limited if manages(area, replace(viewer, roles=frozenset({one.role})))]
    return or_(false(), *(_concerned(one) for one in own))


def readable_files(inside: ColumnElement[bool] | bool) -> ColumnElement[bool]:
    """Condition on `StoredFile` of a record that is known: it came with no comment, or with one that may be read.

    `inside` says who works with the record, as a fact or as a condition on `StoredFile`: notes are theirs.
    """
    inner = inside if isinstance(inside, ColumnElement) else true() if inside else false()
    said = (
        select(Comment.id)
        .where(Comment.id == StoredFile.comment_id, Comment.withdrawn_at.is_(None), or_(Comment.public, inner))
        .correlate(StoredFile)
        .exists()
    )
    return or_(StoredFile.comment_id.is_(None), said)


def _worked_on(viewer: Viewer) -> Select[int]:
    """Return the query for the ids of cases with a task that the person has, had or may take by a role of theirs."""
    theirs = or_(
        and_(Task.status == "open", or_(Task.assignee_id.is_(None), Task.assignee_id.in_(viewer.people))),
        and_(Task.status == "done", Task.completed_by_id == viewer.person_id),
    )
    # Who stands in for somebody works on what is assigned to them, whatever role it asks for.
    stood_in = and_(Task.status == "open", Task.assignee_id.in_(sorted(viewer.stands_in_for)))
    worked = and_(of_their_roles(viewer), theirs)
    return select(Task.case_id).where(or_(worked, stood_in) if viewer.stands_in_for else worked)


def _kinds_of(viewer: Viewer) -> set[str]:
    """Return the kinds of records that the person's processes look after or work with."""
    return {kind for kind, area in KIND_AREA.items() if viewer.areas & ({area} | ALSO_READ.get(kind, frozenset()))}


def visible_records(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Record` for what this person may know of."""
    if viewer.sees_all:
        return true()
    through_case = select(Case.record_id).where(Case.record_id.is_not(None), takes_part(viewer))
    return or_(
        _of_their_kinds(viewer, OPEN_KINDS),
        Record.requester_id == viewer.person_id,
        Record.owner_id == viewer.person_id,
        Record.id.in_(through_case),
    )


def visible_tasks(viewer: Viewer) -> ColumnElement[bool]:
    """Condition on `Task` for what this person may know of."""
    if viewer.sees_all:
        return true()
    stood_in = Task.assignee_id.in_(sorted(viewer.stands_in_for)) if viewer.stands_in_for else false()
    return or_(
        Task.assignee_id == viewer.person_id,
        Task.completed_by_id == viewer.person_id,
        and_(Task.status == "open", or_(of_their_roles(viewer), stood_in)),
        escalated_to_them(viewer),
        Task.case_id.in_(select(Case.id).where(visible_cases(viewer))),
    )


def may_work_on(viewer: Viewer, task: Task) -> bool:
    """Tell whether the person may claim or complete this open task."""
    return is_theirs(viewer, task) or (task.assignee_id is None and is_offered(viewer, task))


def is_theirs(viewer: Viewer, task: Task) -> bool:
    """Tell whether the task is assigned to the person, or to somebody absent they stand in for."""
    return task.assignee_id is not None and (
        task.assignee_id == viewer.person_id or (task.status == "open" and task.assignee_id in viewer.stands_in_for)
    )


def is_offered(viewer: Viewer, task: Task) -> bool:
    """Tell whether the person may take this open task as long as nobody else has: by its role, or escalated to them."""
    here = _at(viewer, task)
    return task.role in here.roles or is_escalated_to(task, here)


def _at(viewer: Viewer, task: Task) -> Viewer:
    session = object_session(task)
    if not viewer.limited or session is None:
        return viewer
    return viewer.at(session, session.scalar(select(Case.record_id).where(Case.id == task.case_id)))


def may_take_over(viewer: Viewer, task: Task) -> bool:
    """Tell whether the person may take this open task from whoever has it: it was escalated to them."""
    return task.assignee_id is not None and not is_theirs(viewer, task) and is_escalated_to(task, _at(viewer, task))


def may_hand_over(viewer: Viewer, task: Task, area: str) -> bool:
    """Tell whether the person may give this open task of a case in the area to somebody else."""
    here = _at(viewer, task)
    return may_work_on(viewer, task) or is_escalated_to(task, here) or here.runs(area)


def may_read_answers(viewer: Viewer, task: Task, case: Case) -> bool:
    """Tell whether the person may read what the task's form holds: who does or did it, has its role or its process.

    Whoever an overdue task was escalated to may, too.
    """
    theirs = is_theirs(viewer, task) or viewer.person_id == task.completed_by_id
    return theirs or is_offered(viewer, task) or _at(viewer, task).works_in(case.area)
