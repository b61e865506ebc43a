"""The people whom these tests are about."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy.orm import Session

import app.engine.records  # noqa: F401 - files point to tasks, notifications to cases
from app.domain.operations import groups
from app.domain.people.accounts import create_person
from app.domain.people.records import Person, Team
from app.domain.record_kinds import KINDS
from app.domain.records.writer import Records
from app.operations import OperationContext, Registry
from tests.sent import sent

MakePerson = Callable[..., Person]
MakeTeam = Callable[..., Team]
MakeRecord = Callable[..., int]
CallOperation = Callable[..., Any]


@pytest.fixture
def person(session: Session) -> MakePerson:
    """Make a person from a name; the login follows from it."""

    def make(name: str, **details: object) -> Person:
        login = name.lower().replace(" ", ".")
        return create_person(session, login=login, name=name, **details)  # type: ignore[arg-type]

    return make


@pytest.fixture
def team(session: Session) -> MakeTeam:
    """Make a team from a key."""

    def make(key: str, *, level: int | None = None) -> Team:
        team = Team(key=key, name=key.replace("_", " ").capitalize(), level=level)
        session.add(team)
        session.flush()
        return team

    return make


@pytest.fixture
def anna(person: MakePerson) -> Person:
    """Anna Novak works at the service desk."""
    return person("Anna Novak", email="anna.novak@example.org")


@pytest.fixture
def chiara(person: MakePerson) -> Person:
    """Chiara Ricci uses services and reports when they fail."""
    return person("Chiara Ricci", email="chiara.ricci@example.org", department="Marine biology")


@pytest.fixture
def ben(person: MakePerson) -> Person:
    """Ben Osei looks after the network."""
    return person("Ben Osei", email="ben.osei@example.org")


@pytest.fixture
def records() -> Records:
    """The writer of records, as the product uses it."""
    return Records(KINDS)


@pytest.fixture
def make(session: Session, records: Records) -> MakeRecord:
    """Create a record of a kind and return its id."""

    def create(kind: str, title: str, *, requester: Person | None = None, **values: object) -> int:
        record_id, _ = records.create(
            session, kind, title=title, requester_id=requester.id if requester else None, owner_id=None,
            values=values, actor_id=None, case_id=None, element="start",
        )  # fmt: skip
        return record_id

    return create


@pytest.fixture
def statements(session: Session) -> Iterator[list[str]]:
    """The SQL statements that went to the database since the test began, savepoints left out."""
    with sent(session.connection().engine) as texts:
        yield texts


@pytest.fixture
def call(session: Session) -> CallOperation:
    """Carry out an operation by name, as a step does for a case's record; lines for the case's journal are kept."""
    registry = Registry(*groups())
    lines: list[tuple[str, Any, Any]] = []

    def carry_out(
        name: str, record_id: int | None = None, *, actor: Person | None = None, requester: Person | None = None,
        **parameters: Any,
    ) -> Any:  # fmt: skip
        context = OperationContext(
            session=session, case_id=17, case_number="C-2026-000017", diagram="incident", element="step",
            record_id=record_id, actor_id=actor.id if actor else None,
            requester_id=requester.id if requester else None, key="17:step:1", data={},
            send=lambda *message, **more: None,
            journal=lambda event, data=None, payload=None: lines.append((event, data, payload)),
        )  # fmt: skip
        with session.begin_nested():
            return registry.get(name).call(context, parameters)

    carry_out.lines = lines  # type: ignore[attr-defined]
    return carry_out
