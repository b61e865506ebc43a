"""Mentioning somebody with the pick list, by keyboard; the bell of who was mentioned."""

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from app.engine.records import Case, Task
from app.insight.telling.of_comments import CommentNews
from tests.browser.demo import REGISTERED, Demo


def test_a_login_is_picked_while_typing_and_the_person_is_told(browser: Browser, demo: Demo) -> None:
    case_id = demo.incident("Nobody can be mentioned", REGISTERED)
    with demo.parts.database.transaction() as session:
        task = session.scalars(select(Task.id).join(Case).where(Case.id == case_id, Task.status == "open")).one()
    with demo.person(browser, "anna.novak") as human:
        page = human.open(f"/work/tasks/{task}?view=comments")
        box = page.locator("#comment-body")
        box.press_sequentially("Well, @leila")
        options = page.locator(".combo-list [role=option]")
        expect(options).to_have_count(1)
        expect(options).to_contain_text("Leila Haddad")
        box.press("Enter")
        expect(box).to_have_value("Well, @leila.haddad ")
        expect(options).to_have_count(1)
        assert page.locator(".combo-list").is_hidden()
        box.press_sequentially("do you know? mail@leila")
        assert page.locator(".combo-list").is_hidden(), "an address is no mention"
        with page.expect_navigation():
            page.get_by_role("button", name="Add comment").click()
    with demo.parts.database.transaction() as session:
        CommentNews(demo.parts.configuration, demo.parts.notifier)(session)
    with demo.person(browser, "leila.haddad") as human:
        page = human.open("/work")
        page.get_by_role("link", name="unread notification").click()
        page.get_by_role("link", name="You are mentioned: Nobody can be mentioned").click()
        expect(page.locator(".said").last).to_contain_text("Well, @leila.haddad do you know?")
