"""Runs a scenario on the real engine and a real database, in simulated time."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.bootstrap import Parts
from app.domain.demo import filled
from app.domain.notifications.records import Notification
from app.domain.people import identity
from app.domain.people.identity import Identity
from app.domain.people.records import Person
from app.domain.records.records import Record, RecordLink
from app.domain.service_levels import clocks
from app.engine import background, commands, prefill, reminding
from app.engine.messages import send
from app.engine.records import Case, Message, Subscription, Task, Timer
from app.errors import Invalid, StellwerkError
from app.insight.access import Viewer, is_offered, may_take_over
from app.jobs.runner import carry_out_due
from app.testing.scenario import UNITS, Expect, Scenario, Step, Wait

MOST_TIMERS = 1000


class ScenarioFailed(StellwerkError):
    """A step did not do what the scenario says; names the step, what was expected and what was found."""


@dataclass(slots=True)
class Outcome:
    """What a run showed: the case it ended with and the elements it went through, oldest first."""

    case_id: int | None = None
    path: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Runner:
    """One run of one scenario."""

    parts: Parts
    scenario: Scenario
    outcome: Outcome = field(default_factory=Outcome)
    _seen_notifications: int = 0
    _seen_messages: int = 0
    _scheduling: bool = False

    def run(self) -> Outcome:
        """Carry out all steps.

        Raises:
            ScenarioFailed: names the step (counted from 1), what was expected and what was found.
        """
        with clock.at(self.scenario.given.now):
            self._look_ahead()
            for number, step in enumerate(self.scenario.steps, 1):
                try:
                    self._carry_out(step)
                except ScenarioFailed as error:
                    raise ScenarioFailed(f"step {number} ({_title(step)}): {error.message}") from error
                except StellwerkError as error:
                    raise ScenarioFailed(f"step {number} ({_title(step)}): {_told(error)}") from error
            self._check_end()
        return self.outcome

    def _look_ahead(self) -> None:
        """Forget what earlier scenarios of the same database sent."""
        with self.parts.database.transaction() as session:
            self._seen_notifications = (
                session.scalar(select(Notification.id).order_by(Notification.id.desc()).limit(1)) or 0
            )
            self._seen_messages = session.scalar(select(Message.id).order_by(Message.id.desc()).limit(1)) or 0

    def _carry_out(self, step: Step) -> None:
        actions: dict[str, Callable[[Step], None]] = {
            "start": self._start,
            "scheduled": self._scheduled,
            "task": self._task,
            "expect": self._expect,
            "wait": self._wait,
            "message": self._message,
            "switch": self._switch,
        }
        for name, action in actions.items():
            if getattr(step, name) is not None:
                action(step)
        self._work()

    def _work(self) -> None:
        """Carry out the jobs and timers that are due now."""
        for _ in range(MOST_TIMERS):
            carry_out_due(self.parts.queue, self.parts.database)
            if not background.fire_due(self.parts.engine):
                return
        raise ScenarioFailed(f"more than {MOST_TIMERS} timers fired at one point in time")

    # Steps -----------------------------------------------------------------------------------------------------

    def _start(self, step: Step) -> None:
        assert step.start is not None
        with self._refusal(step), self.parts.database.transaction() as session:
            actor = self._person(session, step.start.by)
            outcome = commands.start_case(
                self.parts.engine, session, step.start.diagram or self.scenario.diagram, actor,
                filled(session, step.start.answers),
            )  # fmt: skip
            self.outcome.case_id = outcome.case.id

    def _scheduled(self, step: Step) -> None:
        """Let time pass until the diagram's schedule is due, and let it fire as the worker would."""
        assert step.scheduled is not None
        wanted, diagram, schedules = step.scheduled, self.scenario.diagram, self.parts.schedules
        with self.parts.database.transaction() as session:
            # The scenario begins with a diagram that has just been published; later steps go on from there.
            due = schedules.next_due(session, diagram) if self._scheduling else schedules.restart(session, diagram)
            last = session.scalar(select(Case.id).order_by(Case.id.desc()).limit(1)) or 0
        self._scheduling = True
        if due is None:
            raise ScenarioFailed(f"'{diagram}' has no schedule that is due some time")
        self._pass_time(max(due, clock.now()))
        while schedules.fire(diagram):
            pass
        with self.parts.database.transaction() as session:
            query = (
                select(Case.id, Record.title)
                .outerjoin(Record, Record.id == Case.record_id)
                .where(Case.diagram == diagram, Case.id > last)
                .order_by(Case.id)
            )
            started = session.execute(query).all()
        if len(started) != wanted.cases:
            found = ", ".join(str(row.title) for row in started) or "none"
            raise ScenarioFailed(f"{len(started)} cases were started on time ({found}), not {wanted.cases}")
        about = [row.id for row in started if wanted.about in ("", row.title)]
        if started and not about:
            raise ScenarioFailed(f"no case about '{wanted.about}' was started")
        self.outcome.case_id = about[-1] if about else self.outcome.case_id

    def _task(self, step: Step) -> None:
        assert step.task is not None and step.by is not None
        with self._refusal(step), self.parts.database.transaction() as session:
            actor = self._person(session, step.by)
            task = self._open_task(session, step.task, actor)
            if may_take_over(Viewer.of(actor), task):
                reminding.take_over(self.parts.engine, session, task.id, actor)
            values = prefill.values_for(self.parts.engine, session, task)
            wrong = _differences(filled(session, step.sees), values)
            if wrong:
                raise ScenarioFailed(f"the form of '{step.task}' shows something else: {wrong}")
            commands.complete(self.parts.engine, session, task.id, actor, values | filled(session, step.fills))

    def _refusal(self, step: Step) -> "_Refusal":
        return _Refusal(step.refused)

    def _open_task(self, session: Session, element: str, actor: Identity) -> Task:
        found = session.scalars(
            select(Task)
            .where(Task.case_id == self.outcome.case_id, Task.element == element, Task.status == "open")
            .order_by(Task.id)
        ).all()
        viewer = Viewer.of(actor)
        theirs = [task for task in found if task.assignee_id == actor.person_id or is_offered(viewer, task)]
        if theirs:
            return theirs[0]
        if found:
            raise ScenarioFailed(f"{actor.name} may not complete '{element}': it is for {found[0].role}")
        open_ = ", ".join(self._open(session)) or "none"
        raise ScenarioFailed(f"no open task '{element}'; open: {open_}{_where_stuck(self._case(session))}")

    def _wait(self, step: Step) -> None:
        assert step.wait is not None
        self._pass_time(self._until(step.wait))

    def _pass_time(self, until: datetime) -> None:
        for _ in range(MOST_TIMERS):
            with self.parts.database.transaction() as session:
                due = background.next_due(self.parts.engine, session, until=until)
            if due is None:
                clock.set_to(until)
                return
            clock.set_to(max(due, clock.now()))
            self._work()
        raise ScenarioFailed(f"more than {MOST_TIMERS} timers fired while waiting")

    def _until(self, wait: Wait) -> datetime:
        if not wait.working:
            return clock.now() + wait.count * UNITS[wait.unit]
        with self.parts.database.transaction() as session:
            working_time = self.parts.engine.working_time(session, lambda: None)
            amount = {"hours" if wait.unit == "hour" else "days": float(wait.count)}
            moment = working_time.add(clock.now(), calendar=self.scenario.given.calendar, **amount)
        # One second more than the promise, so that what is due at its very end has come.
        return moment + timedelta(seconds=1)

    def _message(self, step: Step) -> None:
        assert step.message is not None
        message = step.message
        with self.parts.database.transaction() as session:
            identity_ = f"scenario:{self.outcome.case_id}:{clock.now().isoformat()}:{message.name}:{message.key}"
            send(self.parts.engine, session, message.name, message.key, dict(message.payload), identity=identity_)

    def _switch(self, step: Step) -> None:
        assert step.switch is not None
        with self.parts.database.transaction() as session:
            query = select(Case.id).where(Case.diagram == step.switch.diagram).order_by(Case.id.desc()).limit(1)
            self.outcome.case_id = session.scalar(query)
        if self.outcome.case_id is None:
            raise ScenarioFailed(f"no case of '{step.switch.diagram}' was started")

    # What must be true -----------------------------------------------------------------------------------------

    def _expect(self, step: Step) -> None:
        assert step.expect is not None
        with self.parts.database.transaction() as session:
            self._check(session, step.expect)

    def _check(self, session: Session, expect: Expect) -> None:
        case = self._case(session)
        wrong = []
        if found := _differences(filled(session, expect.record), self._record(session, case)):
            wrong.append(f"record: {found}")
        if found := _differences(expect.case, _facts(case)):
            wrong.append(f"case: {found}")
        if expect.sent is not None:
            rows = session.execute(
                select(Notification.id, Notification.template)
                .where(Notification.id > self._seen_notifications, Notification.case_id == self.outcome.case_id)
                .order_by(Notification.id)
            ).all()
            self._seen_notifications = max([row.id for row in rows], default=self._seen_notifications)
            wrong += _lists("sent", expect.sent, sorted({row.template for row in rows}))
        if expect.messages is not None:
            rows = session.execute(
                select(Message.id, Message.name)
                .where(Message.id > self._seen_messages, Message.sender_case_id == self.outcome.case_id)
                .order_by(Message.id)
            ).all()
            self._seen_messages = max([row.id for row in rows], default=self._seen_messages)
            wrong += _lists("messages", expect.messages, [row.name for row in rows])
        if expect.tasks is not None:
            wrong += _lists("tasks", expect.tasks, self._open(session))
        if expect.waits is not None:
            wrong += _lists("waits", expect.waits, self._waits(session))
        if expect.linked is not None:
            wrong += _lists("linked", expect.linked, self._linked(session, case))
        wrong += self._wrong_clocks(session, case, expect)
        if wrong:
            raise ScenarioFailed("; ".join(wrong))

    def _wrong_clocks(self, session: Session, case: Case, expect: Expect) -> list[str]:
        shown: dict[str, dict[str, Any]] = {}
        for one in clocks.of_record(session, case.record_id) if case.record_id is not None and expect.clocks else []:
            reading = clocks.reading_of(
                clocks.events_of(session, [one.id])[one.id], clocks.terms_of(session, one), clock.now()
            )
            name = one.metric if one.level == "sla" else f"{one.level} {one.metric}"
            used = int(reading.used.total_seconds() // 60) if reading is not None else None
            shown[name] = {"state": one.state, "due": one.due_at, "used": used, "missed": one.breached_at is not None}
        return [
            f"clock {name}: {found}"
            for name, wanted in expect.clocks.items()
            if (found := _differences(wanted.model_dump(exclude_unset=True), shown.get(name, {})))
        ]

    def _linked(self, session: Session, case: Case) -> list[str]:
        outward = select(RecordLink.target_id).where(RecordLink.source_id == case.record_id)
        inward = select(RecordLink.source_id).where(RecordLink.target_id == case.record_id)
        return sorted(session.scalars(select(Record.kind).where(Record.id.in_(outward.union(inward)))))

    def _check_end(self) -> None:
        ends = self.scenario.ends
        with self.parts.database.transaction() as session:
            case = self._case(session)
            problem = _where_stuck(case)
            if case.status != ends.status:
                open_ = f"; open tasks: {self._open(session) or 'none'}, waits: {self._waits(session) or 'none'}"
                raise ScenarioFailed(f"at the end the case is {case.status}{problem}, not {ends.status}{open_}")
            if ends.at is not None and case.end_event != ends.at:
                raise ScenarioFailed(f"the case ended at '{case.end_event}', not at '{ends.at}'")
            if found := _differences(ends.record, self._record(session, case)):
                raise ScenarioFailed(f"at the end, record: {found}")

    # What there is ---------------------------------------------------------------------------------------------

    def _case(self, session: Session) -> Case:
        case = session.get(Case, self.outcome.case_id) if self.outcome.case_id is not None else None
        if case is None:
            raise ScenarioFailed("no case was started yet")
        return case

    def _record(self, session: Session, case: Case) -> dict[str, Any]:
        if case.record_id is None:
            return {}
        kind = self.parts.library.current(session).diagram(case.diagram).meta["record"]
        return self.parts.records.read(session, kind, case.record_id)

    def _open(self, session: Session) -> list[str]:
        query = select(Task.element).where(Task.case_id == self.outcome.case_id, Task.status == "open")
        return sorted(session.scalars(query))

    def _waits(self, session: Session) -> list[str]:
        timers = select(Timer.element).where(Timer.case_id == self.outcome.case_id)
        messages = select(Subscription.element).where(Subscription.case_id == self.outcome.case_id)
        return sorted([*session.scalars(timers), *session.scalars(messages)])

    def _person(self, session: Session, name: str) -> Identity:
        person_id = session.scalar(select(Person.id).where(Person.name == name))
        found = identity.of_person(session, person_id) if person_id is not None else None
        if found is None:
            raise ScenarioFailed(f"there is no person named '{name}'")
        return found


class _Refusal(suppress):
    """Where a scenario says `refused`, the step must fail with an error that holds these words."""

    def __init__(self, words: str | None) -> None:
        super().__init__()
        self._words = words

    def __exit__(self, kind: Any, error: Any, traceback: Any) -> bool:
        if self._words is None:
            return False
        if error is None:
            raise ScenarioFailed(f"this should have been refused with '{self._words}', but went through")
        if not isinstance(error, StellwerkError):
            return False
        if self._words.lower() not in _told(error).lower():
            raise ScenarioFailed(f"refused, but with '{_told(error)}' instead of '{self._words}'") from error
        return True


def _told(error: StellwerkError) -> str:
    if isinstance(error, Invalid) and error.fields:
        return f"{error.message} {error.fields}"
    return error.message


def _where_stuck(case: Case) -> str:
    return f"; stuck at '{case.stuck_element}': {case.stuck_message}" if case.status == "stuck" else ""


def _title(step: Step) -> str:
    if step.task:
        return f"task {step.task} by {step.by}"
    kinds = ("start", "scheduled", "expect", "wait", "message", "switch")
    return next(name for name in kinds if getattr(step, name) is not None)


def _facts(case: Case) -> dict[str, Any]:
    return {"status": case.status, "title": case.title, "stuck_element": case.stuck_element, "number": case.number}


def _differences(expected: dict[str, Any], found: dict[str, Any]) -> str:
    """Say what differs, empty when nothing does; times may be named by their date alone."""
    return ", ".join(
        f"{name} is {found.get(name)!r}, expected {value!r}"
        for name, value in expected.items()
        if found.get(name) != value and str(found.get(name)) != str(value)
    )


def _lists(name: str, expected: list[str], found: list[str]) -> list[str]:
    return [] if sorted(expected) == sorted(found) else [f"{name}: found {found}, expected {expected}"]
