"""Pages in a browser that runs no scripts: everything that people do in a day works with forms and links."""

import itertools
import re

from playwright.sync_api import Browser, expect

from app.domain.demo import PASSWORD
from tests.browser.demo import CLASSIFIED, REGISTERED, RESTORED, Demo
from tests.browser.desk import UPLOAD, Desk

TITLES = (f"Screen {number} stays black" for number in itertools.count(1))
PLAIN = {"java_script_enabled": False}


def test_signing_in_and_out(browser: Browser, demo: Demo) -> None:
    with demo.visitor(browser, **PLAIN) as human:
        page = human.open("/cases?status=completed")
        page.get_by_label("Login").fill("anna.novak")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_contain_text("wrong")
        expect(page.get_by_label("Login")).to_have_value("anna.novak")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        expect(page).to_have_url(re.compile(r"/cases\?status=completed$"))
        page.locator("summary.avatar").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        human.open("/work")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_claiming_drafting_releasing_and_handing_over(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "anna.novak", **PLAIN) as human, demo.person(browser, "leila.haddad", **PLAIN) as other:
        desk = Desk(human, scripts=False)
        desk.take(title)
        page = human.page
        page.get_by_role("button", name="Claim").click()
        expect(page.locator(".flash")).to_contain_text("The task is yours.")
        desk.write("What you found out", "The cable is loose.")
        page.get_by_role("button", name="Save draft").click()
        expect(page.locator("[data-draft-state]")).to_contain_text("Draft saved")
        desk.take(title, "")
        expect(page.get_by_label("What you found out")).to_have_value("The cable is loose.")
        page.get_by_role("button", name="Release").click()
        expect(page.locator(".flash")).to_contain_text("can be claimed by others")
        page.get_by_role("button", name="Claim").click()
        page.get_by_role("link", name="Reassign").click()
        page.get_by_role("button", name="Reassign").click()
        page.get_by_label("Hand over to").select_option("Leila Haddad")
        page.get_by_label("Why").fill("She sits next to it.")
        page.get_by_role("button", name="Reassign").click()
        expect(page.locator(".flash")).to_contain_text("was handed over to Leila Haddad")
        hers = Desk(other, scripts=False)
        hers.take(title, "")
        expect(other.page.locator(".dh .facts")).to_contain_text("Claimed by you")
        hers.restore()


def test_conditions_and_what_is_missing(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    with demo.person(browser, "anna.novak", **PLAIN) as human:
        desk = Desk(human, scripts=False)
        desk.take(title)
        desk.write("What you found out", "Typed before the form changed.")
        expect(human.page.get_by_label("Question to the user")).to_have_count(0)
        desk.tick("How does it go on?", "Ask the user")
        expect(human.page.get_by_label("Question to the user")).to_be_visible()
        expect(human.page.get_by_label("What you found out")).to_have_value("Typed before the form changed.")
        human.page.get_by_role("button", name="Complete task").click()
        summary = human.page.get_by_role("alert")
        expect(summary).to_contain_text("Question to the user")
        summary.get_by_role("link").first.click()
        expect(human.page).to_have_url(re.compile("#.*question"))


def test_references_are_found_by_their_text(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    with demo.person(browser, "chiara.ricci", **PLAIN) as human:
        desk = Desk(human, scripts=False)
        page = human.open("/start/incident")
        desk.write("What does not work?", title)
        desk.write("Which service is affected?", "no such thing")
        page.get_by_role("button", name="Start").click()
        expect(page.get_by_role("alert")).to_contain_text("Nothing was found for “no such thing”")
        desk.write("Which service is affected?", "com")
        page.get_by_role("button", name="Start").click()
        choices = page.get_by_role("group", name="Which one do you mean?")
        choices.get_by_label("Workplace computer").check()
        page.get_by_role("button", name="Start").click()
        expect(page.locator(".flash")).to_contain_text("has begun")
        expect(page.locator(".side")).to_contain_text("Workplace computer")


def test_comments_and_files(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED)
    number = demo.record(title).number
    with demo.person(browser, "anna.novak", **PLAIN) as human, demo.person(browser, "chiara.ricci", **PLAIN) as hers:
        page = human.open(f"/records/incident/{number}?view=comments")
        for text, public in (("Only for us <b>here</b>.", False), ("We look at it.", True)):
            page.get_by_label("Write a comment").fill(text)
            if public:
                page.get_by_label("Chiara Ricci may read it").check()
            page.get_by_role("button", name="Add comment").click()
            expect(page.locator(".talk")).to_contain_text(text)
        page.get_by_role("link", name="Files").click()
        page.get_by_label("Add a file").set_input_files([UPLOAD])
        page.get_by_role("button", name="Upload").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="error.png").click()
        assert download.value.suggested_filename == "error.png"
        read = hers.open(f"/records/incident/{number}?view=comments")
        expect(read.locator(".talk")).to_contain_text("We look at it.")
        expect(read.locator("body")).not_to_contain_text("Only for us")


def test_the_place_of_a_case_in_words(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title, REGISTERED, CLASSIFIED, RESTORED)
    with demo.person(browser, "chiara.ricci", **PLAIN) as human:
        page = human.open(f"/cases/{demo.case(title).number}")
        outline = page.locator("#outline")
        expect(outline).to_contain_text("Register the incident")
        expect(outline.locator("li.now")).to_contain_text("Ask whether it works again")
        expect(page.locator("[data-bpmn]")).to_be_hidden()
