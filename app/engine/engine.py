"""The engine with everything that it needs; the one door to running cases for pages, API, jobs and the clock."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.engine.ports import (
    Actor,
    AttachFiles,
    CaseTime,
    Clockwork,
    Directory,
    FormLists,
    Journal,
    RecordWriter,
    TellOfTask,
)
from app.forms import ReferenceCheck
from app.jobs.queue import Queue
from app.operations import Registry
from app.processes.library import Library


class Limits(Protocol):
    """The settings that bound a step."""

    @property
    def step_limit(self) -> int: ...

    @property
    def step_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts that running a case takes; made once in `app.bootstrap`.

    `clockworks` are what else the time brings about; they tick with timers and notices.
    """

    database: Database
    settings: Limits
    library: Library
    registry: Registry
    queue: Queue
    records: RecordWriter
    directory: Directory
    journal: Journal
    working_time: Callable[[Session, Callable[[], int | None]], CaseTime]
    reference_check: Callable[[Session, Actor | None, int | None], ReferenceCheck]
    attach_files: AttachFiles
    tell_of_task: TellOfTask
    lists: FormLists
    clockworks: list[Clockwork] = field(default_factory=list)

    def register_jobs(self) -> None:
        """Tell the queue which jobs the engine carries out."""
        from app.engine import background, delivery

        def operation(arguments: dict[str, Any], attempt: int) -> None:
            background.carry_out(self, arguments, attempt)

        def operation_given_up(arguments: dict[str, Any], error: str) -> None:
            background.give_up(self, arguments, error)

        def answer(arguments: dict[str, Any], attempt: int) -> None:
            background.take_answer(self, arguments)

        def deliver(arguments: dict[str, Any], attempt: int) -> None:
            delivery.deliver(self, int(arguments["message_id"]), until=arguments.get("until"))

        def deliver_kept(arguments: dict[str, Any], attempt: int) -> None:
            delivery.deliver_kept(self, arguments["message_id"], arguments["case_id"], arguments["engine_id"])

        def match(arguments: dict[str, Any], attempt: int) -> None:
            delivery.match(self, int(arguments["case_id"]))

        self.queue.register("engine.operation", operation, on_give_up=operation_given_up)
        self.queue.register("engine.answer", answer)
        self.queue.register("engine.deliver", deliver)
        self.queue.register("engine.deliver_kept", deliver_kept)
        self.queue.register("engine.match", match)
