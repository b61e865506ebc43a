"""Lists at all widths: what they show by default fits beside nothing that could push it out of the window."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.demo import Demo

LISTS = ("/records/incident?status=", "/records/service?status=", "/records/known_error?status=", "/cases?status=")
HIDDEN_SIDEWAYS = "[...document.querySelectorAll('.lines')].map(part => part.scrollWidth - part.clientWidth)"


@pytest.mark.parametrize("width", [1440, 1181, 1024, 390])
def test_the_usual_columns_fit(browser: Browser, demo: Demo, width: int) -> None:
    # In German, whose words are longer.
    with demo.person(browser, "jonas.weber", viewport={"width": width, "height": 900}) as human:
        for path in LISTS:
            assert human.open(path).evaluate(HIDDEN_SIDEWAYS) == [0], path


@pytest.mark.parametrize("width", [1440, 390])
def test_no_tab_above_the_tasks_has_scrolled_away(browser: Browser, demo: Demo, width: int) -> None:
    with demo.person(browser, "tomasz.zielinski", viewport={"width": width, "height": 900}) as human:
        tabs = human.open("/work?tab=teams").get_by_role("navigation", name="Whose tasks")
        expect(tabs.get_by_role("link", name="Workload")).to_be_visible()
        assert tabs.evaluate("tabs => tabs.scrollWidth - tabs.clientWidth") == 0


def test_a_narrow_list_names_its_values_and_hides_nothing(browser: Browser, demo: Demo) -> None:
    columns = "number,title,status,priority,service,team,owner,requester,opened_at,updated_at,channel"
    with demo.person(browser, "anna.novak", viewport={"width": 390, "height": 844}) as human:
        page = human.open(f"/records/incident?status=&columns={columns}")
        assert page.evaluate(HIDDEN_SIDEWAYS) == [0]
        cells = page.locator("tbody tr").first.locator("td")
        expect(cells).to_have_count(11)
        assert [cell.is_visible() for cell in cells.all()] == [True] * 11
        label = cells.nth(4).evaluate("cell => getComputedStyle(cell, '::before').content")
        assert "Service" in label
        page.get_by_role("link", name="Priority", exact=True).click()
        expect(page.locator("th[aria-sort=ascending]")).to_have_text("Priority")


def test_a_filter_is_kept_from_a_menu_and_stands_above_the_list(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "anna.novak", java_script_enabled=False) as human:
        page = human.open("/records/known_error?status=&q=mail")
        page.locator("summary", has_text="Keep this filter").click()
        name = "Messwerterfassungsdatenbankverbindungsfehler" + "x" * 30
        page.get_by_label("Name of the filter").fill(name)
        page.get_by_role("button", name="Keep", exact=True).click()
        chip = page.get_by_role("navigation", name="Kept filters").get_by_role("link", name=name)
        expect(chip).to_have_attribute("aria-current", "page")
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.locator("main").evaluate("part => part.scrollWidth - part.clientWidth") == 0
        page.locator("summary", has_text="Keep this filter").click()
        page.get_by_role("button", name="Remove").click()
        expect(chip).to_have_count(0)


def test_references_of_many_records_are_chosen_from_suggestions(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "tomasz.zielinski") as human:
        page = human.open("/lists/known_error/change?status=")
        page.locator("input[name=record]").first.check()
        page.locator("input[name=field][value=service]").check()
        page.get_by_role("button", name="Next").click()
        box = page.get_by_role("combobox", name="Service")
        box.fill("printing")
        page.get_by_role("option", name="Printing").first.click()
        expect(box).to_have_value("Printing")
        page.get_by_role("button", name="Look at it first").click()
        expect(page.locator("main")).to_contain_text("Printing")
        expect(page.get_by_role("heading", level=1)).not_to_have_text("New values")


def test_people_who_are_to_watch_are_picked_one_after_the_other(browser: Browser, demo: Demo) -> None:
    with demo.person(browser, "tomasz.zielinski") as human:
        page = human.open("/lists/known_error/change?status=")
        page.locator("input[name=record]").first.check()
        page.get_by_role("button", name="Next").click()
        box = page.locator("#watch[role=combobox]")
        for typed, name in (("novak", "Anna Novak"), ("weber", "Jonas Weber")):
            box.press("End")
            box.press_sequentially(typed)
            page.get_by_role("option", name=name).click()
        expect(box).to_have_value("anna.novak, jonas.weber, ")
        page.get_by_role("button", name="Look at it first").click()
        expect(page.locator("main")).to_contain_text("Anna Novak, Jonas Weber")
