"""axe looks at a page: what it finds, a person who cannot see or use a mouse would stumble over."""

from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Page

# The findings alone come back: what is in order is many times as long.
RUN = "options => axe.run(options).then(({ violations }) => ({ violations }))"
# Of WCAG 2.2 and not looked at unless asked for: nothing to press is smaller than 24 pixels, or too close to the next.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# What another width can change about a page: what scrolls, what is hidden, how large and in which order things are.
OF_WIDTH = [
    "aria-hidden-focus", "bypass", "landmark-one-main", "link-in-text-block",
    "page-has-heading-one", "region", "scrollable-region-focusable", "skip-link", "target-size",
]  # fmt: skip


def look(page: Page, *, again: bool = False) -> str:
    """Return what axe has to say against a page as it stands; empty when that is nothing.

    Args:
        again: it was looked at in another width: only what that can have changed is looked at.
    """
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE_SCRIPT)
    rules = {"runOnly": {"type": "rule", "values": OF_WIDTH}} if again else {}
    results = AxeResults(page.evaluate(RUN, OPTIONS | rules))
    return str(results.generate_report()) if results.violations_count else ""
