"""The workload page: its numbers, and tasks moved by whoever may hand them over."""

from datetime import timedelta

import pytest

from app import clock
from app.domain.people import directory
from app.domain.people.records import Team
from app.engine.records import Task
from tests.web.office import Office, Seen

STAFF = "/work/workload?role=incidents.process_staff"


def rows(page: Seen) -> dict[str, list[str]]:
    """The numbers by name."""
    lines = [[" ".join(cell.text_content().split()) for cell in row] for row in page.all("//tbody/tr")]
    return {name: numbers for name, *numbers in lines}


@pytest.fixture
def tasks(office: Office) -> list[int]:
    """One task that nobody has, and two of Anna Novak's, of which one is overdue."""
    found = [office.task(office.report(f"Report {number}")).id for number in range(3)]
    for one in found[1:]:
        office.browser("Anna Novak").post(f"/work/tasks/{one}/claim")
    with office.parts.database.transaction() as session:
        for one, days in zip(found, (3, -1, 3), strict=True):
            session.get_one(Task, one).due_at = clock.now() + timedelta(days=days)
    return found


def move(office: Office, by: str, task_id: int, person: str, **more: str) -> int:
    """Move a task; return the status of the answer."""
    with office.parts.database.transaction() as session:
        seen = str(session.get_one(Task, task_id).version)
    sent = {"role": "incidents.process_staff", "task": str(task_id), "to": str(office.people[person])}
    return office.browser(by).post("/work/workload", {**sent, "seen": seen, **more}).status_code


def test_numbers_and_moving(office: Office, tasks: list[int]) -> None:
    ines = office.browser("Ines Duarte")
    assert rows(ines.see(STAFF)) == {
        "Nobody yet": ["1", "0", "0"], "Anna Novak": ["2", "1", "0"], "Ben Osei": ["0", "0", "0"],
    }  # fmt: skip
    assert move(office, "Ines Duarte", tasks[1], "Ben Osei") == 303
    assert move(office, "Ines Duarte", tasks[1], "Ben Osei") == 303, "a second click finds it there"
    assert rows(ines.see(STAFF))["Ben Osei"] == ["1", "1", "0"]


def test_what_is_stale_or_wrong_moves_nothing(office: Office, tasks: list[int]) -> None:
    assert move(office, "Ines Duarte", tasks[1], "Ben Osei", seen="0") == 409
    assert move(office, "Ines Duarte", tasks[1], "Chiara Ricci") == 422
    assert move(office, "Ines Duarte", tasks[1], "Ben Osei", to="") == 422
    assert move(office, "Ines Duarte", tasks[1], "Ben Osei", task="x") == 422
    assert move(office, "Anna Novak", tasks[1], "Ben Osei") == 403, "she manages nothing and leads nobody"
    with office.parts.database.transaction() as session:
        assert session.get_one(Task, tasks[1]).assignee_id == office.people["Anna Novak"]


def test_a_leader_sees_the_team_and_moves_what_they_may_hand_over(office: Office) -> None:
    with office.parts.database.transaction() as session:
        team = session.query(Team).where(Team.key == "storage").one()
        directory.join_team(session, team.id, office.people["Ben Osei"], leads=True)
    ben = office.browser("Ben Osei")
    assert ben.see("/work/workload").texts("//select[@id='role']/option") == ["Team storage"]
    assert "Team storage" in ben.see(STAFF).text, "another role than theirs is not shown"
