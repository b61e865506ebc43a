"""What completing a task costs in the database: few statements, and exactly one commit."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.bootstrap import Parts, build
from app.database.embedded import Cluster
from app.domain.people import tokens
from app.domain.people.accounts import create_person
from app.domain.people.directory import assign_role, join_team
from app.domain.people.records import Team
from app.main import create_app
from app.processes.publish import publish
from app.settings import Settings
from tests.bench import drawings
from tests.bench.statements import Asked, listening

MOST = 12
"""Statements that completing a task may cost where no operation follows."""


class Desk:
    """Anna Novak at her desk, with the API as her only tool."""

    def __init__(self, cluster: Cluster, parts: Parts, client: TestClient) -> None:
        self.cluster, self.parts, self.client = cluster, parts, client

    def start(self, diagram: str, **values: Any) -> str:
        """Start a case and return the id of its first task."""
        answer = self.client.post(f"/api/v1/diagrams/{diagram}/cases", json={"values": values})
        assert answer.status_code in (200, 201), answer.text
        return str(answer.json()["new_tasks"][0])

    def complete(self, task: str, **values: Any) -> tuple[Asked, str]:
        """Complete a task with what its form shows and these values; return the questions and the task that follows."""
        values = self.client.get(f"/api/v1/tasks/{task}").json()["values"] | values
        with listening(self.cluster, self.parts) as asked:
            answer = self.client.post(f"/api/v1/tasks/{task}/complete", json={"values": values})
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "running"
        return asked, str(answer.json()["next_task"])


@pytest.fixture
def desk(cluster: Cluster, database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Anna Novak works for the service desk; the shipped processes and the measured ones are published."""
    parts = build(Settings(database_url=database_url, var=tmp_path))
    files = [*parts.library.shipped(), *drawings.sources("plain"), *drawings.sources("kept", record="incident")]
    with parts.database.transaction() as session:
        publish(session, parts.library, files, parser=parts.parser, registry=parts.registry)
        anna = create_person(session, login="anna", name="Anna Novak", email="anna@example.org")
        team = Team(key="service_desk", name="Service desk", level=1)
        session.add(team)
        session.flush()
        join_team(session, team.id, anna.id)
        assign_role(session, drawings.ROLE, person_id=anna.id)
        parts.records.create(
            session, "service", title="Storage", requester_id=None, owner_id=None, values={}, actor_id=None,
            case_id=None, element="",
        )  # fmt: skip
        token = tokens.create_token(session, anna.id, "desk").token
    with TestClient(create_app(parts), headers={"authorization": f"Bearer {token}"}) as client:
        yield Desk(cluster, parts, client)
    parts.database.close()


@pytest.mark.parametrize(("diagram", "ordinary"), [("plain", 3), ("kept", 6)])
def test_each_task_of_the_measured_diagrams(desk: Desk, diagram: str, ordinary: int) -> None:
    task = desk.start(diagram, title="Storage down")
    for number in range(1, drawings.TASKS):
        asked, task = desk.complete(task, **{f"answer_{number}": "Works again"})
        assert (asked.commits, asked.rollbacks) == (1, 0)
        # The first time in a process, the diagram is read too.
        assert len(asked.statements) <= (ordinary if number > 1 else MOST), asked.statements


def test_an_incident_costs_what_its_operations_do(desk: Desk) -> None:
    """Registering searches for similar incidents and writes a mail; classifying finds priority, agreement, known
    errors and a team.

    Each operation has a savepoint of its own. These bounds keep anybody from adding to that by accident.
    """
    task = desk.start("incident", title="Storage down", description="Nobody can open files.")
    asked, task = desk.complete(task, caller_known="directory", channel="phone")
    assert (asked.commits, asked.rollbacks) == (1, 0)
    assert len(asked.statements) <= 27, "\n".join(asked.statements)
    asked, _ = desk.complete(task, category="storage", service="1", impact="team", urgency="today")
    assert (asked.commits, asked.rollbacks) == (1, 0)
    assert len(asked.statements) <= 39, "\n".join(asked.statements)


def test_nothing_goes_unseen(desk: Desk) -> None:
    with listening(desk.cluster, desk.parts) as asked, desk.parts.database.transaction() as session:
        desk.parts.queue.put(session, "engine.deliver", {"message_id": 1})
    assert len(asked.statements) == 1, "jobs do not go through SQLAlchemy, but the server sees them"
    assert asked.commits == 1
