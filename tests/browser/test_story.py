"""Incidents from report to closure, as people with a browser live through them."""

import itertools

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.demo import CLASSIFIED, REGISTERED, Demo
from tests.browser.desk import Desk

TITLES = (f"The drive of group {number} is empty" for number in itertools.count(1))
MOST_PAGES = 6


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_from_report_to_closure(browser: Browser, demo: Demo, scripts: bool) -> None:
    title = next(TITLES)
    with (
        demo.person(browser, "chiara.ricci", java_script_enabled=scripts) as hers,
        demo.person(browser, "anna.novak", java_script_enabled=scripts) as staff,
    ):
        chiara, anna = Desk(hers, scripts), Desk(staff, scripts)
        chiara.report(title)
        anna.take(title)
        anna.register()
        anna.classify()
        anna.restore()
        demo.work()
        chiara.confirm(title)
        anna.take(title)
        anna.close()
        demo.work()
        case, record = demo.case(title), demo.record(title)
        assert (case.status, record.status) == ("completed", "closed")
        page = staff.open(f"/cases/{case.number}")
        expect(page.locator(".dh .tag")).to_have_text("Completed")
        page.get_by_role("link", name=record.number).first.click()
        expect(page.locator(".dh .tag.green")).to_have_text("Closed")
        page.get_by_role("link", name="Files").click()
        expect(page.get_by_role("link", name="error.png")).to_be_visible()


def test_a_call_takes_a_trained_person_few_pages(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    with demo.person(browser, "chiara.ricci") as hers, demo.person(browser, "anna.novak") as staff:
        anna = Desk(staff)
        page = staff.open("/start/incident")
        anna.write("What does not work?", title)
        page.get_by_role("button", name="Start").click()
        anna.register("Chiara Ricci")
        anna.classify("Research storage")
        anna.restore()
        demo.work()
        Desk(hers).confirm(title)
        # The mail about it leads straight to the task.
        staff.open(f"/work/tasks/{demo.task(demo.case(title).id, 'closure_check').id}")
        before = len(staff.loads)
        anna.close()
        demo.work()
        assert (demo.case(title).status, demo.record(title).status) == ("completed", "closed")
        assert before <= MOST_PAGES, staff.loads


def test_a_question_goes_to_the_user_and_the_answer_comes_back(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "chiara.ricci") as hers, demo.person(browser, "anna.novak") as staff:
        chiara, anna = Desk(hers), Desk(staff)
        anna.take(title)
        anna.tick("How does it go on?", "Ask the user")
        anna.write("Question to the user", "Which drive letter is it?")
        anna.complete()
        demo.work()
        chiara.take(title, "")
        expect(hers.page.locator("[data-answers]")).to_contain_text("Which drive letter is it?")
        chiara.write("Your answer", "It is drive S.")
        chiara.complete()
        anna.take(title)
        staff.page.get_by_role("link", name="Comments").click()
        expect(staff.page.locator(".talk")).to_contain_text("It is drive S.")
        anna.take(title)
        anna.restore()
        demo.work()
        assert demo.record(title).status == "resolved"


def test_what_the_desk_cannot_solve_goes_to_the_next_level(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "nadia.petrova") as second, demo.person(browser, "anna.novak") as first:
        nadia, anna = Desk(second), Desk(first)
        anna.take(title)
        anna.write("What you found out", "The volume is not mounted.")
        anna.tick("How does it go on?", "Escalate to the next level")
        anna.write("Why it is escalated", "We may not look at the volume.")
        anna.complete()
        demo.work()
        nadia.take(title)
        nadia.task("Accept the escalation")
        expect(second.page.locator("[data-answers]")).to_contain_text("The volume is not mounted.")
        nadia.write("Your first assessment", "A quota ran full.")
        nadia.complete()
        nadia.restore()
        demo.work()
        assert demo.record(title).status == "resolved"
        # Who reported follows the case without seeing what staff say among themselves.
        with demo.person(browser, "chiara.ricci") as hers:
            page = hers.open(f"/cases/{demo.case(title).number}?view=comments")
            expect(page.get_by_role("heading", level=1)).to_have_text(title)
            expect(page.locator("body")).not_to_contain_text("We may not look at the volume.")


def test_who_does_not_take_part_sees_nothing_of_it(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title, REGISTERED, CLASSIFIED)
    task = demo.task(case, "diagnose").id
    with demo.person(browser, "david.kim") as stranger:
        for path in (f"/work/tasks/{task}", f"/cases/{demo.case(title).number}", "/work/tasks/999999"):
            page = stranger.open(path)
            expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
            expect(page.get_by_role("link", name="Back to my work")).to_be_visible()
            expect(page.locator("body")).not_to_contain_text(title)
