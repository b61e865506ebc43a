"""What stands above the list of tasks: its tabs with their counts, its filters, the search in it."""

from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from app.insight.inbox import Counts, Tab
from app.web.dependencies import query
from app.web.rendering import render


class Choice(NamedTuple):
    """One entry of a filter menu."""

    value: str
    label: str


class Menu(NamedTuple):
    """A filter with several values; `chosen` is the label of the one that is set, else the filter's own name."""

    name: str
    chosen: str
    choices: tuple[Choice, ...]


class Head(NamedTuple):
    """Everything that decides what stands there.

    `given` is what the address asks for, `leads` whether the person may see the workload, `some` that there are rows.
    """

    tab: Tab
    given: tuple[tuple[str, str], ...]
    counts: Counts
    menus: tuple[Menu, ...]
    leads: bool
    some: bool

    @property
    def params(self) -> dict[str, str]:
        """What the address asks for, by name."""
        return dict(self.given)

    @property
    def query(self) -> str:
        """The query string that keeps filters from page to page."""
        return query(self.params)

    @property
    def filtered(self) -> bool:
        """Whether a filter is set."""
        return any(value for name, value in self.given if name in ("due", "high", "process", "role", "q"))

    @property
    def plain(self) -> str:
        """The tab without filters."""
        return "/work" + query({"tab": self.params["tab"]})

    def toggle(self, name: str, value: str) -> str:
        """Return the address with one filter switched on, or off when it is on."""
        params = self.params
        changed = "" if params[name] == value else value
        return "/work" + query({**params, name: changed, "after": ""})


@lru_cache(maxsize=2048)
def drawn(head: Head, beside: bool, _language: str) -> Markup:
    """Return it as HTML; `beside` a task it is no longer the page's first heading."""
    # It changes when a task comes or goes, and not from one look to the next.
    return Markup(render("work/head.html", {"head": head, "beside": beside}))  # noqa: S704 - the template escapes
