"""My work: the list of tasks with its tabs, groups and filters."""

import base64
import binascii
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from app import clock
from app.errors import Invalid
from app.insight import inbox
from app.insight.inbox import Badge, Counts, Cursor, Filter, Row, Tab
from app.processes.versions import Version
from app.web import formats
from app.web.dependencies import Visit, query, visit
from app.web.formats import Due
from app.web.i18n import Place, here, label, meant_by
from app.web.i18n import gettext as _
from app.web.names import colour, known_diagrams, named, priority_name, role_title
from app.web.pages.work_head import Choice, Head, Menu, drawn
from app.web.rendering import render

router = APIRouter()
_TABS: dict[str, Tab] = {"put_off": "put_off", "teams": "teams", "escalated": "escalated", "done": "done"}
LONGEST_TEXT = 100


@dataclass(slots=True)
class Asked:
    """What the query string of a list asks for; `tomorrow` is when that begins for the person."""

    params: dict[str, str]
    filter: Filter
    now: datetime
    tomorrow: datetime


class Beside(NamedTuple):
    """What a row shows that does not stand in it; `mine` is the person's own name if the task is theirs."""

    tab: Tab
    keep: str
    process: str
    mine: str
    who: str
    escalated: str
    current: bool


class Line(NamedTuple):
    """One row of the list, what is shown with it, and both as HTML."""

    row: Row
    beside: Beside
    html: Markup


@dataclass(slots=True)
class Group:
    """Lines under a heading; `count` is of the whole group, not only of this page."""

    title: str
    count: int | None
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class ListView:
    """The list beside a task."""

    head: Head
    params: dict[str, str]
    groups: list[Group]
    rows: list[Row]
    next: str
    first: str
    here: str

    @property
    def badge(self) -> Badge:
        """The number for the navigation, counted along with the tabs."""
        return Badge(self.head.counts.mine, self.head.counts.mine_late)

    @property
    def query(self) -> str:
        """The query string that keeps filters from page to page."""
        return query(self.params)

    def drawn_head(self, beside: bool) -> Markup:
        """Return what stands above the rows as HTML."""
        return drawn(self.head, beside, here().language)


@router.get("/")
def home() -> Response:
    """Lead to the work list."""
    return RedirectResponse("/work", status_code=303)


@router.get("/work")
def my_work(request: Request) -> Response:
    """Show the list without a task beside it."""
    with visit(request, reading=True) as it:
        view = list_view(it)
        return it.page("work/page.html", list=view, detail=None, badge=view.badge)


def asked_of(it: Visit) -> Asked:
    """Read which list the request's query string asks for."""
    given = it.request.query_params
    tab = given.get("tab", "")
    params = {
        "tab": tab if tab in _TABS else "",
        "due": "week" if given.get("due") == "week" else "",
        "high": "1" if given.get("high") else "",
        "process": given.get("process", "")[:LONGEST_TEXT],
        "role": given.get("role", "")[:LONGEST_TEXT],
        "q": given.get("q", "").strip()[:LONGEST_TEXT],
        "after": given.get("after", "")[:LONGEST_TEXT],
    }
    now = clock.now()
    tomorrow, next_week = formats.midnights(now)
    wanted = Filter(
        tab=_TABS.get(params["tab"], "mine"),
        due_before=next_week if params["due"] else None,
        high=bool(params["high"]),
        process=params["process"],
        role=params["role"],
        text=params["q"],
        names=meant_by(params["q"]),
    )
    return Asked(params, wanted, now, tomorrow)


def list_view(it: Visit, current: int = 0) -> ListView:
    """Read the list that the request's query string asks for; `current` is the task shown beside it."""
    asked = asked_of(it)
    params, wanted, now, tomorrow = asked.params, asked.filter, asked.now, asked.tomorrow
    after = read_cursor(params["after"])
    listing, counts = inbox.overview(it.session, it.viewer, wanted, after, now, tomorrow)
    catalogue = known_diagrams(it)
    keep = query(params)
    others = (f"person:{row.assignee_id}" for row in listing.rows if row.assignee_id not in (None, it.viewer.person_id))
    called = named(it, [*others, *(row.escalated_to for row in listing.rows)])
    processes = {key: label(version.name) for key, version in catalogue.items()}
    unclaimed, me, somewhere = _("unclaimed"), it.viewer.person_id, here()
    lines: list[Line] = []
    for row in listing.rows:
        mine = row.assignee_id == me
        beside = Beside(
            wanted.tab, keep, processes.get(row.diagram, row.diagram), it.identity.name if mine else "",
            "" if mine else called.get(f"person:{row.assignee_id}", unclaimed),
            called.get(row.escalated_to or "", ""), row.id == current,
        )  # fmt: skip
        lines.append(Line(row, beside, _drawn(row, beside, _minutes_left(row, now), tomorrow, somewhere)))
    groups = _groups(lines, counts, wanted, now, tomorrow)
    following = query({**params, "after": write_cursor(listing.next)}) if listing.next else ""
    head = Head(
        wanted.tab, tuple(params.items()), counts, _menus(it, params, catalogue),
        any(it.viewer.runs(area) for area in it.viewer.areas), bool(listing.rows),
    )  # fmt: skip
    return ListView(
        head=head,
        params=params,
        groups=groups,
        rows=listing.rows,
        next=f"/work{following}" if following else "",
        first="/work" + query({**params, "after": ""}),
        here=f"/work{keep}",
    )


def _minutes_left(row: Row, now: datetime) -> int | None:
    """Return until when a row says the same: while this number does; below zero when the task is late."""
    if row.due_at is None:
        return None
    left = (row.due_at - now).total_seconds()
    return int(left // 60) if left >= 0 else -1 - int(-left // 60)


# The arguments are everything that a row's words depend on: its minute, the day, and the reader's language and zone.
@lru_cache(maxsize=4096)
def _drawn(row: Row, beside: Beside, _left: int | None, _tomorrow: datetime, _somewhere: Place) -> Markup:
    # People look at the same rows again and again; drawing thirty of them anew is a third of what the page costs.
    if row.completed_at is not None:
        due: Due | None = Due(formats.when(row.completed_at), "", row.completed_at)
    elif beside.tab == "put_off" and row.put_off_until is not None:
        due = Due(_("until %(when)s") % {"when": formats.when(row.put_off_until)}, "", row.put_off_until)
    else:
        due = formats.due(row.due_at)
    values = {
        "row": row, "beside": beside, "due": due, "name": label(row.name), "colour": colour(row.area),
        "priority": _(priority_name(row.priority)), "level": min(row.priority, 4),
    }  # fmt: skip
    return Markup(render("work/row.html", values))  # noqa: S704 - the template escapes


def _groups(lines: list[Line], counts: Counts, wanted: Filter, now: datetime, tomorrow: datetime) -> list[Group]:
    if wanted.tab == "put_off":
        return [Group(_("Later, put off"), counts.put_off, lines)] if lines else []
    if wanted.tab == "done":
        return [Group("", None, lines)]
    groups = [
        Group(_("Overdue"), counts.late),
        Group(_("Due today"), counts.today),
        Group(_("Later"), counts.later),
    ]
    for line in lines:
        due = line.row.due_at
        place = 2 if due is None or due >= tomorrow else 0 if due < now else 1
        groups[place].lines.append(line)
    return [group for group in groups if group.lines]


def next_of_list(it: Visit, tab: Tab, left: Cursor, task_id: int) -> int | None:
    """Return the task to go on to from a place in the list that the request asks for: what follows it, else the first.

    None when the list holds no other task that is still to be done.
    """
    if tab == "done":
        return None
    wanted = asked_of(it).filter
    for after in (left, None):
        for row in inbox.listing(it.session, it.viewer, wanted, after, limit=2).rows:
            if row.id != task_id:
                return row.id
    return None


def _menus(it: Visit, params: dict[str, str], catalogue: dict[str, Version]) -> tuple[Menu, ...]:
    areas = it.viewer.areas
    processes = [
        Choice(key, label(version.name))
        for key, version in catalogue.items()
        if version.meta.get("start_roles") and (it.viewer.sees_all or version.area in areas)
    ]
    menus = [_menu("process", _("Process"), sorted(processes, key=lambda choice: choice.label), params)]
    if params["tab"] == "teams" and len(it.viewer.roles) > 1:
        roles = sorted((Choice(role, role_title(role)) for role in it.viewer.roles), key=lambda choice: choice.label)
        menus.append(_menu("role", _("Role or team"), roles, params))
    return tuple(menu for menu in menus if menu.choices)


def _menu(name: str, title: str, choices: list[Choice], params: dict[str, str]) -> Menu:
    chosen = next((choice.label for choice in choices if choice.value == params[name]), title)
    return Menu(name, chosen, tuple(choices))


def write_cursor(cursor: Cursor) -> str:
    """Write the place behind a page's last row as an opaque text."""
    text = f"{cursor.at.isoformat() if cursor.at else ''} {cursor.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str) -> Cursor | None:
    """Read what `write_cursor` wrote.

    Raises:
        Invalid: it was not written by us.
    """
    if not text:
        return None
    try:
        at, _blank, identity = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(" ")
        return Cursor(datetime.fromisoformat(at) if at else None, int(identity))
    except (ValueError, binascii.Error):
        raise Invalid({}, "This page of the list does not exist.") from None
