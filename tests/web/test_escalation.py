"""An overdue task that was escalated: who sees it from then on, where, and what they may do with it."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app import clock
from app.domain.people import tokens
from app.domain.people.records import Person
from app.engine.background import fire_due
from app.engine.records import Task
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import ask, draw, form
from tests.web.house import AUDITOR, ELSEWHERE, OTHER, REQUESTER, STAFF, Places
from tests.web.office import Office

ROLE = "changes.process_staff"


def overdue(house: Office, escalate_to: str = ROLE, by: str = REQUESTER) -> str:
    """A case whose task has been escalated; its number."""
    look = user("look", extensions(due="duration('PT1H')", escalate_to=escalate_to))
    house.publish(
        draw("late", '<startEvent id="s"/>' + look + end() + flows("s look e"), record="incident"),
        form("look", ask("textarea", "diagnosis")),
    )  # fmt: skip
    answer = house.browser(by).post("/start/late", {"title": "Storage is gone"})
    number = str(answer.headers["location"].rpartition("/")[2])
    assert house.browser(ELSEWHERE).get(f"/cases/{number}").status_code == 404
    return number


def escalate(house: Office) -> None:
    with clock.at(clock.now() + timedelta(hours=1, seconds=1)):
        while fire_due(house.parts.engine):
            pass


@pytest.fixture
def case(house: Office) -> str:
    """A case whose task Anna Novak has claimed and left lying; it was escalated to the people of changes."""
    number = overdue(house)
    house.browser(STAFF).post(f"/work/tasks/{house.task(number).id}/claim")
    escalate(house)
    return number


def test_from_then_on_they_see_task_case_and_record_and_others_still_do_not(house: Office, case: str) -> None:
    task, record = house.task(case), "/records/incident/INC"
    lars = house.browser(ELSEWHERE)
    page = lars.see(f"/work/tasks/{task.id}")
    assert "Escalated to" in page.text and "Anna Novak" in page.text
    links = lars.see(f"/cases/{case}").links()
    record = next(link for link in links if link.startswith("/records/incident/INC"))
    assert "Storage is gone" in lars.see(record).text
    # Who is to decide what happens next reads what was written about it.
    assert "because it is overdue" in lars.see(f"/cases/{case}?view=journal").text
    for path in (f"/work/tasks/{task.id}", f"/cases/{case}", record):
        assert house.browser(OTHER).get(path).status_code == 404
    assert "Escalated" not in house.browser(OTHER).see("/work").text


def test_what_was_escalated_stays_visible_when_it_is_done(house: Office, case: str) -> None:
    task = house.task(case)
    assert house.browser(STAFF).post(f"/work/tasks/{task.id}", {"diagnosis": "x"}).status_code == 303
    lars = house.browser(ELSEWHERE)
    assert lars.get(f"/work/tasks/{task.id}").status_code == lars.get(f"/cases/{case}").status_code == 200
    assert lars.post(f"/work/tasks/{task.id}/take-over").status_code == 409
    assert "Escalated" not in lars.see("/work").texts("//nav[@class='tabs']/a")


def test_the_list_has_a_tab_for_it_and_says_to_whom(house: Office, case: str) -> None:
    lars, anna = house.browser(ELSEWHERE), house.browser(STAFF)
    assert "Escalated1" in lars.see("/work").texts("//nav[@class='tabs']/a")
    [row] = lars.see("/work?tab=escalated").texts("//ul/li/a[@class='row']")
    assert "look" in row and "Escalated to" in row and "Anna Novak" in row
    [row] = anna.see("/work").texts("//ul/li/a[@class='row']")
    assert "Escalated to" in row
    assert not [tab for tab in anna.see("/work").texts("//nav[@class='tabs']/a") if tab.startswith("Escalated")]
    assert "Nothing was escalated to you." in anna.see("/work?tab=escalated").text


def test_it_is_said_in_german(house: Office, case: str) -> None:
    with house.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == ELSEWHERE).values(locale="de"))
    lars = house.browser(ELSEWHERE)
    assert "Eskaliert an: " in lars.see(f"/work/tasks/{house.task(case).id}").text
    assert "Eskaliert1" in lars.see("/work").texts("//nav[@class='tabs']/a")


def test_they_take_it_over_and_do_it(house: Office, case: str) -> None:
    task, lars = house.task(case), house.browser(ELSEWHERE)
    page = lars.see(f"/work/tasks/{task.id}")
    assert "Take over" in page.texts("//div[@class='acts']//button") and not page.all("//button[@value='complete']")
    # Claiming, as somebody would from a page of before Anna Novak took it, takes nothing away from her.
    assert lars.post(f"/work/tasks/{task.id}/claim").status_code == 409
    assert lars.post(f"/work/tasks/{task.id}", {"diagnosis": "x", "_form": "draft"}).status_code == 409
    for _ in range(2):
        assert lars.post(f"/work/tasks/{task.id}/take-over").status_code == 303
    assert house.task(case).assignee_id == house.people[ELSEWHERE]
    assert house.browser(STAFF).post(f"/work/tasks/{task.id}", {"diagnosis": "x"}).status_code == 409
    assert lars.post(f"/work/tasks/{task.id}", {"diagnosis": "Worn out"}).status_code == 303


def test_they_hand_it_over(house: Office, case: str) -> None:
    task, lars = house.task(case), house.browser(ELSEWHERE)
    assert "Reassign" in lars.see(f"/work/tasks/{task.id}").texts("//div[@class='acts']//a")
    answer = lars.post(f"/work/tasks/{task.id}/reassign", {"to": str(house.people["Ben Osei"]), "reason": "You can"})
    assert answer.status_code == 303
    assert house.task(case).assignee_id == house.people["Ben Osei"]


def test_one_person_may_be_the_one(house: Office) -> None:
    number = overdue(house, "case.requester", by=OTHER)
    with house.parts.database.transaction() as session:
        session.execute(update(Task).values(role="team.storage"))
    escalate(house)
    task, david = house.task(number), house.browser(OTHER)
    assert task.escalated_to == f"person:{house.people[OTHER]}"
    assert "Escalated to David Kim" in david.see("/work?tab=escalated").text
    assert "Escalated to David Kim" in david.see(f"/work/tasks/{task.id}").text
    assert david.post(f"/work/tasks/{task.id}/claim").status_code == 303


def test_the_api_shows_and_does_the_same(house: Office, case: str) -> None:
    def ask_as(name: str, method: str, path: str) -> tuple[int, dict[str, object]]:
        with house.parts.database.transaction() as session:
            token = tokens.create_token(session, house.people[name], "test").token
        headers = {"authorization": f"Bearer {token}"}
        answer = house.visitor().request(method, f"/api/v1{path}", headers=headers)
        return answer.status_code, answer.json()

    task = house.task(case).id
    status, page = ask_as(ELSEWHERE, "GET", "/tasks?scope=escalated")
    assert status == 200 and [(one["id"], one["escalated_to"]) for one in page["items"]] == [(str(task), ROLE)]  # type: ignore[attr-defined]
    assert ask_as(STAFF, "GET", "/tasks?scope=escalated")[1]["items"] == []
    assert ask_as(ELSEWHERE, "GET", f"/tasks/{task}")[1]["form"] is not None
    refused = {name: ask_as(name, "POST", f"/tasks/{task}/take-over")[0] for name in (OTHER, REQUESTER, STAFF, AUDITOR)}
    assert refused == {OTHER: 404, REQUESTER: 403, STAFF: 403, AUDITOR: 403}
    status, taken = ask_as(ELSEWHERE, "POST", f"/tasks/{task}/take-over")
    assert (status, taken["assignee"]) == (200, str(house.people[ELSEWHERE]))


def test_a_task_that_was_not_escalated_is_not_to_be_taken_over(house: Office, places: Places) -> None:
    task = places["look"]
    for name, status in ((STAFF, 403), (OTHER, 404), (AUDITOR, 403)):
        assert house.browser(name).post(f"/work/tasks/{task}/take-over").status_code == status
