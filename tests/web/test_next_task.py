"""Going on after a task, and putting tasks off, on the pages."""

from datetime import timedelta

import pytest

from app import clock
from app.engine.records import Task
from tests.engine.drawings import end, flows, start, user
from tests.stage import draw, form, text
from tests.web.office import Office

ROW = "//a[contains(@class, 'row')]"


@pytest.fixture
def mine(office: Office) -> list[int]:
    """Ids of three small tasks of Anna Novak's, in the order of the list."""
    office.publish(draw("small", start() + user("look") + end() + flows("s look e")), form("look", text("title")))
    anna, found = office.browser("Anna Novak"), []
    for number in range(3):
        started = anna.post("/start/small", {"title": f"Case {number}", "_form": "complete"})
        assert started.status_code == 303, started.text
        found.append(office.task(f"C-{clock.now().year}-00000{number + 1}").id)
        anna.post(f"/work/tasks/{found[-1]}/claim")
    return found


def complete(office: Office, task_id: int, keep: str = "") -> str:
    """Complete a task as Anna Novak; return where the browser is sent."""
    anna = office.browser("Anna Novak")
    values = anna.see(f"/work/tasks/{task_id}{keep}").values()
    answer = anna.post(f"/work/tasks/{task_id}{keep}", {**values, "_form": "complete"})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def rows(office: Office, path: str) -> list[str]:
    """Where the rows of Anna Novak's list lead."""
    return [str(row.get("href")) for row in office.browser("Anna Novak").see(path).all(ROW)]


def test_the_next_task_of_the_list_follows_and_after_the_last_the_first(office: Office, mine: list[int]) -> None:
    assert complete(office, mine[1]) == f"/work/tasks/{mine[2]}"
    assert complete(office, mine[2]) == f"/work/tasks/{mine[0]}"
    assert complete(office, mine[0]) == "/work"


def test_the_filter_is_kept(office: Office, mine: list[int]) -> None:
    assert complete(office, mine[0], "?q=Case+2") == f"/work/tasks/{mine[2]}?q=Case+2"
    assert complete(office, mine[1], "?q=elsewhere") == "/work?q=elsewhere"


def test_who_wants_to_stay_stays(office: Office, mine: list[int]) -> None:
    anna = office.browser("Anna Novak")
    anna.post("/account", {"time_zone": "Europe/Berlin", "next": "stay"})
    assert anna.see("/account").texts("//select[@id='next']/option[@selected]") == ["Stay with the list"]
    assert complete(office, mine[0]) == "/work"
    anna.post("/account", {"time_zone": "Europe/Berlin", "next": ""})
    assert complete(office, mine[1]) == f"/work/tasks/{mine[2]}"


def test_a_task_is_put_off_and_shown_apart(office: Office, mine: list[int]) -> None:
    anna = office.browser("Anna Novak")
    answer = anna.post(f"/work/tasks/{mine[1]}/put-off", {"until": "week"})
    assert answer.headers["location"] == "/work"
    assert rows(office, "/work") == [f"/work/tasks/{mine[0]}", f"/work/tasks/{mine[2]}"]
    assert "Later, put off1" in anna.see("/work").text
    [row] = anna.see("/work?tab=put_off").all(ROW)
    assert row.get("href") == f"/work/tasks/{mine[1]}?tab=put_off"
    assert "until" in row.text_content() and "09:00" in row.text_content()
    assert anna.post(f"/work/tasks/{mine[1]}/put-off", {"until": "now"}).headers["location"].endswith(str(mine[1]))
    assert len(rows(office, "/work")) == 3


def test_a_day_may_be_given_in_the_zone_of_the_person(office: Office, mine: list[int]) -> None:
    anna = office.browser("Anna Novak")
    anna.post("/account", {"time_zone": "Pacific/Auckland"})
    day = (clock.now() + timedelta(days=20)).date().isoformat()
    anna.post(f"/work/tasks/{mine[0]}/put-off", {"until": "day", "day": day, "time": "08:30"})
    with office.parts.database.transaction() as session:
        until = session.get_one(Task, mine[0]).put_off_until
    assert until is not None
    assert 19 <= until.hour <= 20, "half past eight in Auckland is the evening before in UTC"
    assert until.minute == 30


@pytest.mark.parametrize("sent", [
    {"until": "day"}, {"until": "day", "day": "2020-01-01"}, {"until": "day", "day": "9999-12-31"},
    {"until": "day", "day": "2026-13-45"}, {"until": "day", "day": "today'; --", "time": "x"}, {},
])  # fmt: skip
def test_what_is_no_moment_is_refused_and_nothing_lost(office: Office, mine: list[int], sent: dict[str, str]) -> None:
    answer = office.browser("Anna Novak").post(f"/work/tasks/{mine[0]}/put-off", sent)
    assert answer.status_code == 422
    assert "Choose a" in answer.text
    assert len(rows(office, "/work")) == 3
