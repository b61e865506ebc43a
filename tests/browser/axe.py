"""axe looks at a page: what it finds, a person who cannot see or use a mouse would stumble over."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# The findings alone come back: what is in order is many times as long.
RUN = "axe.run({ resultTypes: ['violations'] }).then(({ violations }) => ({ violations }))"


def look(page: Page) -> str:
    """Return what axe has to say against a page as it stands; empty when that is nothing."""
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    results = AxeResults(page.evaluate(RUN))
    return str(results.generate_report()) if results.violations_count else ""
