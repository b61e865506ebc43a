"""The page of a task: what it shows, saving a draft, completing it, and what happens when somebody was faster."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from app.domain.records.records import Record, StoredFile
from app.engine.records import Case, Task
from tests.engine.drawings import end, extensions, flows, user
from tests.stage import YEAR, ask, draw, form, text
from tests.web.office import Browser, Office, Seen

REGISTERED = {
    "channel": "phone",
    "caller_known": "directory",
    "description": "S: is empty.",
    "title": "Storage is empty",
}


def register(office: Office, **more: str) -> dict[str, str]:
    """Answers with which the desk registers a report of Chiara Ricci."""
    return {**REGISTERED, "requester": str(office.people["Chiara Ricci"]), "_form": "complete", **more}


@pytest.fixture
def claimed(office: Office) -> Task:
    """A report that Anna Novak has claimed."""
    task = office.task(office.report())
    office.browser("Anna Novak").post(f"/work/tasks/{task.id}/claim")
    return office.task(f"C-{YEAR}-000001")


def test_it_shows_form_guidance_place_and_history(office: Office) -> None:
    number = office.report("Storage is empty")
    task = office.task(number)
    page = office.browser("Anna Novak").see(f"/work/tasks/{task.id}")
    assert page.texts("//h1") == ["Storage is empty"]
    assert page.values()["title"] == "Storage is empty"
    picture = page.all("//div[@data-bpmn]")[0]
    assert picture.get("data-current") == "register"
    assert "reported" in picture.get("data-done").split()
    assert picture.get("data-src") == f"/cases/{number}/diagrams/incident.bpmn?language=en"
    assert any("now" in line for line in page.texts("//details[@class='outline']//li[contains(@class, 'now')]"))
    assert "Started, Chiara Ricci" in page.text
    assert f"/cases/{number}" in page.links()


@pytest.mark.parametrize("view", ["record", "messages", "files", "comments", "journal"])
def test_its_other_parts_are_pages_of_their_own(office: Office, view: str) -> None:
    task = office.task(office.report())
    page = office.browser("Anna Novak").see(f"/work/tasks/{task.id}?view={view}")
    assert page.all("//nav[@class='tabs']//a[@aria-current='page']")


def test_somebody_elses_task_does_not_exist(office: Office) -> None:
    task = office.task(office.report())
    browser = office.browser("Chiara Ricci")
    # She reported it, so she may know the case and what is open in it, but she cannot work on it.
    page = browser.see(f"/work/tasks/{task.id}")
    assert not page.all("//button[@value='complete']")
    with office.parts.database.transaction() as session:
        session.execute(update(Record).values(requester_id=None))
        session.execute(update(Case).values(requester_id=None))
    assert browser.get(f"/work/tasks/{task.id}").status_code == 404
    assert browser.post(f"/work/tasks/{task.id}", register(office)).status_code == 404
    assert browser.post(f"/work/tasks/{task.id}/claim").status_code == 404
    assert browser.get("/work/tasks/99999999").status_code == 404
    assert browser.get("/work/tasks/abc").status_code == 404


def test_completing_stores_the_answers_and_says_what_comes_next(office: Office, claimed: Task) -> None:
    anna = office.browser("Anna Novak")
    answer = anna.post(f"/work/tasks/{claimed.id}", register(office, title="All folders are empty"))
    assert answer.status_code == 303, Seen(answer).text
    page = anna.see(answer.headers["location"])
    assert "is done" in page.texts("//*[@role='status' and contains(@class, 'flash')]")[0]
    with office.parts.database.transaction() as session:
        assert session.scalars(select(Record.title).where(Record.kind == "incident")).one() == "All folders are empty"
        assert session.get_one(Task, claimed.id).completed_by_id == office.people["Anna Novak"]
    assert "is done" not in anna.see(answer.headers["location"]).text


def test_wrong_answers_show_the_form_again_with_everything_that_was_typed(office: Office, claimed: Task) -> None:
    answer = office.browser("Anna Novak").post(
        f"/work/tasks/{claimed.id}", register(office, title="", description="Typed with care")
    )
    assert answer.status_code == 422
    page = Seen(answer)
    assert page.values()["description"] == "Typed with care"
    assert page.texts("//div[@role='alert']//a")[0].startswith("Title") or page.all("//*[@aria-invalid='true']")
    assert office.case(f"C-{YEAR}-000001").status == "running"


def test_an_undeclared_key_is_refused(office: Office, claimed: Task) -> None:
    answer = office.browser("Anna Novak").post(f"/work/tasks/{claimed.id}", register(office, administrator="true"))
    assert answer.status_code == 422


def test_a_draft_is_kept_and_shown_again(office: Office, claimed: Task) -> None:
    anna = office.browser("Anna Novak")
    data = register(office, description="Half a sen", _form="draft")
    assert anna.post(f"/work/tasks/{claimed.id}", data).status_code == 303
    page = anna.see(f"/work/tasks/{claimed.id}")
    assert page.values()["description"] == "Half a sen"
    assert "Draft saved" in page.text


def test_a_draft_sent_by_a_script_answers_with_the_version_to_complete(office: Office, claimed: Task) -> None:
    anna = office.browser("Anna Novak")
    data = register(office, _form="draft")
    answer = anna.post(f"/work/tasks/{claimed.id}", data, headers={"x-requested-with": "fetch"})
    assert answer.json()["version"] == claimed.version + 1
    again = register(office, _version=str(answer.json()["version"]))
    assert anna.post(f"/work/tasks/{claimed.id}", again).status_code == 303


def test_a_stale_page_is_told_and_can_be_sent_again(office: Office, claimed: Task) -> None:
    anna = office.browser("Anna Novak")
    anna.post(f"/work/tasks/{claimed.id}", register(office, _form="draft"))
    answer = anna.post(f"/work/tasks/{claimed.id}", register(office, title="My words", _version=str(claimed.version)))
    assert answer.status_code == 409
    page = Seen(answer)
    assert "changed after you opened it" in page.texts("//*[@id='conflict']")[0]
    values = page.values()
    assert values["title"] == "My words"
    assert anna.post(f"/work/tasks/{claimed.id}", register(office, _version=values["_version"])).status_code == 303


def test_of_two_people_completing_one_task_the_second_is_told_and_loses_nothing(office: Office) -> None:
    task = office.task(office.report())
    anna, ben = office.browser("Anna Novak"), office.browser("Ben Osei")
    assert anna.post(f"/work/tasks/{task.id}", register(office)).status_code == 303
    answer = ben.post(f"/work/tasks/{task.id}", register(office, description="Written by Ben"))
    assert answer.status_code == 409
    page = Seen(answer)
    assert "completed before you sent" in page.texts("//*[@id='conflict']")[0]
    assert page.values()["description"] == "Written by Ben"
    assert not page.all("//button[@value='complete']")
    with office.parts.database.transaction() as session:
        assert session.get_one(Task, task.id).completed_by_id == office.people["Anna Novak"]


def test_a_task_that_somebody_else_has_claimed_is_told_at_claiming(office: Office, claimed: Task) -> None:
    answer = office.browser("Ben Osei").post(f"/work/tasks/{claimed.id}/claim")
    assert answer.status_code == 409
    assert "Somebody else has taken this task." in Seen(answer).text


def test_a_task_is_handed_over_to_a_holder_of_its_role(office: Office, claimed: Task) -> None:
    anna = office.browser("Anna Novak")
    page = anna.see(f"/work/tasks/{claimed.id}/reassign")
    assert page.texts("//option")[1:] == ["Ben Osei"]
    path = f"/work/tasks/{claimed.id}/reassign"
    assert anna.post(path, {"to": str(office.people["Chiara Ricci"])}).status_code == 422
    assert anna.post(path, {"to": str(office.people["Ben Osei"]), "reason": "Lunch"}).status_code == 303
    with office.parts.database.transaction() as session:
        assert session.get_one(Task, claimed.id).assignee_id == office.people["Ben Osei"]


@pytest.mark.parametrize("lane", ["case.requester", "service.owner"])
def test_a_task_meant_for_one_person_is_handed_over_but_not_released(office: Office, lane: str) -> None:
    chiara = office.people["Chiara Ricci"]
    with office.parts.database.transaction() as session:
        service, _ = office.parts.records.create(
            session, "service", title="Storage", requester_id=None, owner_id=chiara, values={}, actor_id=None,
            case_id=None, element="",
        )  # fmt: skip
    asks = f'<startEvent id="s">{extensions(form="tell")}</startEvent>'
    office.publish(
        draw("walk", asks + user("look") + end() + flows("s look e"), lane=lane, record="incident"),
        form("tell", text("title"), ask("reference", "service", properties={"entity": "service"})), form("look"),
    )  # fmt: skip
    browser = office.browser("Chiara Ricci")
    answer = browser.post("/start/walk", {"title": "Mine", "service": str(service), "_form": "complete"})
    assert answer.status_code == 303, answer.text
    task = office.task(f"C-{YEAR}-000001")
    assert task.assignee_id == chiara
    path = f"/work/tasks/{task.id}"
    page = browser.see(path)
    assert not page.all("//form[contains(@action, '/release')]")
    assert f"{path}/reassign" in page.links()
    refused = browser.post(f"{path}/release")
    assert refused.status_code == 409
    assert "meant for you alone" in Seen(refused).text
    # It can go to those who work in the process, as the refusal says.
    page = browser.see(f"{path}/reassign")
    assert page.texts("//option")[1:] == ["Anna Novak", "Ben Osei", "Ines Duarte"]
    assert "meant for one person" in page.text
    assert browser.post(f"{path}/reassign", {"to": str(office.people["Anna Novak"])}).status_code == 303
    anna = office.browser("Anna Novak")
    assert not anna.see(path).all("//form[contains(@action, '/release')]")
    assert anna.post(f"{path}/release").status_code == 409
    assert anna.post(path, {"_form": "complete"}).status_code == 303
    assert office.case(f"C-{YEAR}-000001").status == "completed"


def test_an_upload_is_kept_though_another_answer_is_wrong(office: Office, claimed: Task) -> None:
    answer = office.browser("Anna Novak").post(
        f"/work/tasks/{claimed.id}",
        register(office, title=""),
        files={"attachments~upload": ("../../etc/error.png", b"\x89PNG\r\n\x1a\n123")},
    )
    assert answer.status_code == 422
    assert "error.png" in Seen(answer).text
    with office.parts.database.transaction() as session:
        assert session.scalars(select(StoredFile.name)).all() == ["error.png"]


def test_the_form_follows_its_answers_without_a_script(office: Office, claimed: Task) -> None:
    anna = office.browser("Anna Novak")
    page = anna.see(f"/work/tasks/{claimed.id}")
    assert not page.all("//input[@name='caller_name']")
    data = register(office, caller_known="unknown", _form="refresh")
    answer = anna.post(f"/work/tasks/{claimed.id}", data)
    assert answer.status_code == 200
    assert Seen(answer).all("//input[@name='caller_name']")


def test_of_two_who_complete_at_the_same_moment_one_is_told(office: Office) -> None:
    task = office.task(office.report())
    browsers = [office.browser(name) for name in ("Anna Novak", "Ben Osei") * 2]
    start = threading.Barrier(len(browsers))

    def send(browser: Browser) -> int:
        start.wait()
        return browser.post(f"/work/tasks/{task.id}", register(office)).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = sorted(pool.map(send, browsers))
    assert answers == [303, 409, 409, 409]


def test_an_upload_outlives_a_conflict(office: Office, claimed: Task) -> None:
    answer = office.browser("Anna Novak").post(
        f"/work/tasks/{claimed.id}",
        register(office, _version=str(claimed.version - 1)),
        files={"attachments~upload": ("error.txt", b"seen at 09:10")},
    )
    assert answer.status_code == 409
    assert "error.txt" in Seen(answer).text
    with office.parts.database.transaction() as session:
        assert session.scalars(select(StoredFile.size)).all() == [13]


@pytest.mark.parametrize("version", ["9" * 5000, "soon", "²"])
def test_a_version_that_is_none_loses_no_typing(office: Office, claimed: Task, version: str) -> None:
    """Python itself refuses to read a number of so many digits."""
    answer = office.browser("Anna Novak").post(
        f"/work/tasks/{claimed.id}", register(office, title="My words", _version=version)
    )
    assert answer.status_code == 409 and "My words" in answer.text
