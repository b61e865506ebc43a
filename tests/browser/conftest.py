"""A browser for the tests that need one; without one they fail, they are never skipped."""

from collections.abc import Iterator

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.database.embedded import Cluster
from tests.browser.demo import Demo, furnish
from tests.browser.ensure_browser import find

# A machine for tests has no graphics processor; to simulate one takes more than to paint without.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium per test process."""
    path = find()
    if path is None:
        pytest.fail("There is no browser: run tests/browser/ensure_browser.py, or `make test`, which does.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh, signed-out visitor whose errors in the console fail the test."""
    context = browser.new_context(locale="en-GB", timezone_id="Europe/Berlin", viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert errors == []


@pytest.fixture(scope="session")
def demo(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo organisation behind an address, one per test process; each test works on incidents of its own."""
    with psycopg.connect(cluster.url().replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE browsed")
    with furnish(cluster.url("browsed"), tmp_path_factory.mktemp("browsed")) as demo:
        yield demo
