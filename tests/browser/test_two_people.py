"""What happens between opening a task and sending it: others are faster, sessions end, buttons are pressed twice."""

import itertools

from playwright.sync_api import Browser, Page, Response, Route, expect
from sqlalchemy import delete, func, select

from app.domain.journal.records import JournalEntry
from app.domain.people.records import AuthSession
from tests.browser.demo import CLASSIFIED, REGISTERED, Demo
from tests.browser.desk import Desk

TITLES = (f"Mail from group {number} is late" for number in itertools.count(1))
TYPED = "Called back: it happens on every morning, since the nightly backup was moved."


def fill(desk: Desk, text: str = TYPED) -> None:
    """Fill in the registration, all of it."""
    desk.tick("The caller", "is in the directory")
    desk.tick("How did it reach us?", "Telephone")
    desk.write("What happened?", text)


def completions(demo: Demo, case_id: int) -> int:
    """How often a task of a case was completed, by its journal."""
    with demo.parts.database.transaction() as session:
        query = select(func.count()).where(JournalEntry.case_id == case_id, JournalEntry.event == "task.completed")
        return session.scalar(query) or 0


def press(page: Page, name: str = "Complete task") -> None:
    """Press a button and wait for the page that answers."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def end_sessions(demo: Demo) -> None:
    """End every session, as time does."""
    with demo.parts.database.transaction() as session:
        session.execute(delete(AuthSession))


def test_the_slower_of_two_hears_of_it_and_keeps_what_was_typed(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title)
    with demo.person(browser, "anna.novak") as first, demo.person(browser, "leila.haddad") as second:
        anna, leila = Desk(first), Desk(second)
        for desk in (anna, leila):
            desk.take(title)
        fill(anna, "Anna was here.")
        fill(leila)
        press(first.page)
        press(second.page)
        expect(second.page.get_by_role("alert")).to_be_visible()
        expect(second.page.get_by_role("alert")).to_contain_text("What you typed is kept")
        expect(second.page.get_by_label("What happened?")).to_have_value(TYPED)
        expect(second.page.get_by_role("button", name="Complete task")).to_have_count(0)
        assert completions(demo, case) == 1


def test_the_slower_of_two_claims_hears_who_has_it(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title)
    with demo.person(browser, "anna.novak") as first, demo.person(browser, "leila.haddad") as second:
        for human in (first, second):
            Desk(human).take(title)
        press(first.page, "Claim")
        expect(first.page.locator(".flash")).to_contain_text("The task is yours.")
        press(second.page, "Claim")
        expect(second.page.get_by_role("alert")).to_be_visible()


def test_an_old_page_of_ones_own_does_not_overwrite_a_newer_one(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title)
    with demo.person(browser, "anna.novak") as human:
        old = Desk(human)
        old.take(title)
        press(human.page, "Claim")
        address = human.page.url
        other = human.context.new_page()
        human.watch(other)
        other.goto(address)
        other.get_by_label("What happened?").fill("Written in another window.")
        press(other, "Save draft")
        fill(old)
        press(human.page)
        alert = human.page.get_by_role("alert")
        expect(alert).to_contain_text("still in the form")
        expect(human.page.get_by_label("What happened?")).to_have_value(TYPED)
        assert completions(demo, case) == 0
        # Having read that, it is sent once more.
        press(human.page)
        assert completions(demo, case) == 1


def test_two_clicks_complete_once(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title)
    with demo.person(browser, "anna.novak") as human:
        desk = Desk(human)
        desk.take(title)
        fill(desk)
        with human.page.expect_navigation():
            human.page.get_by_role("button", name="Complete task").dblclick()
        expect(human.page.locator(".flash")).to_contain_text("is done")
        expect(human.page.get_by_role("alert")).to_have_count(0)
        assert completions(demo, case) == 1


def test_going_back_after_completing_completes_nothing_twice(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title)
    with demo.person(browser, "anna.novak") as human:
        desk = Desk(human)
        desk.take(title)
        desk.register()
        human.page.go_back()
        button = human.page.get_by_role("button", name="Complete task")
        if button.count():
            press(human.page)
            expect(human.page.get_by_role("alert")).to_be_visible()
        else:
            expect(human.page.locator("#detail")).to_contain_text("Completed by you")
        assert completions(demo, case) == 1


def test_what_was_typed_outlives_the_session(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "leila.haddad") as human:
        desk = Desk(human)
        desk.take(title)
        desk.write("What you found out", TYPED)
        end_sessions(demo)
        press(human.page)
        expect(human.page.get_by_role("heading", name="Please sign in")).to_be_visible()
        expect(human.page.get_by_label("What you typed, 1")).to_have_value(TYPED)
        assert completions(demo, case) == 2


def test_a_session_that_ends_while_the_page_loads_opens_the_steps_in_words(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title)
    with demo.person(browser, "leila.haddad") as human:

        def too_late(route: Route) -> None:
            end_sessions(demo)
            route.continue_()

        human.page.route("**/*.bpmn?*", too_late)
        Desk(human).take(title)
        expect(human.page.get_by_text("The picture cannot be shown")).to_be_visible()
        expect(human.page.locator("details[open]").first).to_be_visible()


def test_a_page_that_looks_by_itself_after_the_session_leaves_the_typing_alone(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "leila.haddad") as human:
        desk = Desk(human)
        desk.take(title)
        desk.write("What you found out", TYPED)
        end_sessions(demo)

        def look(answer: Response) -> bool:
            return answer.url.endswith("/presence") and answer.request.method == "GET"

        with human.page.expect_response(look) as looked:
            human.page.evaluate("htmx.trigger('[data-presence]', 'look')")
        assert looked.value.status == 204
        expect(human.page.get_by_label("What you found out")).to_have_value(TYPED)


def test_a_page_of_an_earlier_sign_in_is_refused_and_gives_the_typing_back(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    case = demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "anna.novak") as human:
        desk = Desk(human)
        desk.take(title)
        desk.write("What you found out", TYPED)
        cookies = [{"name": "stellwerk_session", "value": demo.secret("anna.novak"), "url": demo.address}]
        human.context.add_cookies(cookies)
        press(human.page)
        expect(human.page.get_by_role("heading", name="This page is too old")).to_be_visible()
        expect(human.page.get_by_label("What you typed, 1")).to_have_value(TYPED)
        assert completions(demo, case) == 2


def test_a_draft_is_kept_while_somebody_types(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "anna.novak") as human:
        desk = Desk(human)
        desk.take(title)
        press(human.page, "Claim")
        address = human.page.url
        human.page.get_by_label("What you found out").press_sequentially("The volume is full.")
        expect(human.page.locator("[data-draft-state]")).to_contain_text("Draft saved")
        human.page.close()
        human.page = human.context.new_page()
        human.watch(human.page)
        human.page.goto(address)
        expect(human.page.get_by_label("What you found out")).to_have_value("The volume is full.")
        desk.restore()
