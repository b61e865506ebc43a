"""Everything with the keyboard alone: shortcuts, focus that is seen and goes where it is expected."""

import itertools

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.demo import REGISTERED, Demo, Human
from tests.browser.desk import Desk

TITLES = (f"Printer {number} prints blank pages" for number in itertools.count(1))
MOST_STOPS = 120
# What has the focus, how it is called, where it is and whether a ring shows it.
FOCUSED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const box = it.getBoundingClientRect();
  const ringed = (node) => {
    const style = getComputedStyle(node);
    return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== 'none';
  };
  const label = it.labels && it.labels[0] ? it.labels[0] : null;
  return {
    tag: it.tagName, type: it.type ?? '',
    name: (it.getAttribute('aria-label') || it.textContent || it.name || '').trim().slice(0, 60),
    top: box.top, left: box.left, inside: it.closest('nav, header, main, dialog')?.tagName ?? '',
    ring: ringed(it) || (label ? ringed(label) : false) || ringed(it.parentElement),
  };
}"""


def current(page: Page) -> str:
    """The name of the task that is open beside the list, empty when none is."""
    rows = page.locator("a.row[aria-current]")
    return rows.first.inner_text().splitlines()[0] if rows.count() else ""


def test_j_and_k_walk_through_the_list(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "anna.novak") as human:
        page = human.open("/work?tab=teams")
        rows = page.locator("a.row")
        names = [rows.nth(place).locator(".c").inner_text() for place in range(3)]
        for key, place in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
            page.keyboard.press(key)
            expect(rows.nth(place)).to_have_attribute("aria-current", "true")
            expect(page.locator("#detail h1")).to_have_text(names[place].partition(" · ")[2])
            expect(page.locator("#detail")).to_be_focused()
        assert len(human.loads) == 1


def test_c_claims_slash_searches_and_a_question_mark_explains(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title)
    with demo.person(browser, "anna.novak") as human:
        Desk(human).take(title)
        page = human.page
        page.keyboard.press("c")
        expect(page.locator(".flash")).to_contain_text("The task is yours.")
        page.keyboard.press("?")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        page.keyboard.press("j")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        page.keyboard.press("/")
        expect(page.locator("#search")).to_be_focused()
        page.keyboard.type("/j?")
        expect(page.locator("#search")).to_have_value("/j?")


def test_a_key_right_after_a_dialog_was_closed_counts(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "anna.novak") as human:
        page = human.open("/work")
        # A quick hand is faster than the browser, which moves the focus away from a closed dialog in its own time.
        page.locator("#keys button").first.evaluate(
            "button => button.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))"
        )
        expect(page.locator("#search")).to_be_focused()


def test_ctrl_and_enter_complete_from_inside_a_field(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title)
    with demo.person(browser, "anna.novak") as human:
        desk = Desk(human)
        desk.take(title)
        desk.tick("The caller", "is in the directory")
        desk.tick("How did it reach us?", "Portal")
        human.page.get_by_label("What happened?").press("Control+Enter")
        expect(human.page.locator(".flash")).to_contain_text("is done")


def test_single_keys_can_be_switched_off(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "leila.haddad") as human:
        page = human.open("/account")
        switch = page.get_by_label("Single keys (J, K, C, P, /, ?) are shortcuts")
        switch.uncheck()
        page.get_by_role("button", name="Save").click()
        page = human.open("/work?tab=teams")
        for key in ("j", "?", "/"):
            page.keyboard.press(key)
        assert current(page) == ""
        expect(page.get_by_role("dialog")).to_be_hidden()
        expect(page.locator("#search")).not_to_be_focused()
        human.open("/account")
        expect(switch).not_to_be_checked()
        switch.check()
        page.get_by_role("button", name="Save").click()
        human.open("/work?tab=teams").keyboard.press("?")
        expect(page.get_by_role("dialog")).to_be_visible()


def test_the_skip_link_is_first_and_leads_to_the_content(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "anna.novak") as human:
        page = human.open("/work")
        page.keyboard.press("Tab")
        skip = page.get_by_role("link", name="Skip to the content")
        expect(skip).to_be_focused()
        expect(skip).to_be_in_viewport()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.closest('#content') !== null")


@pytest.mark.parametrize("path", ["/work?tab=teams", "/start/incident", "/account", "task"])
def test_tab_reaches_everything_in_order_and_shows_where_it_is(browser: Browser, demo: Demo, path: str) -> None:
    if path == "task":
        path = f"/work/tasks/{demo.task(demo.incident(next(TITLES), REGISTERED), 'classify').id}?tab=teams"
    with demo.person(browser, "anna.novak") as human:
        page = human.open(path)
        if page.locator("[data-bpmn]").count():
            page.wait_for_selector("[data-bpmn][data-ready]")
        stops = walk(human)
        # A box for a date has stops of its own inside, which the browser draws.
        hidden = [stop for stop in stops if not stop["ring"] and stop["type"] != "datetime-local"]
        assert hidden == []
        order = [stop["inside"] for stop in stops if stop["inside"]]
        assert [place for place, _ in itertools.groupby(order)][:3] == ["NAV", "HEADER", "MAIN"] or "MAIN" in order
        reachable = page.evaluate(
            """() => {
              const groups = new Set();
              const all = document.querySelectorAll('a[href], button, input, select, textarea, summary');
              return [...all].filter((it) => {
                if (it.tabIndex < 0 || it.disabled || it.type === 'hidden' || !it.checkVisibility()) return false;
                if (it.closest('details:not([open])') && it.tagName !== 'SUMMARY') return false;
                if (it.type !== 'radio') return true;
                const first = !groups.has(it.name);
                groups.add(it.name);
                return first;
              }).length;
            }"""
        )
        controls = [stop for stop in stops if stop["tag"] in {"A", "BUTTON", "INPUT", "SELECT", "TEXTAREA", "SUMMARY"}]
        assert len(controls) >= reachable


def walk(human: Human) -> list[dict[str, object]]:
    """Press Tab until the focus leaves the page; returns every stop."""
    stops: list[dict[str, object]] = []
    for _ in range(MOST_STOPS):
        human.page.keyboard.press("Tab")
        stop = human.page.evaluate(FOCUSED)
        if stop is None:
            return stops
        if stops and stop == stops[0]:
            return stops
        stops.append(stop)
    raise AssertionError(f"the focus does not come out: {stops[-3:]}")


def test_after_a_refusal_the_focus_is_on_the_summary(browser: Browser, demo: Demo) -> None:
    title = next(TITLES)
    demo.incident(title)
    with demo.person(browser, "anna.novak") as human:
        Desk(human).take(title)
        page = human.page
        page.get_by_label("Title").fill("")
        page.get_by_label("Title").press("Control+Enter")
        summary = page.get_by_role("alert")
        expect(summary).to_be_focused()
        expect(summary).to_contain_text("Title")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("Title")).to_be_focused()
