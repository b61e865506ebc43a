"""Fills an empty database with the demo organisation and lets it live through a few incidents, in simulated time."""

from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.bootstrap import Parts
from app.domain.demo import REPORTS, Sample, SampleStep, filled, make_organisation
from app.domain.people import identity
from app.domain.people.identity import Identity
from app.domain.people.records import Person
from app.engine import commands, prefill
from app.engine.records import Task
from app.jobs.runner import carry_out_due

# Roles have to be older than the oldest case in which somebody acts.
BEFORE = timedelta(days=30)


def make_demo(parts: Parts) -> bool:
    """Make the organisation and its history, if there is nobody yet; tell whether the database was empty."""
    now = clock.now()
    with clock.at(now - BEFORE), parts.database.transaction() as session:
        if not make_organisation(session):
            return False
    for sample in sorted(REPORTS, key=lambda sample: -sample.hours_ago):
        with clock.at(now - timedelta(hours=sample.hours_ago)):
            play(parts, sample)
    return True


def play(parts: Parts, sample: Sample) -> int:
    """Report one incident and carry out its steps; returns the case's id.

    Raises:
        LookupError: a person, service or open task that the sample names is not there.
    """
    with parts.database.transaction() as session:
        reporter = person(session, sample.by)
        outcome = commands.start_case(parts.engine, session, "incident", reporter, filled(session, sample.report))
        case_id = outcome.case.id
    carry_out_due(parts.queue, parts.database)
    for step in sample.steps:
        clock.advance(timedelta(minutes=step.minutes))
        complete(parts, case_id, step)
        carry_out_due(parts.queue, parts.database)
    return case_id


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
