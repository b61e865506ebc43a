"""Takes the pictures of docs/screens (`python -m tests.browser.screens`) from a demo whose clock stands still."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import select

from app import clock
from app.domain.people import identity
from app.domain.people.records import Person
from app.engine import commands
from app.engine.records import Task
from tests.browser.demo import Demo, furnish, own_cluster
from tests.browser.ensure_browser import find

FOLDER = Path(__file__).parents[2] / "docs" / "screens"
# A Wednesday morning, so that something is due today and something is late.
MOMENT = datetime(2026, 3, 11, 10, 24, tzinfo=ZoneInfo("Europe/Berlin"))
WIDE, NARROW = (1440, 900), (390, 844)
CLAIMED = ("classify", "register", "ask_caller")


def as_it_opens(_page: Page) -> None:
    """Take the page as it opens."""


def fill_in_report(page: Page) -> None:
    """Write the beginning of a report."""
    page.get_by_label("What does not work?").fill("Cannot open the shared storage since 09:10")
    page.get_by_label("What happened?").fill("Drive S: is empty on all computers of our group. Yesterday it was fine.")
    page.get_by_role("combobox", name="Which service is affected?").fill("storage")
    expect(page.get_by_role("option").first).to_be_visible()


def show_form(page: Page) -> None:
    """Scroll down to the form."""
    page.locator(".detail").evaluate("pane => pane.scrollTo(0, 430)")


def show_month(page: Page) -> None:
    """Scroll down to the month."""
    page.locator(".month tr").last.scroll_into_view_if_needed()


@dataclass(frozen=True)
class Screen:
    """One picture: who sees which address at which size."""

    name: str
    login: str
    path: str
    size: tuple[int, int] = WIDE
    action: Callable[[Page], None] = as_it_opens


SCREENS = (
    Screen("sign-in", "", "/sign-in"),
    # Before the others, while she is signed in only once.
    Screen("account", "anna.novak", "/account"),
    Screen("inbox", "anna.novak", "/work/tasks/{classify}"),
    Screen("task", "anna.novak", "/work/tasks/{classify}", action=show_form),
    Screen("case", "anna.novak", "/cases/{case}"),
    Screen("record", "anna.novak", "/records/incident/{record}"),
    Screen("records", "anna.novak", "/records/incident?status=all"),
    Screen("start", "anna.novak", "/start"),
    Screen("report", "chiara.ricci", "/start/incident", action=fill_in_report),
    Screen("search", "anna.novak", "/search?q=mail"),
    Screen("settings", "marek.dvorak", "/administration/settings"),
    Screen("calendar", "marek.dvorak", "/administration/calendars/office?month=2026-04", action=show_month),
    Screen("times", "anna.novak", "/records/incident/{record}/times"),
    Screen("agreement", "marek.dvorak", "/records/agreement/AGR-2026-0001"),
    Screen("schedules", "marek.dvorak", "/schedules"),
    Screen("due", "marek.dvorak", "/calendar?show=all"),
    Screen("inbox-narrow", "anna.novak", "/work", NARROW),
    Screen("task-narrow", "anna.novak", "/work/tasks/{classify}", NARROW),
)


def claim_some(demo: Demo) -> None:
    """Let Anna Novak have something on her desk."""
    with clock.at(MOMENT), demo.parts.database.transaction() as session:
        anna = session.scalars(select(Person.id).where(Person.login == "anna.novak")).one()
        actor = identity.of_person(session, anna)
        assert actor is not None
        for task in session.scalars(select(Task).where(Task.status == "open", Task.element.in_(CLAIMED))).all():
            commands.claim(demo.parts.engine, session, task.id, actor)


def places(demo: Demo) -> dict[str, str]:
    """What stands in the addresses."""
    title = "No mail has arrived since eight o'clock"
    with demo.parts.database.transaction() as session:
        task = session.scalars(select(Task).where(Task.status == "open", Task.element == "classify")).one()
        return {
            "classify": str(task.id),
            "case": demo.case(title).number,
            "record": demo.record("Project folders vanished over night").number,
        }


def take(browser: Browser, demo: Demo, screen: Screen, where: dict[str, str]) -> None:
    """Take one picture."""
    width, height = screen.size
    viewport = {"width": width, "height": height}
    human_at = demo.person(browser, screen.login, viewport=viewport) if screen.login else demo.visitor(browser)
    with clock.at(MOMENT), human_at as human:
        page = human.open(screen.path.format(**where))
        screen.action(page)
        if page.locator("[data-bpmn]").count():
            page.wait_for_selector("[data-bpmn][data-ready]")
            page.wait_for_timeout(300)
        page.evaluate("document.fonts.ready")
        page.screenshot(path=FOLDER / f"{screen.name}.png", animations="disabled", caret="hide")


def main() -> None:
    """Make the demo and take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with own_cluster() as cluster, furnish(cluster.url(), cluster.folder, MOMENT) as demo, sync_playwright() as tools:
        claim_some(demo)
        where = places(demo)
        browser = tools.chromium.launch(executable_path=find(), args=["--no-sandbox", "--disable-dev-shm-usage"])
        for screen in SCREENS:
            take(browser, demo, screen, where)
        browser.close()


if __name__ == "__main__":
    main()
