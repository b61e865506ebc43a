"""The shapes of what the API takes and gives; times are UTC, ids are opaque strings."""

from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from app.engine.records import Case, Task
from app.web.api.values import Text, Values
from app.web.i18n import tell

Item = TypeVar("Item")


class Body(BaseModel):
    """What a client sends: unknown keys and other types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class StartBody(Body):
    """Answers to the start form, and the record that the case is about, if there is one already."""

    values: Values = Field(default_factory=dict)
    record: Text | None = Field(None, max_length=50, description="Number of an existing record (`INC-2026-0042`).")


class CompleteBody(Body):
    """Answers to the task's form, and the version of the task that they answer."""

    values: Values = Field(default_factory=dict)
    version: int | None = Field(None, description="As `GET /tasks/{id}` gave it; a different one now is a conflict.")


class PutOffBody(Body):
    """Until when a task is put off; null takes it back."""

    # Times come as texts, which strict checks would refuse.
    until: AwareDatetime | None = Field(strict=False)


class ReasonBody(Body):
    """Why somebody does it; the reason stands in the journal of what it concerns."""

    reason: Text = Field(max_length=2000)


class MendBody(ReasonBody):
    """Why the data of a case are changed, and what they become; names that are not given stay as they are."""

    data: Values


class MessageBody(Body):
    """A message for cases that wait for it, or for diagrams that it starts."""

    key: Text = Field("", max_length=200)
    payload: Values = Field(default_factory=dict)
    broadcast: bool = False


class Problem(BaseModel):
    """Why a request was not carried out (RFC 9457); `fields` maps the names of inputs to their messages."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    code: str = ""
    fields: dict[str, list[str]] = Field(default_factory=dict)


class MessageOut(BaseModel):
    """A message that was put into the mailbox."""

    id: str


class DiagramOut(BaseModel):
    """A published diagram."""

    key: str
    name: str
    area: str
    blueprint: str
    version: int
    startable: bool
    purpose: str


class CaseOut(BaseModel):
    """A case."""

    number: str
    title: str
    diagram: str
    diagram_version: int
    area: str
    status: str
    record: str | None
    started_at: datetime
    ended_at: datetime | None
    end_event: str | None
    stuck: dict[str, str | None] | None

    @classmethod
    def of(cls, case: Case, record: str | None) -> "CaseOut":
        """Show a case."""
        stuck = None
        if case.status == "stuck":
            stuck = {"element": case.stuck_element, "message": tell(case.stuck_message or "")}
        return cls(
            number=case.number, title=case.title, diagram=case.diagram, diagram_version=case.diagram_version,
            area=case.area, status=case.status, record=record, started_at=case.started_at, ended_at=case.ended_at,
            end_event=case.end_event, stuck=stuck,
        )  # fmt: skip


class KeptOut(BaseModel):
    """What is kept for a stuck case: tried again or delivered by itself once the case is mended."""

    kind: str = Field(description="`timer`, `answer` (of an operation) or `message`.")
    element: str
    message: str | None = Field(description="Name of the message.")
    at: datetime = Field(description="When the message was sent; of all else when it failed.")
    failed: bool = Field(description="Its step could not be stored; otherwise it came while the case was stuck.")
    text: str = Field(description="What it is and what happens to it, in words.")


class CaseDetailOut(CaseOut):
    """A case with what is kept for it; only those who work in its process or on it see that."""

    kept: list[KeptOut]
    remedies: list[str] = Field(
        description="What you may do to mend it now: `retry`, `data`, `skip`, `cancel`; none without the right."
    )


class TaskOut(BaseModel):
    """A task."""

    id: str
    case: str
    name: str
    element: str
    status: str
    role: str
    assignee: str | None
    escalated_to: str | None = Field(description="The role that it was escalated to, or `person:<id>`.")
    due_at: datetime | None
    priority: int
    created_at: datetime
    completed_at: datetime | None
    put_off_until: datetime | None
    version: int

    @classmethod
    def of(cls, task: Task, case: str) -> "TaskOut":
        """Show a task."""
        return cls(
            id=str(task.id), case=case, name=task.name, element=task.element, status=task.status, role=task.role,
            assignee=str(task.assignee_id) if task.assignee_id else None, escalated_to=task.escalated_to,
            due_at=task.due_at, priority=task.priority, created_at=task.created_at,
            completed_at=task.completed_at, put_off_until=task.put_off_until, version=task.version,
        )  # fmt: skip


class TaskDetailOut(TaskOut):
    """A task with its form: the JSON Schema of its answers and the values that it begins with.

    Who may know of the task but has no part in the work sees neither.
    """

    form: dict[str, Any] | None
    values: dict[str, Any]
    guidance: str


class StepOut(BaseModel):
    """What an action led to: the case as it stands now."""

    case: str
    status: str
    record: str | None = None
    new_tasks: list[str] = Field(default_factory=list, description="Ids of the tasks that this step opened.")
    next_task: str | None = Field(None, description="The task that the caller may go on with.")


class JournalOut(BaseModel):
    """One line of a case's journal."""

    position: int
    at: datetime
    event: str
    element: str | None
    actor: str | None
    data: dict[str, Any]
    payload: dict[str, Any] | None
    hash: str


class Page(BaseModel, Generic[Item]):
    """A part of a list; `next` asks for the part behind it (parameter `after`)."""

    items: list[Item]
    next: str | None = None
