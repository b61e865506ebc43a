"""A stage for whole cases: an empty database, people with roles, small diagrams and forms, the real engine."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from lxml import etree
from sqlalchemy import func, select

from app import clock
from app.bootstrap import Parts, build
from app.domain.journal.records import JournalEntry, JournalPayload
from app.domain.people import accounts, directory, identity, tokens
from app.domain.people.identity import Identity
from app.domain.people.records import Team
from app.engine import background, commands
from app.engine.records import Case, Task
from app.engine.step import Outcome
from app.jobs.runner import carry_out_due
from app.main import create_app
from app.operations import OperationContext, OperationGroup
from app.processes.publish import Published, publish
from app.processes.sources import Source
from app.settings import Settings
from tests.engine.drawings import BPMN, SPIFF, extensions

DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
STAFF, MANAGER, OWNER = (f"incidents.process_{step}" for step in ("staff", "manager", "owner"))
PEOPLE: dict[str, tuple[str, ...]] = {
    "Anna Novak": (STAFF,),
    "Ben Osei": (STAFF,),
    "Ines Duarte": (MANAGER,),
    "Chiara Ricci": (),
    "Sofia Lindqvist": ("changes.process_staff",),
    "Paul Okafor": ("management.auditor",),
    "Marek Dvorak": ("administrator",),
}
TEAMS = {"network": ("Sofia Lindqvist",)}
# Numbers of cases and records carry it.
YEAR = clock.now().year
NOT_DRAWN = frozenset(["extensionElements", "ioSpecification", "laneSet", "documentation", "sequenceFlow"])


# Diagrams, forms, decisions -----------------------------------------------------------------------------------------


def draw(
    key: str,
    body: str,
    *,
    lane: str = STAFF,
    lanes: dict[str, str] | None = None,
    beside: str = "",
    inputs: str | None = None,
    outputs: str = "",
    **properties: str,
) -> Source:
    """Return a diagram that can be published; `body` as `tests.engine.drawings` writes it.

    `lanes` maps roles to the elements (with blanks between) that do not lie in `lane`; `inputs` and `outputs` make it
    callable.
    """
    properties = {"area": "incidents", "owner_role": OWNER, "start_roles": "shared.anyone", **properties}
    io = ""
    if inputs is not None:
        parts = [f'<dataInput id="{name}"/>' for name in inputs.split()]
        parts += [f'<dataOutput id="{name}"/>' for name in outputs.split()]
        io = f"<ioSpecification>{''.join(parts)}</ioSpecification>"
    nodes = [str(node.get("id")) for node in etree.fromstring(f'<x xmlns="{BPMN}" xmlns:sw="{SPIFF}">{body}</x>')
             if etree.QName(node).localname not in NOT_DRAWN]  # fmt: skip
    placed = {name: role for role, names in (lanes or {}).items() for name in names.split()}
    laned: dict[str, list[str]] = {}
    for name in nodes:
        laned.setdefault(placed.get(name, lane), []).append(name)
    lane_set = "".join(
        f'<lane id="lane_{number}" name="{role}">{extensions(role=role)}'
        + "".join(f"<flowNodeRef>{name}</flowNodeRef>" for name in names)
        + "</lane>"
        for number, (role, names) in enumerate(laned.items())
    )
    text = (
        f'<definitions xmlns="{BPMN}" xmlns:sw="{SPIFF}" xmlns:bpmndi="{DI}" xmlns:dc="{DC}" id="definitions" '
        f'targetNamespace="t">{beside}<process id="{key}" name="{key.replace("_", " ").capitalize()}" '
        f'isExecutable="true">{extensions(**properties)}{io}<laneSet id="lanes">{lane_set}</laneSet>{body}</process>'
        "</definitions>"
    )
    root = etree.fromstring(text)
    _add_shapes(root)
    return Source("diagram", key, f"bpmn/{properties['area']}/{key}.bpmn", etree.tostring(root))


def _add_shapes(root: etree._Element) -> None:
    plane = etree.SubElement(etree.SubElement(root, f"{{{DI}}}BPMNDiagram"), f"{{{DI}}}BPMNPlane")
    process = root.find(f"{{{BPMN}}}process")
    assert process is not None
    for node in process.iter(f"{{{BPMN}}}*"):
        kind, name = etree.QName(node).localname, node.get("id")
        if name is None or kind in ("process", "laneSet", "dataInput", "dataOutput") or "Definition" in kind:
            continue
        tag = "BPMNEdge" if kind == "sequenceFlow" else "BPMNShape"
        etree.SubElement(plane, f"{{{DI}}}{tag}", id=f"{name}_di", bpmnElement=name)


def form(name: str, *fields: dict[str, Any], area: str = "incidents") -> Source:
    """Return a form; `text("title")` and `ask("number", "cost")` write its fields."""
    content = {"type": "default", "id": name, "title": name.capitalize(), "components": list(fields)}
    return Source("form", f"{area}/{name}", f"forms/{area}/{name}.form", json.dumps(content).encode())


def ask(kind: str, key: str, *, required: bool = False, variable: str = "", **more: Any) -> dict[str, Any]:
    """Return one field of a form."""
    field_: dict[str, Any] = {"type": kind, "key": key, "label": key.replace("_", " ").capitalize(), **more}
    if required:
        field_["validate"] = {"required": True}
    if variable:
        field_["properties"] = {"variable": variable}
    return field_


def text(key: str, **more: Any) -> dict[str, Any]:
    """Return a text field; its value also goes to the case unless `variable` says otherwise."""
    return ask("textfield", key, **{"variable": key, **more})


def decision(key: str, rows: dict[str, str], *, given: str = "level", gives: str = "answer") -> Source:
    """Return a decision table with one text input and one text output."""
    rules = "".join(
        f'<rule id="r{place}"><inputEntry id="i{place}"><text>{escape(cell)}</text></inputEntry>'
        f'<outputEntry id="o{place}"><text>"{value}"</text></outputEntry></rule>'
        for place, (cell, value) in enumerate(rows.items())
    )
    xml = (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="t">'
        f'<decision id="{key}" name="{key.capitalize()}"><decisionTable id="t" hitPolicy="UNIQUE">'
        f'<input id="in" label="{given}"><inputExpression id="ie" typeRef="string"><text>{given}</text>'
        f'</inputExpression></input><output id="out" name="{gives}" typeRef="string"/>{rules}'
        "</decisionTable></decision></definitions>"
    )
    return Source("decision", key, f"bpmn/incidents/{key}.dmn", xml.encode())


# Operations that a test decides about --------------------------------------------------------------------------------

Act = Callable[[OperationContext], Any]


def probes(acts: dict[str, Act]) -> OperationGroup:
    """Return operations that do what the test has put into `acts` under their name."""
    group = OperationGroup("probe")

    @group.operation("act", title="Do what the test says")
    def act(context: OperationContext, name: str = "act") -> Any:
        """Do it in the step."""
        return acts[name](context)

    @group.operation("act_outside", title="Do what the test says, outside", runs="after_commit")
    def act_outside(context: OperationContext, name: str = "act") -> Any:
        """Do it in a job."""
        return acts[name](context)

    return group


# The stage -----------------------------------------------------------------------------------------------------------


@dataclass
class Stage:
    """Parts and people of one test; `acts` is what the probes do."""

    parts: Parts
    people: dict[str, int] = field(default_factory=dict)
    acts: dict[str, Act] = field(default_factory=dict)

    def publish(self, *sources: Source) -> list[Published]:
        """Publish files, linter and all."""
        with self.parts.database.transaction() as session:
            return publish(session, self.parts.library, sources, parser=self.parts.parser, registry=self.parts.registry)

    def who(self, name: str) -> Identity:
        """A person with the roles they hold now."""
        with self.parts.database.transaction() as session:
            found = identity.of_person(session, self.people[name])
        assert found is not None
        return found

    def give_role(self, name: str, role: str) -> None:
        """Give a person a role."""
        with self.parts.database.transaction() as session:
            directory.assign_role(session, role, person_id=self.people[name])

    def start(self, diagram: str = "walk", by: str | None = "Anna Novak", values: Any = None, **more: Any) -> int:
        """Start a case and return its id."""
        actor = self.who(by) if by else None
        with self.parts.database.transaction() as session:
            return commands.start_case(self.parts.engine, session, diagram, actor, values or {}, **more).case.id

    def complete(
        self, task: int | str, by: str = "Anna Novak", version: int | None = None, /, **values: Any
    ) -> Outcome:
        """Complete a task by its id or by the name of its element."""
        actor = self.who(by)
        task_id = task if isinstance(task, int) else self.task(task).id
        with self.parts.database.transaction() as session:
            return commands.complete(self.parts.engine, session, task_id, actor, values, version=version)

    def on_task(self, command: Callable[..., Task], task: int | str, by: str, *rest: Any) -> Task:
        """Claim, release, reassign a task or save a draft of it."""
        actor = self.who(by)
        task_id = task if isinstance(task, int) else self.task(task).id
        with self.parts.database.transaction() as session:
            return command(self.parts.engine, session, task_id, actor, *rest)

    def mend(self, command: Callable[..., Outcome], case_id: int, by: str, *rest: Any) -> Outcome:
        """Retry, skip, edit or cancel a case."""
        actor = self.who(by)
        with self.parts.database.transaction() as session:
            return command(self.parts.engine, session, case_id, actor, *rest)

    def work(self) -> int:
        """Carry out jobs and fire timers until nothing is due; returns how many timers fired."""
        fired = 0
        while True:
            carry_out_due(self.parts.queue, self.parts.database)
            if not background.fire_due(self.parts.engine):
                return fired
            fired += 1

    # What there is --------------------------------------------------------------------------------------------------

    def task(self, element: str, status: str = "open") -> Task:
        """The newest task of an element."""
        found = [task for task in self.tasks(status) if task.element == element]
        assert found, f"no {status} task {element}"
        return found[-1]

    def tasks(self, status: str = "open", case_id: int | None = None) -> list[Task]:
        """Tasks of all cases or of one."""
        found = self.rows(Task, Task.status == status)
        return [task for task in found if case_id is None or task.case_id == case_id]

    def open(self, case_id: int | None = None) -> list[str]:
        """Elements of the open tasks."""
        return [task.element for task in self.tasks("open", case_id)]

    def case(self, case_id: int) -> Case:
        """A case as it stands."""
        [case] = self.rows(Case, Case.id == case_id)
        return case

    def record(self, case_id: int) -> dict[str, Any]:
        """The record of a case."""
        with self.parts.database.transaction() as session:
            record_id = session.get_one(Case, case_id).record_id
            assert record_id is not None
            return self.parts.records.read(session, self.parts.records.kind_of(session, record_id), record_id)

    def rows(self, model: type[Any], *conditions: Any) -> list[Any]:
        """All rows of a table, oldest first."""
        with self.parts.database.transaction() as session:
            return list(session.scalars(select(model).where(*conditions).order_by(model.id)))

    def count(self, model: type[Any]) -> int:
        """How many rows a table has."""
        with self.parts.database.transaction() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0

    def events(self, case_id: int) -> list[str]:
        """What the journal of a case says, as `event@element`; the chain must be sound."""
        with self.parts.database.transaction() as session:
            case = session.get_one(Case, case_id)
            verdict = self.parts.journal.verify(session, f"case:{case_id}", head=case.journal_head)
            assert verdict.sound, verdict
            assert verdict.length == case.journal_length
            lines = session.scalars(
                select(JournalEntry).where(JournalEntry.chain == f"case:{case_id}").order_by(JournalEntry.position)
            )
            return [f"{line.event}@{line.element}" if line.element else line.event for line in lines]

    def payload(self, case_id: int, event: str) -> dict[str, Any]:
        """The payload of the newest line of that event in a case's journal."""
        same = (JournalPayload.chain == JournalEntry.chain) & (JournalPayload.position == JournalEntry.position)
        with self.parts.database.transaction() as session:
            found = session.scalars(
                select(JournalPayload.content)
                .join(JournalEntry, same)
                .where(JournalEntry.chain == f"case:{case_id}", JournalEntry.event == event)
                .order_by(JournalEntry.position.desc())
            ).first()
        assert found is not None, event
        return found

    def api(self, name: str) -> TestClient:
        """A client with a token of this person."""
        with self.parts.database.transaction() as session:
            token = tokens.create_token(session, self.people[name], "test").token
        return self.visitor(token)

    def visitor(self, token: str = "") -> TestClient:
        """A client with any token, or none."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False)

    @cached_property
    def app(self) -> FastAPI:
        """The web application on these parts."""
        return create_app(self.parts)


def bare_stage(database_url: str, folder: Path, **settings: Any) -> Stage:
    """Build the parts, without people."""
    parts = build(Settings(var=folder, secret_key="a test's own", **settings), database_url)
    stage = Stage(parts)
    parts.registry.add(probes(stage.acts))
    return stage


def make_stage(database_url: str, folder: Path, **settings: Any) -> Stage:
    """Build the parts on an empty database and let people in."""
    stage = bare_stage(database_url, folder, **settings)
    # Long ago, so that simulated time finds them there.
    with clock.at(datetime(2020, 1, 1, tzinfo=UTC)), stage.parts.database.transaction() as session:
        for name, roles in PEOPLE.items():
            login = name.lower().replace(" ", ".")
            person = accounts.create_person(
                session, login=login, name=name, email=f"{login}@example.org", administrator="administrator" in roles
            )
            stage.people[name] = person.id
            for role in set(roles) - {"administrator"}:
                directory.assign_role(session, role, person_id=person.id)
        for key, members in TEAMS.items():
            team = Team(key=key, name=key.capitalize(), level=2)
            session.add(team)
            session.flush()
            for member in members:
                directory.join_team(session, team.id, stage.people[member])
    return stage
