"""Fills an empty database with the demo organisation and lets it live through its cases, in simulated time."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.bootstrap import Parts, build
from app.domain.configuration import changing
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import Configuration, ruled
from app.domain.demo import PROVIDER, REPORTS, Sample, SampleStep, filled, make_organisation, orders
from app.domain.demo.history import Told, history
from app.domain.people import identity
from app.domain.people.identity import Identity
from app.domain.people.records import Person
from app.engine import commands, prefill
from app.engine.background import fire_due, next_due
from app.engine.records import Case, Task
from app.jobs import attempt
from app.jobs.runner import carry_out_due

# Roles have to be older than the oldest case in which somebody acts.
BEFORE = timedelta(days=30)
MOST_TIMERS = 200
# Nobody listens there: what is to be mailed is refused at once, tried again, and given up in the end.
SILENT = "smtp://127.0.0.1:9"
MOST_RETRIES, RETRIED_WITHIN = 20, timedelta(minutes=30)


def make_demo(parts: Parts) -> bool:
    """Make the organisation and its history, if there is nobody yet; tell whether the database was empty.

    All of it is one transaction: workers that run meanwhile see it when it is done, and do nothing twice.

    Args:
        parts: those of this process; the setting `demo_days` says how far its history goes back.
    """
    with parts.database.as_one() as database:
        made = _make_all(build(parts.settings, database=database, say=parts.say))
    parts.configuration.look_again()
    return made


def _make_all(parts: Parts) -> bool:
    now, days = clock.now(), parts.settings.demo_days
    with clock.at(now - BEFORE - timedelta(days=days)), parts.database.transaction() as session:
        if not make_organisation(session):
            return False
        _set(session, parts.configuration)
    if days:
        # The past first, in the order in which it happened, so that numbers grow with time.
        with clock.at(now - timedelta(days=days)):
            _live(parts, history(now, days), now)
    for sample in sorted((*REPORTS, *orders()), key=lambda sample: -sample.hours_ago):
        with clock.at(now - timedelta(hours=sample.hours_ago)):
            play(parts, sample)
    return True


def _set(session: Session, configuration: Configuration) -> None:
    given = {"organisation": PROVIDER, "demo": "1"}
    given = {key: value for key, value in given.items() if not ruled(configuration.settings, ITEMS[key])}
    changing.change(session, configuration, given, actor_id=None)


def _live(parts: Parts, told: list[Told], end: datetime) -> None:
    """Let everything happen when it did; what the clock brings about in between happens, too."""
    cases: dict[int, int] = {}
    for event in told:
        _pass_time(parts, event.at)
        if event.step is None:
            cases[event.story] = _start(parts, event.sample)
        elif by := _whose(parts, cases[event.story], event.step):
            complete(parts, cases[event.story], replace(event.step, by=by))
        carry_out_due(parts.queue, parts.database)
    _pass_time(parts, end)


def _pass_time(parts: Parts, until: datetime) -> None:
    for moment in _alarms(parts, until):
        if moment > clock.now():
            clock.set_to(moment)
        for _ in range(MOST_TIMERS):
            if not fire_due(parts.engine):
                break
            carry_out_due(parts.queue, parts.database)
    clock.set_to(max(until, clock.now()))


def _alarms(parts: Parts, until: datetime) -> Iterator[datetime]:
    """Yield the moments at which something becomes due, each once; firing one may bring new ones."""
    last: datetime | None = None
    for _ in count():
        with parts.database.transaction() as session:
            found = next_due(parts.engine, session, after=last, until=until)
        if found is None:
            return
        last = found
        yield found


def _start(parts: Parts, sample: Sample) -> int:
    with parts.database.transaction() as session:
        reporter = person(session, sample.by)
        return commands.start_case(
            parts.engine, session, sample.diagram, reporter, filled(session, sample.report)
        ).case.id


def _whose(parts: Parts, case_id: int, step: SampleStep) -> str:
    """Return who carries out a step: whoever has the task, else the one who is meant to; nobody if it does not wait."""
    query = (
        select(Person.login)
        .select_from(Task)
        .outerjoin(Person, Person.id == Task.assignee_id)
        .where(Task.case_id == case_id, Task.element == step.task, Task.status == "open")
    )
    with parts.database.transaction() as session:
        found = session.execute(query).first()
    return (found.login or step.by) if found is not None else ""


def play(parts: Parts, sample: Sample) -> int:
    """Start one case and carry out its steps; returns the case's id.

    Raises:
        LookupError: a person, service or open task that the sample names is not there.
    """
    case_id = _start(parts, sample)
    carry_out_due(parts.queue, parts.database)
    for step in sample.steps:
        clock.advance(timedelta(minutes=step.minutes))
        complete(parts, case_id, step)
        if sample.mail_fails and step is sample.steps[-1]:
            _wait_in_vain(parts, case_id)
        carry_out_due(parts.queue, parts.database)
    return case_id


def _wait_in_vain(parts: Parts, case_id: int) -> None:
    """Let a mail server that does not answer be tried until the case is stuck."""
    settings = parts.settings.model_copy(update={"mail_url": SILENT})
    silent = build(settings, database=parts.database, say=parts.say)
    with _unheard():
        for _ in range(MOST_RETRIES):
            carry_out_due(silent.queue, silent.database)
            with parts.database.transaction() as session:
                if session.get_one(Case, case_id).status == "stuck":
                    return
            clock.advance(RETRIED_WITHIN)


@contextmanager
def _unheard() -> Iterator[None]:
    """Keep failures that are made on purpose out of the log: who starts the demo would take them for real ones."""
    log = logging.getLogger(attempt.__name__)
    log.disabled = True
    try:
        yield
    finally:
        log.disabled = False


def complete(parts: Parts, case_id: int, step: SampleStep) -> None:
    """Complete one task of a case as somebody.

    Raises:
        LookupError: there is no such open task.
    """
    with parts.database.transaction() as session:
        actor = person(session, step.by)
        task = session.scalar(
            select(Task).where(Task.case_id == case_id, Task.element == step.task, Task.status == "open")
        )
        if task is None:
            raise LookupError(f"no open task {step.task} in case {case_id}")
        values = prefill.values_for(parts.engine, session, task) | filled(session, step.fills)
        commands.complete(parts.engine, session, task.id, actor, values)


def person(session: Session, login: str) -> Identity:
    """Return the identity behind a login.

    Raises:
        LookupError: there is none.
    """
    person_id = session.scalar(select(Person.id).where(func.lower(Person.login) == login))
    found = identity.of_person(session, person_id) if person_id is not None else None
    if found is None:
        raise LookupError(f"no person signs in as {login}")
    return found
