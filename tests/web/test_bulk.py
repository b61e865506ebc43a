"""Several tasks at once: looked at first, each done by itself, and nothing done twice."""

from typing import Any

import pytest

from app import clock
from app.engine.records import Task
from app.web.bulk_actions import MOST
from tests.engine.drawings import end, flows, start, user
from tests.stage import ask, draw, form, text
from tests.web.office import Browser, Office, Seen


@pytest.fixture
def tasks(office: Office) -> list[int]:
    """Three tasks that ask for one required answer, offered to the staff."""
    walk = start() + user("look") + end() + flows("s look e")
    office.publish(draw("small", walk), form("look", text("title", required=True), ask("textarea", "note")))
    found = []
    for number in range(3):
        office.browser("Chiara Ricci").post("/start/small", {"title": f"Case {number}", "_form": "complete"})
        found.append(office.task(f"C-{clock.now().year}-00000{number + 1}").id)
    return found


def seen(browser: Browser, action: str, ids: list[int]) -> Seen:
    """The preview."""
    return Seen(browser.post("/work/bulk", {"_action": action, "_task": [str(one) for one in ids]}))


def sent(page: Seen, **more: Any) -> dict[str, Any]:
    """What the preview's form sends, with answers."""
    pairs = page.all("//form[contains(@action, '/work/bulk/done')]")[0].form_values()
    values: dict[str, Any] = {}
    for name, value in pairs:
        if name != "_csrf":
            values.setdefault(name, []).append(value)
    return values | more


def state(office: Office, ids: list[int]) -> list[tuple[str, int | None]]:
    """Status and assignee of these tasks."""
    with office.parts.database.transaction() as session:
        return [(task.status, task.assignee_id) for task in (session.get_one(Task, one) for one in ids)]


def test_the_list_is_offered_with_a_box_before_each_task(office: Office, tasks: list[int]) -> None:
    office.browser("Ben Osei").post(f"/work/tasks/{tasks[1]}/claim")
    page = office.browser("Anna Novak").see("/work/bulk?tab=teams")
    assert [box.get("value") for box in page.all("//input[@name='_task']")] == [str(tasks[0]), str(tasks[2])]
    rows = [[cell.text_content().strip() for cell in row.xpath("td")] for row in page.all("//tbody/tr")]
    number = f"C-{clock.now().year}-000001"
    assert rows[0] == ["", "look", f"{number} · Case 0", "unclaimed", ""]
    assert f"/work/tasks/{tasks[0]}?tab=teams" in page.links()
    own = office.browser("Ben Osei").see("/work/bulk")
    assert own.texts("//tbody/tr/td[4]") == ["Ben Osei"]


def test_what_is_possible_is_done_and_the_rest_is_explained(office: Office, tasks: list[int]) -> None:
    anna, ben = office.browser("Anna Novak"), office.people["Ben Osei"]
    office.browser("Ben Osei").post(f"/work/tasks/{tasks[1]}/claim")
    page = seen(anna, "claim", tasks)
    assert page.texts("//tbody//span[contains(@class, 'tag')]") == ["possible", "not possible", "possible"]
    office.browser("Ben Osei").post(f"/work/tasks/{tasks[2]}/claim")
    done = Seen(anna.post("/work/bulk/done", sent(page)))
    assert "1 done" in done.text and "1 not done" in done.text
    assert "Somebody else has taken this task." in done.text
    me = office.people["Anna Novak"]
    assert state(office, tasks) == [("open", me), ("open", ben), ("open", ben)]


def test_one_answer_completes_them_and_a_second_click_changes_nothing(office: Office, tasks: list[int]) -> None:
    anna = office.browser("Anna Novak")
    page = seen(anna, "complete", tasks)
    wrong = anna.post("/work/bulk/done", sent(page, title=""))
    assert wrong.status_code == 422
    assert {status for status, _who in state(office, tasks)} == {"open"}
    values = sent(page, title="All the same")
    for _twice in range(2):
        done = Seen(anna.post("/work/bulk/done", values))
        assert "3 done" in done.text and "not done" not in done.text, done.text
    assert state(office, tasks) == [("done", office.people["Anna Novak"])] * 3


def test_forms_that_need_more_are_filled_in_one_by_one(office: Office) -> None:
    body = start() + user("look") + end() + flows("s look e")
    office.publish(
        draw("small", body),
        form("look", text("title", required=True), ask("textarea", "note", required=True)),
    )
    office.browser("Chiara Ricci").post("/start/small", {"title": "x", "_form": "complete"})
    task = office.task(f"C-{clock.now().year}-000001").id
    page = seen(office.browser("Anna Novak"), "complete", [task])
    assert "more than one answer" in page.text
    assert page.all("//input[@name='_task']") == []


def test_they_are_put_off_released_and_handed_over(office: Office, tasks: list[int]) -> None:
    anna, me, ben = office.browser("Anna Novak"), office.people["Anna Novak"], office.people["Ben Osei"]
    anna.post("/work/bulk/done", sent(seen(anna, "put_off", tasks), until="week"))
    assert state(office, tasks) == [("open", me)] * 3
    assert len(anna.see("/work?tab=put_off").all("//a[contains(@class, 'row')]")) == 3
    anna.post("/work/bulk/done", sent(seen(anna, "release", tasks)))
    assert state(office, tasks) == [("open", None)] * 3
    page = seen(anna, "reassign", tasks)
    refused = anna.post("/work/bulk/done", sent(page, to=str(office.people["Chiara Ricci"])))
    assert refused.status_code == 422, "she does not hold the role"
    for _twice in range(2):
        assert "3 done" in Seen(anna.post("/work/bulk/done", sent(page, to=str(ben)))).text
        assert state(office, tasks) == [("open", ben)] * 3


@pytest.mark.parametrize("hostile", [
    {}, {"_action": "claim"}, {"_action": "drop table", "_task": "1"}, {"_action": "claim", "_task": "x"},
    {"_action": "claim", "_task": "9" * 30}, {"_action": "claim", "_task": [str(one) for one in range(1, MOST + 2)]},
])  # fmt: skip
def test_hostile_choices_are_refused(office: Office, tasks: list[int], hostile: dict[str, Any]) -> None:
    anna = office.browser("Anna Novak")
    for path in ("/work/bulk", "/work/bulk/done"):
        assert anna.post(path, hostile).status_code == 422
    assert state(office, tasks) == [("open", None)] * 3
