"""What pages show of a case: its facts, where it stands, what was done, sent and written down."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from app.domain.journal.chains import newest_of
from app.domain.notifications.records import Notification
from app.domain.people.records import Person
from app.domain.records.records import Comment, Record, StoredFile
from app.engine.records import Case, Delivery, Message, Task
from app.errors import NotFound
from app.insight.access import Viewer, inner_cases, readable_files, visible_cases, visible_tasks
from app.insight.record_view import Standing, standing_of

STEPS = 50
RELATIVES = 20
MESSAGES = 100
PAGE = 50
# What of the states of a notification's mail people are shown as waiting, and as sent.
_NOT_YET = ("waiting", "planned", "collected")
_GONE_OUT = ("sent", "bundled")


@dataclass(frozen=True, slots=True)
class Human:
    """A person as pages name them."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task of a case."""

    id: int
    name: str
    element: str
    diagram: str
    role: str
    assignee: Human | None
    due_at: datetime | None
    priority: int
    created_at: datetime
    completed_at: datetime | None
    completed_by: Human | None
    status: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message between cases, or a mail to a person; `reason` says why it has failed."""

    at: datetime
    kind: str
    title: str
    towards: str
    status: str
    body: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the journal."""

    position: int
    at: datetime
    event: str
    actor: str
    element: str
    data: dict[str, Any]
    payload: dict[str, Any] | None
    erased: bool
    hash: str
    on_behalf_of: str = ""


@dataclass(slots=True)
class CaseView:
    """A case with what stands around it; `open_tasks` are those that the viewer may know of.

    `inside` tells whether the viewer works in its process or on it, `standing` what its record is to them.
    """

    case: Case
    record: Record | None
    requester: Human | None
    owner: Human | None
    inside: bool = False
    standing: Standing = Standing()
    parent: str = ""
    children: list[str] = field(default_factory=list)
    open_tasks: list[TaskLine] = field(default_factory=list)
    done_tasks: list[TaskLine] = field(default_factory=list)
    comments: int = 0
    files: int = 0
    messages: int = 0


def find_case(session: Session, viewer: Viewer, number: str) -> Case:
    """Return a case that the person may know of.

    Raises:
        NotFound: there is none.
    """
    case = session.scalar(select(Case).where(Case.number == number, visible_cases(viewer)))
    if case is None:
        raise NotFound
    return case


def view(session: Session, viewer: Viewer, case: Case) -> CaseView:
    """Gather what the pages of a case show beside its diagram; the caller has checked that it is visible."""
    shown = [*_tasks(session, case, "done"), *_open(session, viewer, case)]
    relatives = _relatives(session, viewer, case)
    names = _names(session, [case.requester_id, case.owner_id, *_people(shown)])
    record = session.get(Record, case.record_id) if case.record_id is not None else None
    lines = [_task_line(task, names) for task in shown]
    found = CaseView(
        case,
        record,
        _human(case.requester_id, names),
        _human(case.owner_id, names),
        inside=is_inside(session, viewer, case),
        standing=standing_of(session, viewer, case.record_id),
        parent=relatives.pop(case.parent_id, "") if case.parent_id else "",
        children=list(relatives.values()),
        open_tasks=[line for line in lines if line.status == "open"],
        done_tasks=[line for line in lines if line.status == "done"],
    )
    found.comments, found.files, found.messages = _tallies(session, viewer, found)
    return found


def is_inside(session: Session, viewer: Viewer, case: Case) -> bool:
    """Tell whether the person works in the process of a case or on it: they read its journal, mails and notes."""
    if viewer.works_in(case.area):
        return True
    return session.scalar(select(Case.id).where(Case.id == case.id, inner_cases(viewer))) is not None


def _relatives(session: Session, viewer: Viewer, case: Case) -> dict[int, str]:
    """Return the numbers of the case that opened this one, and of the newest that it opened, as far as visible."""
    related = or_(Case.id == case.parent_id, Case.parent_id == case.id) if case.parent_id else Case.parent_id == case.id
    query = select(Case.id, Case.number).where(related, visible_cases(viewer)).order_by(Case.id.desc()).limit(RELATIVES)
    return {row.id: row.number for row in session.execute(query)}


def _tasks(session: Session, case: Case, status: str) -> list[Task]:
    """Return the newest tasks of a case with this status, oldest first."""
    query = select(Task).where(Task.case_id == case.id, Task.status == status)
    return list(reversed(session.scalars(query.order_by(Task.id.desc()).limit(STEPS)).all()))


def _open(session: Session, viewer: Viewer, case: Case) -> list[Task]:
    candidates = _tasks(session, case, "open")
    if not candidates or viewer.sees_all or case.area in viewer.areas:
        return candidates
    visible = set(
        session.scalars(select(Task.id).where(Task.id.in_([task.id for task in candidates]), visible_tasks(viewer)))
    )
    return [task for task in candidates if task.id in visible]


def _people(tasks: list[Task]) -> list[int | None]:
    return [person for task in tasks for person in (task.assignee_id, task.completed_by_id)]


def _names(session: Session, people: list[int | None]) -> dict[int, str]:
    wanted = {person for person in people if person is not None}
    if not wanted:
        return {}
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))}


def _human(person_id: int | None, names: dict[int, str]) -> Human | None:
    return Human(person_id, names.get(person_id, "?")) if person_id is not None else None


def _task_line(task: Task, names: dict[int, str]) -> TaskLine:
    return TaskLine(
        task.id, task.name, task.element, task.diagram, task.role, _human(task.assignee_id, names), task.due_at,
        task.priority, task.created_at, task.completed_at, _human(task.completed_by_id, names), task.status,
    )  # fmt: skip


def _tallies(session: Session, viewer: Viewer, about: CaseView) -> tuple[int, int, int]:
    case = about.case
    sent: Any = select(func.count()).select_from(Notification).where(*_mails(viewer, about)).scalar_subquery()
    if about.inside:
        sent += select(func.count()).select_from(Message).where(Message.sender_case_id == case.id).scalar_subquery()
        sent += select(func.count()).select_from(Delivery).where(Delivery.case_id == case.id).scalar_subquery()
    if not about.standing.reads:
        return 0, 0, session.scalar(select(sent)) or 0
    shown = true() if about.standing.inside else Comment.public
    of_record = Comment.record_id == case.record_id, shown
    comments = select(func.count()).select_from(Comment).where(*of_record).scalar_subquery()
    given = StoredFile.record_id == case.record_id, readable_files(about.standing.inside)
    files = select(func.count()).select_from(StoredFile).where(*given).scalar_subquery()
    row = session.execute(select(comments, files, sent)).one()
    return row[0], row[1], row[2]


def _mails(viewer: Viewer, about: CaseView) -> list[ColumnElement[bool]]:
    """Return the condition for the mails of a case that the person may read: theirs, unless they are inside."""
    of_case = [Notification.case_id == about.case.id, Notification.status.in_([*_NOT_YET, *_GONE_OUT, "failed"])]
    return of_case if about.inside else [*of_case, Notification.person_id == viewer.person_id]


def _became(status: str) -> str:
    return "waiting" if status in _NOT_YET else "sent" if status in _GONE_OUT else status


def messages_of(session: Session, viewer: Viewer, about: CaseView) -> list[Sent]:
    """Return what the person may read of messages to and from other cases and of mails to people, newest first."""
    mails = select(Notification).where(*_mails(viewer, about)).order_by(Notification.id.desc()).limit(MESSAGES)
    found = [
        Sent(
            row.sent_at or row.created_at, "mail", row.subject, row.address or str(row.data.get("name", "")),
            _became(row.status), row.body, (row.error or "") if row.status == "failed" else "",
        )
        for row in session.scalars(mails)
    ]  # fmt: skip
    if about.inside:
        found += _between_cases(session, about.case)
    return sorted(found, key=lambda sent: sent.at, reverse=True)


def _between_cases(session: Session, case: Case) -> list[Sent]:
    sent = select(Message).where(Message.sender_case_id == case.id).order_by(Message.id.desc()).limit(MESSAGES)
    received = (
        select(Delivery.at, Message.name, Message.key)
        .join(Message, Message.id == Delivery.message_id)
        .where(Delivery.case_id == case.id)
        .order_by(Delivery.id.desc())
        .limit(MESSAGES)
    )
    return [
        *(Sent(row.created_at, "sent", row.name, row.key, row.status) for row in session.scalars(sent)),
        *(Sent(row.at, "received", row.name, row.key, "delivered") for row in session.execute(received)),
    ]


def journal_of(session: Session, case: Case, *, limit: int, before: int | None = None) -> list[Line]:
    """Return the newest lines of the case's own journal, newest first; with `before` those before this place in it."""
    own = newest_of(session, f"case:{case.id}", limit, before=before)
    names = _names(session, [*(entry.actor_id for entry, _ in own), *(_behalf(entry.data) for entry, _ in own)])
    return [
        Line(
            entry.position, entry.at, entry.event, names.get(entry.actor_id, "") if entry.actor_id else "",
            entry.element or "", entry.data, content,
            entry.payload_digest is not None and content is None, entry.hash.hex(),
            names.get(_behalf(entry.data) or 0, ""),
        )
        for entry, content in own
    ]  # fmt: skip


def _behalf(data: dict[str, Any]) -> int | None:
    """Return for whom the line's actor stood in."""
    value = data.get("on_behalf_of")
    return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of the list of cases."""

    id: int
    number: str
    title: str
    diagram: str
    area: str
    status: str
    started_at: datetime
    ended_at: datetime | None
    record_number: str | None
    record_kind: str | None
    owner: str | None


def list_cases(
    session: Session,
    viewer: Viewer,
    *,
    status: str = "",
    diagram: str = "",
    text: str = "",
    record_id: int | None = None,
    before: int | None = None,
    limit: int = PAGE,
) -> tuple[list[CaseLine], int | None]:
    """Return one page of the cases that the person may know of, newest first, and where the next one begins.

    Args:
        status: `running`, `stuck`, `completed` or `cancelled`; `open` for the first two; empty for all.
        diagram: key of a diagram.
        text: part of a title or number.
        record_id: only the cases about this record.
        before: the id that the page before ended with.
    """
    query = (
        select(
            Case.id, Case.number, Case.title, Case.diagram, Case.area, Case.status, Case.started_at, Case.ended_at,
            Record.number.label("record_number"), Record.kind.label("record_kind"), Person.name.label("owner"),
        )
        .outerjoin(Record, Record.id == Case.record_id)
        .outerjoin(Person, Person.id == Case.owner_id)
        .where(visible_cases(viewer))
    )  # fmt: skip
    if status == "open":
        query = query.where(Case.status.in_(["running", "stuck"]))
    elif status:
        query = query.where(Case.status == status)
    if diagram:
        query = query.where(Case.diagram == diagram)
    if record_id is not None:
        query = query.where(Case.record_id == record_id)
    if text:
        query = query.where(
            or_(
                Case.title.icontains(text, autoescape=True),
                Case.number.icontains(text, autoescape=True),
                Record.number.icontains(text, autoescape=True),
            )
        )
    if before is not None:
        query = query.where(Case.id < before)
    rows = session.execute(query.order_by(Case.id.desc()).limit(limit + 1)).all()
    lines = [CaseLine(*row) for row in rows[:limit]]
    return lines, lines[-1].id if len(rows) > limit else None
