"""The browser tests have a browser."""

from playwright.sync_api import Page


def test_a_page_opens(page: Page) -> None:
    page.set_content("<h1>Stellwerk</h1>")
    assert page.get_by_role("heading").inner_text() == "Stellwerk"
