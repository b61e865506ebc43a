"""Scenarios: what a process owner promises of a diagram, read from YAML in plain words."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.errors import Problem, Refused

UNITS = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
WAIT = re.compile(r"(?P<count>\d+) (?P<working>working )?(?P<unit>minute|hour|day|week)s?")


class Strict(BaseModel):
    """Unknown keys are refused: a misspelt expectation would otherwise hold for ever."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)


class Wait(Strict):
    """A span of time: `5 working days`, `3 hours`, `20 minutes`."""

    count: int
    unit: Literal["minute", "hour", "day", "week"]
    working: bool = False

    @classmethod
    def read(cls, value: Any) -> Any:
        """Read the words of a scenario.

        Raises:
            ValueError: they are no span of time.
        """
        found = WAIT.fullmatch(str(value).strip())
        if not found:
            raise ValueError(f"'{value}' is no span of time; write for example '5 working days' or '3 hours'")
        if found["working"] and found["unit"] not in ("hour", "day"):
            raise ValueError("working time is counted in hours or days")
        return {"count": int(found["count"]), "unit": found["unit"], "working": bool(found["working"])}


class Given(Strict):
    """Where the scenario begins: the simulated time and the calendar that rules it."""

    calendar: str = "office"
    now: datetime = datetime.fromisoformat("2026-03-02T09:00+01:00")

    @model_validator(mode="after")
    def _aware(self) -> "Given":
        if self.now.tzinfo is None:
            raise ValueError("'now' needs a time zone, for example 2026-03-06T16:50+01:00")
        return self


class Start(Strict):
    """Somebody starts the case with answers to its start form; `diagram` is another one than that of the scenario."""

    by: str
    diagram: str = ""
    answers: dict[str, Any] = Field(default_factory=dict, alias="with")


class Clock(Strict):
    """What a target clock shows: its state, when it is due, working minutes used, whether the target was missed."""

    state: Literal["running", "paused", "stopped"] | None = None
    due: datetime | None = None
    used: int | None = None
    missed: bool | None = None


class Expect(Strict):
    """What must be true now.

    `record` are values of the case's record, `sent` the templates of messages to people since the last such look,
    `messages` the names of messages to other cases since then, `tasks` the elements that people may work on,
    `waits` the elements of timers and messages that are waited for, `case` values of the case, `clocks` what the target
    clocks of its record show (`resolution`, or `ola resolution` beside it), `linked` the kinds of the records that are
    linked with it.
    """

    record: dict[str, Any] = Field(default_factory=dict)
    case: dict[str, Any] = Field(default_factory=dict)
    sent: list[str] | None = None
    messages: list[str] | None = None
    tasks: list[str] | None = None
    waits: list[str] | None = None
    clocks: dict[str, Clock] = Field(default_factory=dict)
    linked: list[str] | None = None


class SendMessage(Strict):
    """A message from outside or from another case."""

    name: str
    key: str = ""
    payload: dict[str, Any] = Field(default_factory=dict)


class Scheduled(Strict):
    """Time passes until the scenario's diagram is due next, which starts so many cases.

    The scenario goes on in the newest of them, or in the one `about` the record of this title; without any, in the case
    it was in.
    """

    cases: int = 1
    about: str = ""


class Switch(Strict):
    """Go on in another case: the newest one of this diagram."""

    diagram: str


class Step(Strict):
    """One line of a scenario; exactly one of `start`, `scheduled`, `task`, `expect`, `wait`, `message`, `in` says what
    it is.
    """

    start: Start | None = None
    scheduled: Scheduled | None = None
    task: str | None = None
    by: str | None = None
    sees: dict[str, Any] = Field(default_factory=dict)
    fills: dict[str, Any] = Field(default_factory=dict)
    refused: str | None = None
    expect: Expect | None = None
    wait: Annotated[Wait, BeforeValidator(Wait.read)] | None = None
    message: SendMessage | None = None
    switch: Switch | None = Field(default=None, alias="in")

    @model_validator(mode="after")
    def _one_kind(self) -> "Step":
        kinds = ("start", "scheduled", "task", "expect", "wait", "message", "switch")
        given = [name for name in kinds if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError("a step is one of start, scheduled, task, expect, wait, message, in")
        if given[0] == "task" and not self.by:
            raise ValueError(f"task '{self.task}' needs 'by': who completes it")
        if given[0] != "task" and (self.by or self.sees or self.fills):
            raise ValueError("by, sees and fills belong to a task")
        return self


class Ends(Strict):
    """How the case ends: the end event, values of its record and of the case."""

    at: str | None = None
    status: Literal["completed", "cancelled", "running", "stuck"] = "completed"
    record: dict[str, Any] = Field(default_factory=dict)


class Scenario(Strict):
    """One story of one case."""

    scenario: str
    diagram: str
    given: Given = Given()
    steps: list[Step] = Field(min_length=1)
    ends: Ends = Ends()
    file: str = ""


def load_scenario(path: Path) -> Scenario:
    """Read a scenario file.

    Raises:
        Refused: it is no YAML, or a key or value is not known; each problem names its place.
    """
    name = str(path)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 0
        raise Refused([Problem("scenario-yaml", f"This is no YAML: {error}", file=name, line=line)]) from None
    if not isinstance(document, dict):
        raise Refused([Problem("scenario-shape", "A scenario is a list of keys and values.", file=name)])
    try:
        return Scenario.model_validate({**document, "file": name})
    except ValidationError as error:
        raise Refused([
            Problem(
                "scenario-shape",
                f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}",
                "The keys of a scenario stand in docs/scenarios.md.",
                file=name,
            )
            for detail in error.errors()
        ]) from None  # fmt: skip


def find_scenarios(home: Path) -> Iterator[Path]:
    """Yield the scenario files below `home/bpmn`, in a stable order; a single file is yielded as it is."""
    if home.is_file():
        yield home
        return
    yield from sorted(home.glob("**/scenarios/*.yaml"))
