"""The work list: whose tasks, in which groups, with which filters."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from app import clock
from app.domain.people.records import Person
from app.engine.records import Task
from app.web import formats, i18n
from tests.stage import YEAR
from tests.web.office import Office, Seen


def rows(page: Seen) -> list[str]:
    return page.texts("//a[contains(@class, 'row')]/span[@class='c']")


def set_due(office: Office, task_id: int, hours: float) -> None:
    with office.parts.database.transaction() as session:
        due = clock.now() + timedelta(hours=hours)
        session.execute(update(Task).where(Task.id == task_id).values(due_at=due))


def test_a_report_waits_for_the_desk_and_for_nobody_else(office: Office) -> None:
    office.report("Printer jams")
    assert rows(office.browser("Anna Novak").see("/work?tab=teams")) == [f"INC-{YEAR}-0001 · Printer jams"]
    assert rows(office.browser("Chiara Ricci").see("/work?tab=teams")) == []
    assert "Nothing is assigned to you." in office.browser("Anna Novak").see("/work").text


def test_a_claimed_task_moves_to_whoever_claimed_it(office: Office) -> None:
    task = office.task(office.report("Printer jams"))
    anna = office.browser("Anna Novak")
    anna.post(f"/work/tasks/{task.id}/claim")
    assert len(rows(anna.see("/work"))) == 1
    assert rows(anna.see("/work?tab=teams")) == []
    assert rows(office.browser("Ben Osei").see("/work?tab=teams")) == []


def test_tasks_stand_in_groups_by_their_due_time(office: Office) -> None:
    # In the middle of a day: half an hour before its end what is soon is due tomorrow.
    noon = (clock.now() + timedelta(days=1)).replace(hour=11)
    with clock.at(noon):
        for title, hours in (("Later one", 24 * 9), ("Late one", -2), ("Soon one", 0.5)):
            set_due(office, office.task(office.report(title)).id, hours)
        page = office.browser("Anna Novak").see("/work?tab=teams")
    assert [row.split(" · ")[1] for row in rows(page)] == ["Late one", "Soon one", "Later one"]
    assert page.texts("//h2[@class='grp']")[0] == "Overdue1"
    assert page.texts("//h2[@class='grp']")[-1] == "Later1"
    assert page.texts("//span[contains(@class, 'due late')]") == ["2 h late"]
    assert page.texts("//span[contains(@class, 'due soon')]")[0] in ("in 29 min", "in 30 min")


def test_rows_that_are_remembered_say_what_is_true_at_the_moment_and_the_place(office: Office) -> None:
    task = office.task(office.report())
    # Later than people have had their roles.
    due = clock.now() + timedelta(days=60)
    with office.parts.database.transaction() as session:
        session.execute(update(Task).where(Task.id == task.id).values(due_at=due))
        ben = session.get_one(Person, office.people["Ben Osei"])
        ben.locale, ben.time_zone = "de", "Pacific/Auckland"
    places = {"Anna Novak": i18n.place("en", "Europe/Berlin"), "Ben Osei": i18n.place("de", "Pacific/Auckland")}
    minutes = (-9000, -1500, -700, -61, -60, -59.5, -1, -0.5, 0, 0.5, 1, 59, 60, 61, 239, 241, 900, 1500, 3000, 12000)
    for away in (*minutes, *reversed(minutes)):
        with clock.at(due - timedelta(minutes=away)):
            for name, place in places.items():
                page = office.browser(name).see("/work?tab=teams")
                with i18n.at(place):
                    expected = formats.due(due)
                assert expected is not None
                [shown] = page.all("//a[contains(@class, 'row')]/span[starts-with(@class, 'due')]")
                assert (shown.text_content(), shown.get("class")) == (expected.text, f"due {expected.state}"), away


def test_filters_narrow_the_list_and_can_be_taken_back(office: Office) -> None:
    numbers = {title: office.report(title) for title in ("Printer jams", "Mail is slow")}
    with office.parts.database.transaction() as session:
        urgent = office.task(numbers["Mail is slow"]).id
        session.execute(update(Task).where(Task.id == urgent).values(priority=1))
    anna = office.browser("Anna Novak")
    assert rows(anna.see("/work?tab=teams&high=1")) == [f"INC-{YEAR}-0002 · Mail is slow"]
    assert rows(anna.see("/work?tab=teams&q=printer")) == [f"INC-{YEAR}-0001 · Printer jams"]
    assert rows(anna.see(f"/work?tab=teams&q=INC-{YEAR}-0002")) == [f"INC-{YEAR}-0002 · Mail is slow"]
    assert len(rows(anna.see("/work?tab=teams&process=incident"))) == 2
    assert rows(anna.see("/work?tab=teams&process=other")) == []
    assert rows(anna.see("/work?tab=teams&role=team.service_desk")) == []
    assert len(rows(anna.see("/work?tab=teams&role=incidents.process_staff"))) == 2
    page = anna.see("/work?tab=teams&high=1")
    assert "/work?tab=teams" in page.links()
    assert page.texts("//a[@class='chip' and @aria-current]") == ["High priority"]


def test_a_percent_sign_searches_for_itself(office: Office) -> None:
    office.report("Disk 90% full")
    office.report("Printer jams")
    assert len(rows(office.browser("Anna Novak").see("/work?tab=teams&q=0%25"))) == 1
    assert rows(office.browser("Anna Novak").see("/work?tab=teams&q=_____________________________")) == []


@pytest.mark.parametrize("with_due", [True, False])
def test_pages_of_the_list_follow_one_another_without_gap_or_repeat(office: Office, with_due: bool) -> None:
    first = office.task(office.report("Case 00"))
    with office.parts.database.transaction() as session:
        known = session.get_one(Task, first.id)
        names = ("case_id", "diagram", "element", "status", "role", "created_at", "engine_id")
        copy = {name: getattr(known, name) for name in names}
        for number in range(1, 70):
            due = clock.now() + timedelta(hours=number % 7) if with_due and number % 3 else None
            session.add(Task(**copy, name=f"Copy {number}", due_at=due, priority=3, version=1))
        session.get_one(Task, first.id).due_at = None
    anna = office.browser("Anna Novak")
    seen: list[str] = []
    path: str | None = "/work?tab=teams"
    while path:
        page = anna.see(path)
        seen += page.texts("//a[contains(@class, 'row')]/span[@class='t']")
        path = next(iter(page.tree.xpath("//p[@class='more']/a[text()='More tasks']/@href")), None)
    assert len(seen) == 70
    assert len(set(seen)) == 70


def test_a_cursor_that_we_did_not_write_is_refused(office: Office) -> None:
    for cursor in ("x", "AAAA", "MjAyNg", "%20"):
        answer = office.browser("Anna Novak").get(f"/work?after={cursor}")
        assert answer.status_code in (200, 422)
    assert office.browser("Anna Novak").get("/work?after=zzzz").status_code == 422


def test_what_a_person_has_done_is_listed_newest_first(office: Office) -> None:
    for title in ("First", "Second"):
        task = office.task(office.report(title))
        with office.parts.database.transaction() as session:
            known = session.get_one(Task, task.id)
            known.status, known.completed_by_id = "done", office.people["Anna Novak"]
            known.completed_at = clock.now()
    page = office.browser("Anna Novak").see("/work?tab=done")
    assert [row.split(" · ")[1] for row in rows(page)] == ["Second", "First"]


def test_the_number_in_the_navigation_counts_what_is_assigned(office: Office) -> None:
    task = office.task(office.report())
    office.browser("Anna Novak").post(f"/work/tasks/{task.id}/claim")
    page = office.browser("Anna Novak").see("/cases")
    assert page.texts("//nav[@class='nav']//span[@class='n']") == ["1"]
    set_due(office, task.id, -1)
    assert office.browser("Anna Novak").see("/cases").texts("//nav[@class='nav']//span[@class='n hot']") == ["1"]


def test_a_script_gets_the_task_alone(office: Office) -> None:
    task = office.task(office.report())
    answer = office.browser("Anna Novak").get(
        f"/work/tasks/{task.id}?tab=teams", headers={"hx-request": "true", "hx-boosted": "true", "hx-target": "detail"}
    )
    assert answer.text.lstrip().startswith("<section")
    assert 'id="detail"' in answer.text and 'id="list"' not in answer.text


def test_the_list_takes_five_statements_however_long_it_is(office: Office, statements: list[str]) -> None:
    office.report()
    anna = office.browser("Anna Novak")
    anna.see("/work?tab=teams")
    statements.clear()
    anna.see("/work?tab=teams")
    assert len(statements) <= 5


def test_a_released_task_is_offered_again(office: Office) -> None:
    task = office.task(office.report())
    anna = office.browser("Anna Novak")
    anna.post(f"/work/tasks/{task.id}/claim")
    assert anna.post(f"/work/tasks/{task.id}/release").status_code == 303
    assert len(rows(office.browser("Ben Osei").see("/work?tab=teams"))) == 1
