"""Every page and its states, in all widths: nothing for axe to find, nothing cut off, no word in the console."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from app import clock
from app.domain.calendars.records import Calendar
from app.domain.demo import PASSWORD
from app.domain.journal import anchors
from app.domain.journal.checking import Fault
from app.domain.people import accounts
from app.domain.people.records import Person
from app.domain.records.records import Comment, Record
from app.domain.service_levels import clocks
from app.engine import unstored
from app.engine.records import Case, Task
from app.insight import verification
from app.insight.telling.of_comments import CommentNews
from app.insight.telling.of_tasks import TaskNews
from app.insight.verification import Verification
from app.schedule.records import Schedule
from tests.browser import axe
from tests.browser.demo import CLASSIFIED, REGISTERED, WIDE, Demo, Human
from tests.web import agreed

WIDTHS = ((1440, 900), (820, 1100), (390, 844))
HIDDEN_SIDEWAYS = "[...document.querySelectorAll('.lines')].filter(part => part.scrollWidth > part.clientWidth).length"
# What axe looks at hardly differs between wide and middling.
LOOKED_AT = (1440, 390)
LONG = "Messwerterfassungsdatenbankverbindungsfehler" * 4 + " since moving"
# One of each sort, and one that cannot be understood.
CONDITIONS = "c1=priority&o1=any&v1=P1&c2=opened_at&o2=within&v2=soon&c3=owner&o3=me&c4=title&sort=-title"


def nothing(_page: Page) -> None:
    """Leave the page as it opened."""


def press(name: str) -> Callable[[Page], None]:
    """Press a button that leads to a page, past the browser's own checks."""

    def action(page: Page) -> None:
        page.evaluate("for (const form of document.forms) form.noValidate = true")
        with page.expect_navigation():
            page.get_by_role("button", name=name, exact=True).click()

    return action


def press_here(name: str) -> Callable[[Page], None]:
    """Press a button that opens something on this page."""
    return lambda page: page.get_by_role("button", name=name, exact=True).click()


def spoil(field: str) -> Callable[[Page], None]:
    """Write nonsense into a field and save."""

    def action(page: Page) -> None:
        page.locator(f"#{field}").fill("no!")
        press("Save")(page)

    return action


def begin_second_factor(page: Page) -> None:
    """Type the password, so that the picture to scan is shown."""
    page.locator("#password").fill(PASSWORD)
    press("Continue")(page)


def make_token(page: Page) -> None:
    """Make a token, so that it is shown."""
    page.locator("#name").fill(LONG[:100])
    press("Make token")(page)


def spoil_hours(page: Page) -> None:
    """Begin quiet hours that do not end."""
    page.locator("#quiet_from").fill("22:00")
    press("Save")(page)


def register_webhook(page: Page) -> None:
    """Register an address, so that its secret is shown."""
    page.locator("#url").fill("https://example.org/" + "hook" * 40)
    page.locator("#event-1").check()
    press("Register")(page)


def try_webhook(page: Page) -> None:
    """Register an address and send it something."""
    register_webhook(page)
    press("Send a test")(page)


def edit_comment(page: Page) -> None:
    """Write a comment and open it for editing."""
    page.locator("#comment-body").fill("Well @ben.osei")
    press("Add comment")(page)
    page.get_by_role("link", name="Edit").last.click()
    page.locator("#edit-body").wait_for()


def ask_for_link(page: Page) -> None:
    """Ask for a new password."""
    page.locator("#who").fill("nobody.here")
    press("Send me a link")(page)


def open_menus(page: Page) -> None:
    """Open the filter for processes."""
    page.locator("details.menu.left > summary").first.click()


def open_columns(page: Page) -> None:
    """Open the choice of columns."""
    page.locator("summary").filter(has_text="Columns").click()


def keep_filter(page: Page) -> None:
    """Keep a filter, and open what is asked about it."""
    menu = page.locator("summary").filter(has_text="Keep this filter")
    menu.click()
    page.locator("#new-name").fill(LONG[:80])
    press("Keep")(page)
    menu.click()


def open_account_menu(page: Page) -> None:
    """Open the menu of the account."""
    page.locator("summary.avatar").click()


def open_findings(page: Page) -> None:
    """Open the list of what is wrong with roles."""
    page.locator("details.outline > summary").first.click()


def open_put_off(page: Page) -> None:
    """Open the menu with the moments to put a task off until."""
    page.locator("summary[data-key=p]").click()


def choose_all(page: Page) -> None:
    """Choose all tasks of the list, to be put off."""
    for box in page.locator("input[name=_task]").all():
        box.check()
    page.locator("#bulk-action").select_option("put_off")
    press("Look at it first")(page)


def wrong_password(page: Page) -> None:
    """Sign in with a wrong password."""
    page.get_by_label("Login").fill("nobody.special")
    page.get_by_label("Password").fill("wrong")
    press("Sign in")(page)


def bring_a_table(page: Page) -> None:
    """Choose a table with much in it, and one row that cannot be."""
    rows = f"Title,Status,Owner,Opened (Asia/Tokyo),Unknown\n{LONG},Closed,anna.novak,2025-01-02 03:04,{LONG}\n"
    rows += "Mail,?,?,?,\n"
    page.locator("#file").set_input_files({"name": f"{LONG[:40]}.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    press("Read the table")(page)


def take_two_columns_alike(page: Page) -> None:
    """Say of two columns that they are the same field."""
    bring_a_table(page)
    page.locator("#field-4").select_option("title")
    press("Look at it first")(page)


def look_at_a_table(page: Page) -> None:
    """See what would become of each row."""
    bring_a_table(page)
    press("Look at it first")(page)


def look_at_what_is_new(page: Page) -> None:
    """See the rows that would become records."""
    look_at_a_table(page)
    with page.expect_navigation():
        page.locator(".tabs a").last.click()


def choose_records(page: Page) -> None:
    """Tick records and fields of every sort."""
    for box in page.locator("input[name=record]").all()[:3]:
        box.check()
    page.locator("form.body details > summary").click()
    for name in ("owner", "status", "cause", "major", "category", "effort_minutes"):
        page.locator(f"input[name=field][value={name}]").check()
    press("Next")(page)


def change_nothing_known(page: Page) -> None:
    """Write what nobody understands."""
    choose_records(page)
    page.locator("#value-owner").fill("nobody at all")
    page.locator("#watch").fill("nobody")
    press("Look at it first")(page)


def look_at_a_change(page: Page) -> None:
    """See what a change would do."""
    for box in page.locator("input[name=record]").all()[:3]:
        box.check()
    press("Next")(page)
    page.locator("#tags_added").fill("moved, 2026")
    press("Look at it first")(page)


def offer_services(page: Page) -> None:
    """Let the list of a reference field open."""
    page.get_by_role("combobox", name="Which service is affected?").fill("e")
    expect(page.get_by_role("option").first).to_be_visible()


@dataclass(frozen=True)
class Look:
    """A page: who opens which address, and what is done there first."""

    login: str
    path: str
    action: Callable[[Page], None] = nothing


LOOKS = {
    "my work, empty": Look("paul.okafor", "/work"),
    "my work, one task": Look("chiara.ricci", "/work"),
    "team work": Look("anna.novak", "/work?tab=teams"),
    "done work": Look("anna.novak", "/work?tab=done"),
    "no match": Look("anna.novak", "/work?tab=teams&q=nothing+like+it", open_menus),
    "several at once": Look("anna.novak", "/work/bulk?tab=teams"),
    "several looked at": Look("anna.novak", "/work/bulk?tab=teams", choose_all),
    "waiting for": Look("chiara.ricci", "/work/waiting"),
    "workload": Look("tomasz.zielinski", "/work/workload"),
    "schedules": Look("tomasz.zielinski", "/schedules"),
    "schedule": Look("tomasz.zielinski", "/schedules/{schedule}"),
    "override of a schedule with errors": Look("tomasz.zielinski", "/schedules/{schedule}", press("Override")),
    "review calendar": Look("tomasz.zielinski", "/calendar?show=area.incidents"),
    "address of a calendar": Look("chiara.ricci", "/calendar", press("Make an address")),
    "canned answers": Look("tomasz.zielinski", "/work/answers"),
    "new canned answer with errors": Look("tomasz.zielinski", "/work/answers/new", press("Save")),
    "put off": Look("anna.novak", "/work/tasks/{classify}?tab=teams", open_put_off),
    "keys": Look("anna.novak", "/work", press_here("Keyboard shortcuts")),
    "account menu": Look("anna.novak", "/work", open_account_menu),
    "task": Look("anna.novak", "/work/tasks/{classify}?tab=teams"),
    "task with errors": Look("leila.haddad", "/work/tasks/{register}", press("Complete task")),
    "task of another team": Look("anna.novak", "/work/tasks/{accept}"),
    "record beside a task": Look("anna.novak", "/work/tasks/{classify}?view=record"),
    "messages beside a task": Look("anna.novak", "/work/tasks/{classify}?view=messages"),
    "files beside a task": Look("anna.novak", "/work/tasks/{classify}?view=files"),
    "comments beside a task": Look("anna.novak", "/work/tasks/{ask_caller}?view=comments"),
    "journal beside a task": Look("anna.novak", "/work/tasks/{classify}?view=journal"),
    "reassign": Look("anna.novak", "/work/tasks/{classify}/reassign"),
    "cases": Look("anna.novak", "/cases"),
    "no cases": Look("anna.novak", "/cases?status=cancelled"),
    "case": Look("anna.novak", "/cases/{case}"),
    "messages of a case": Look("anna.novak", "/cases/{case}?view=messages"),
    "journal of a case": Look("anna.novak", "/cases/{case}?view=journal"),
    "case of the requester": Look("chiara.ricci", "/cases/{case}"),
    "cancel a case": Look("tomasz.zielinski", "/cases/{case}/cancel", press("Cancel the case")),
    "stuck case": Look("tomasz.zielinski", "/cases/{stuck}"),
    "stuck case for staff": Look("anna.novak", "/cases/{stuck}"),
    "stuck at no step": Look("tomasz.zielinski", "/cases/{unstored}"),
    "what cannot be skipped": Look("tomasz.zielinski", "/cases/{unstored}/skip"),
    "edit data": Look("tomasz.zielinski", "/cases/{stuck}/data"),
    "skip": Look("tomasz.zielinski", "/cases/{stuck}/skip"),
    "incidents": Look("anna.novak", "/records/incident?status=all"),
    "filtered incidents": Look("anna.novak", f"/records/incident?status=&{CONDITIONS}"),
    "columns of a list": Look("anna.novak", "/records/incident", open_columns),
    "filter that is kept": Look("leila.haddad", "/records/known_error?status=&q=mail", keep_filter),
    "import with errors": Look("tomasz.zielinski", "/lists/incident/import", press("Read the table")),
    "columns of a table": Look("tomasz.zielinski", "/lists/incident/import", take_two_columns_alike),
    "import looked at": Look("tomasz.zielinski", "/lists/incident/import", look_at_a_table),
    "new records looked at": Look("tomasz.zielinski", "/lists/incident/import", look_at_what_is_new),
    "change several": Look("tomasz.zielinski", "/lists/incident/change?status="),
    "new values": Look("tomasz.zielinski", "/lists/incident/change?status=", change_nothing_known),
    "change looked at": Look("tomasz.zielinski", "/lists/incident/change?status=", look_at_a_change),
    "known errors": Look("anna.novak", "/records/known_error"),
    "services": Look("anna.novak", "/records/service"),
    "orders": Look("anna.novak", "/records/service_request?status="),
    "catalogue": Look("chiara.ricci", "/records/catalogue_item"),
    "action": Look("tomasz.zielinski", "/records/action/{action}"),
    "work on an action": Look("sofia.lindqvist", "/work/tasks/{work}"),
    "record": Look("anna.novak", "/records/incident/{incident}"),
    "history": Look("anna.novak", "/records/incident/{incident}?view=history"),
    "agreed times": Look("anna.novak", "/records/incident/{long_record}/times"),
    "agreed times of the requester": Look("chiara.ricci", "/records/incident/{long_record}/times"),
    "agreement": Look("marek.dvorak", "/records/agreement/{agreement}"),
    "new agreement with errors": Look("marek.dvorak", "/agreements/new", press("Save")),
    "agreement to change": Look("marek.dvorak", "/agreements/{agreement}"),
    "end of an agreement": Look("marek.dvorak", "/agreements/{agreement}/end", press("End the agreement")),
    "clocks of an agreement": Look("anna.novak", "/agreements/{agreement}/clocks"),
    "which agreement applies": Look("anna.novak", "/agreements/applying?priority=P1&team=1"),
    "service": Look("anna.novak", "/records/service/{service}"),
    "found": Look("anna.novak", "/search?q=mail"),
    "not found": Look("anna.novak", "/search?q=zzzz"),
    "search": Look("anna.novak", "/search"),
    "start": Look("anna.novak", "/start"),
    "report": Look("chiara.ricci", "/start/incident", offer_services),
    "order with errors": Look("chiara.ricci", "/start/service_request", press("Start")),
    "report with errors": Look("chiara.ricci", "/start/incident", press("Start")),
    "account": Look("anna.novak", "/account"),
    "account with errors": Look("anna.novak", "/account", press("Change password")),
    "links": Look("anna.novak", "/records/incident/{incident}?view=links"),
    "merging with errors": Look("anna.novak", "/records/incident/{long_record}?view=links", press("Merge")),
    "lists of answers": Look("marek.dvorak", "/administration/lists"),
    "list of answers": Look("marek.dvorak", "/administration/lists/incident.category"),
    "answer with errors": Look("marek.dvorak", "/administration/lists/incident.category", press("Add")),
    "tags": Look("marek.dvorak", "/administration/tags"),
    "people": Look("marek.dvorak", "/administration/people?state=all"),
    "new person with errors": Look("marek.dvorak", "/administration/people/new", press("Add")),
    "person": Look("marek.dvorak", "/administration/people/1"),
    "somebody leaves": Look("marek.dvorak", "/administration/people/1/leave"),
    "import of people": Look("marek.dvorak", "/administration/people-import", press("Check")),
    "organisations": Look("marek.dvorak", "/administration/organisations"),
    "organisation": Look("marek.dvorak", "/administration/organisations/1"),
    "teams": Look("marek.dvorak", "/administration/teams"),
    "team": Look("marek.dvorak", "/administration/teams/1"),
    "roles": Look("marek.dvorak", "/administration/roles", open_findings),
    "role": Look("marek.dvorak", "/administration/roles/incidents.process_manager"),
    "segregation of duties": Look("marek.dvorak", "/administration/segregation", press("Add")),
    "absence": Look("anna.novak", "/account/absence", press("Enter")),
    "tasks of one's roles": Look("anna.novak", "/account/roles"),
    "settings": Look("marek.dvorak", "/administration/settings"),
    "settings with errors": Look("marek.dvorak", "/administration/settings", spoil("default_time_zone")),
    "calendars": Look("marek.dvorak", "/administration/calendars"),
    "calendar": Look("marek.dvorak", "/administration/calendars/office"),
    "mail": Look("marek.dvorak", "/administration/mail", press("Send a test mail to me")),
    "appearance": Look("marek.dvorak", "/administration/appearance", spoil("accent")),
    "licences": Look("marek.dvorak", "/administration/licences"),
    "about": Look("marek.dvorak", "/administration/about"),
    "sign-in": Look("", "/sign-in"),
    "wrong password": Look("", "/sign-in", wrong_password),
    "journal": Look("paul.okafor", "/administration/journal"),
    "checks of the journal": Look("marek.dvorak", "/administration/journal/verification", press("Check now")),
    "anchors": Look("paul.okafor", "/administration/journal/anchors"),
    "erase from the journal": Look("marek.dvorak", "/administration/journal/erasure?person=chiara.ricci"),
    "erase who has left": Look("marek.dvorak", "/administration/journal/erasure?person=greta.gone"),
    "notifications": Look("anna.novak", "/notifications?all=1"),
    "what one is told of": Look("anna.novak", "/account/notifications"),
    "what one is told of, with errors": Look("anna.novak", "/account/notifications", spoil_hours),
    "webhooks": Look("anna.novak", "/account/webhooks", press("Register")),
    "webhook that was registered": Look("anna.novak", "/account/webhooks", register_webhook),
    "webhook that was tested": Look("anna.novak", "/account/webhooks", try_webhook),
    "comment that is edited": Look("anna.novak", "/work/tasks/{ask_caller}?view=comments", edit_comment),
    "second factor": Look("anna.novak", "/account/second-factor", press("Continue")),
    "second factor to scan": Look("ben.osei", "/account/second-factor", begin_second_factor),
    "token that was made": Look("anna.novak", "/account/tokens", make_token),
    "token with errors": Look("ben.osei", "/account/tokens", press("Make token")),
    "forgotten password": Look("", "/sign-in/forgotten"),
    "forgotten password, asked for": Look("", "/sign-in/forgotten", ask_for_link),
    "link that is used up": Look("", "/sign-in/reset?token=x"),
    "groups of the provider": Look("marek.dvorak", "/administration/groups", press("Add a group")),
    "nothing here": Look("anna.novak", "/no/such/page"),
    "long texts, task": Look("anna.novak", "/work/tasks/{long}?tab=teams"),
    "long texts, comments": Look("anna.novak", "/work/tasks/{long}?view=comments"),
    "long texts, record": Look("anna.novak", "/records/incident/{long_record}"),
    "long texts, list": Look("anna.novak", "/records/incident?q=since+moving"),
    "long texts, case": Look("anna.novak", "/cases/{long_case}"),
    "German list": Look("jonas.weber", "/work?tab=teams"),
    "German task": Look("jonas.weber", "/work/tasks/{classify}?tab=teams"),
    "German record": Look("jonas.weber", "/records/incident/{incident}"),
    "German account": Look("jonas.weber", "/account"),
    "German notifications": Look("jonas.weber", "/notifications"),
    "German, what one is told of": Look("jonas.weber", "/account/notifications"),
}


@pytest.fixture(scope="module")
def places(demo: Demo) -> dict[str, str]:
    """What stands in the addresses: tasks of the demo, a stuck case, an incident with very long texts."""
    long = demo.incident(LONG, REGISTERED, CLASSIFIED)
    stopped = demo.incident("The disk is full", REGISTERED)
    unstored.remember(demo.parts.engine, stopped, unstored.TIMER, {"element": "classify"}, OSError("disk full"))
    agreement = agree(demo, long)
    fresh, registered = demo.incident("Nobody has looked at it yet"), demo.incident("It is known who calls", REGISTERED)
    requester, author = person(demo, "chiara.ricci"), person(demo, "anna.novak")
    with demo.parts.database.transaction() as session:
        places = {task.element: str(task.id) for task in session.scalars(select(Task).where(Task.status == "open"))}
        case = session.scalars(select(Case).where(Case.status == "running", Case.requester_id == requester)).first()
        assert case is not None
        talked = session.get_one(Case, long)
        for number in range(100):
            text = f"{number}. {LONG}\nStill so."
            session.add(Comment(record_id=talked.record_id, author_id=author, at=clock.now(), body=text, public=True))
        session.flush()
        TaskNews(demo.parts.configuration, demo.parts.notifier)(session)
        CommentNews(demo.parts.configuration, demo.parts.notifier)(session)
        anchors.write(session)
        accounts.create_person(session, login="greta.gone", name=f"Greta {LONG}"[:200]).active = False
        found = Verification(clock.now(), chains=3, broken=1, faults=[Fault("case:1", 3, "it was changed")])
        verification.note(session, found, actor_id=author)
        return places | {
            # Not those of the demo, which other tests may have claimed.
            "register": str(demo.task(fresh, "register").id),
            "classify": str(demo.task(registered, "classify").id),
            "case": case.number,
            "stuck": demo.case("Tide tables come out of the plotter too small").number,
            "unstored": session.get_one(Case, stopped).number,
            "incident": demo.record("Project folders vanished over night").number,
            "action": demo.record("Write down how to renew the certificate of the mail gateway").number,
            "long": str(demo.task(long, "diagnose").id),
            "long_case": talked.number,
            "long_record": demo.record(LONG).number,
            "schedule": str(session.scalars(select(Schedule.id).where(Schedule.diagram == "queue_check")).one()),
            "agreement": agreement,
            "service": demo.record("Research storage").number,
        }


def agree(demo: Demo, case_id: int) -> str:
    """Agree on times, and let clocks run on the record of a case, which waits; returns the agreement's number."""
    with demo.parts.database.transaction() as session:
        office = session.scalars(select(Calendar.id).where(Calendar.key == "office")).one()
        number = session.scalars(select(Record.number).join(Case).where(Case.id == case_id)).one()
    agreement = agreed.agree(demo.parts, office, title=f"Times {LONG}")
    agreed.clocked(demo.parts, number, clocks.start, since=clock.now() - timedelta(days=30))
    agreed.clocked(demo.parts, number, clocks.pause, f"waiting for {LONG}")
    return agreement


def person(demo: Demo, login: str) -> int:
    """The id of somebody."""
    with demo.parts.database.transaction() as session:
        return session.scalars(select(Person.id).where(Person.login == login)).one()


@pytest.fixture(scope="module")
def humans(browser: Browser, demo: Demo) -> Iterator[dict[str, Human]]:
    """Everybody who looks, each at a browser of their own that keeps what it has fetched; nobody has no login."""
    with ExitStack() as stack:
        yield {
            login: stack.enter_context(demo.person(browser, login) if login else demo.visitor(browser))
            for login in sorted({look.login for look in LOOKS.values()})
        }


@pytest.mark.parametrize("name", LOOKS)
def test_page(humans: dict[str, Human], places: dict[str, str], name: str) -> None:
    look = LOOKS[name]
    human = humans[look.login]
    human.complaints.clear()
    human.page.set_viewport_size(WIDE)
    page = human.open(look.path.format(**places))
    look.action(page)
    if page.locator("[data-bpmn]").count():
        page.wait_for_selector("[data-bpmn][data-ready]")
    for width, height in WIDTHS:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"too wide at {width}"
        if page.locator(".app").count():
            # What is long scrolls inside the frame, the frame itself never moves.
            assert page.evaluate("document.documentElement.scrollHeight") <= height, f"too high at {width}"
        assert page.evaluate(HIDDEN_SIDEWAYS) == 0, f"a table has scrolled columns away at {width}"
        if width in LOOKED_AT:
            assert not (findings := axe.look(page, again=width != WIDTHS[0][0])), f"at {width}: {findings}"
    assert human.complaints == []


def test_what_is_wrong_is_found(page: Page) -> None:
    page.set_content("<html lang=en><title>A page</title><main><h1>A page</h1><img src='data:,'></main></html>")
    assert "image-alt" in axe.look(page)
    page.set_content("<html lang=en><title>A page</title><main><h2>A page</h2></main></html>")
    assert "page-has-heading-one" in axe.look(page, again=True)
