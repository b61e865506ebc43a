"""What pages of lists have in common: columns, filters that are kept and shared, and how they are chosen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from app.errors import Invalid, NotFound
from app.insight.batches import guard
from app.insight.lists import saved, tables
from app.insight.lists.catalogue import CASES
from app.insight.lists.columns import Column
from app.insight.lists.listing import Listing
from app.insight.lists.records import SavedFilter
from app.insight.lists.state import ListState, read_json, read_params, says_something
from app.web import list_words
from app.web.api.call import as_id
from app.web.dependencies import Visit, number, posted, text, visit
from app.web.exports import export
from app.web.i18n import gettext as _
from app.web.i18n import mark, tell
from app.web.lists import list_of, path_of
from app.web.names import role_title
from app.web.pages import changing
from app.web.rendering import capped

router = APIRouter(prefix="/lists/{key}")
Form = Annotated[FormData, Depends(posted)]


@dataclass(slots=True)
class Kept:
    """A kept filter as the side bar shows it."""

    id: int
    name: str
    href: str
    count: str
    here: bool
    shared: str
    usual: bool


@dataclass(slots=True)
class Heading:
    """The head of one column: how it is sorted now, and where sorting by it leads."""

    title: str
    href: str = ""
    sorted: str = ""


def show(it: Visit, key: str, *, title: str, status: int = 200, **values: Any) -> Response:
    """Answer with the page of a list as the address asks for it; a bare address opens the person's own filter."""
    listing = list_of(it, key)
    kind = it.parts.records.catalogue.get(key) if key != CASES else None
    params = it.request.query_params
    choice = saved.choice_of(it.session, it.viewer, key)
    if not params and choice.filter_id is not None:
        return RedirectResponse(f"{path_of(key)}?filter={choice.filter_id}", status_code=303)
    kept = _asked(it, key, params.get("filter", ""))
    pairs = params.multi_items()
    state = read_json(kept.state) if kept and not says_something(params) else read_params(pairs)
    if state.status not in ("", "open", *listing.statuses):
        state = read_params([*((name, value) for name, value in pairs if name != "status"), ("status", "open")])
    columns = listing.shown(state, choice.columns)
    problems = listing.problems(state)
    after = params.get("after", "")
    page, counts = None, [0]
    if not problems:
        try:
            page = listing.page(it.session, state, columns, after=after, brief=True)
        except Invalid:
            # Somebody changed the address by hand, or sorted otherwise meanwhile.
            page = listing.page(it.session, state, columns, brief=True)
        counts = [count or 0 for count in listing.counts(it.session, [state])]
    further = (("filter", str(kept.id)),) if kept else ()
    lines = page.lines if page else []
    return it.page(
        "lists/list.html",
        status=status,
        title=title,
        listing=listing,
        path=path_of(key),
        state=state,
        rows=list_words.rows_of(it, listing, state, problems),
        wrong=bool(problems),
        words=[list_words.in_words(it, listing, one) for one in state.active] if not problems else [],
        headings=[_heading(listing, state, column, further) for column in columns],
        lines=list(zip(lines, list_words.facts_of(it, listing, columns, lines), strict=True)),
        count=capped(counts[0]),
        total=counts[0],
        more=f"{path_of(listing.key)}?{state.query(('after', page.next), *further)}" if page and page.next else "",
        first=f"{path_of(listing.key)}?{state.query(*further)}" if after else "",
        statuses=_statuses(it, listing, state, further),
        addable=sorted(
            ((one.name, list_words.title_of(one)) for one in listing.columns.values()), key=lambda one: one[1].lower()
        ),
        chosen=_chosen(listing, columns),
        own_columns=bool(choice.columns),
        filters=_filters(it, listing, kept, choice.filter_id),
        kept=kept,
        may_change=kept is not None and saved.may_change(it.viewer, kept),
        audiences=_audiences(it, kept),
        query=state.query(),
        may_import=kind is not None and guard.may_import(it.viewer, kind),
        may_change_several=kind is not None and changing.may_change(it.viewer),
        **values,
    )


@router.get("/export.{format_of}")
def take_away(request: Request, key: str, format_of: tables.Format) -> Response:
    """Send the list as a file, with the rows and columns that the address asks for."""
    with visit(request) as it:
        listing = list_of(it, key)
        state = read_params(request.query_params.multi_items())
        try:
            return export(
                it, listing, state, listing.shown(state, saved.choice_of(it.session, it.viewer, key).columns), format_of
            )
        except Invalid as error:
            return _refused(it, path_of(key), state, error)


@router.post("/columns")
def choose_columns(request: Request, key: str, form: Form) -> Response:
    """Remember which columns the person wants to see, in which order; `usual` brings the usual ones back."""
    with visit(request) as it:
        listing = list_of(it, key)
        names = [] if text(form, "usual") else _ordered(listing, form)
        saved.choose_columns(it.session, it.viewer, key, names)
        state = _state(form)
        return it.to(f"{path_of(key)}?{_query(ListState(**_but_columns(state)), form)}")


@router.post("/filters")
def keep(request: Request, key: str, form: Form) -> Response:
    """Keep what the list shows under a name."""
    with visit(request) as it:
        list_of(it, key)
        try:
            kept = saved.keep(it.session, it.viewer, key, text(form, "name"), text(form, "shared_with"), _state(form))
        except Invalid as error:
            return _refused(it, path_of(key), _state(form), error, form)
        if text(form, "usual"):
            saved.open_with(it.session, it.viewer, key, kept.id)
        return it.to(f"{path_of(key)}?filter={kept.id}", mark("The filter is kept."))


@router.post("/filters/{filter_id}")
def change(request: Request, key: str, filter_id: str, form: Form) -> Response:
    """Change a kept filter; what it shows becomes what the page showed."""
    with visit(request) as it:
        version = text(form, "version")
        try:
            saved.change(
                it.session, it.viewer, key, as_id(filter_id), name=text(form, "name"),
                shared_with=text(form, "shared_with"), state=_state(form),
                version=number(version),
            )  # fmt: skip
        except Invalid as error:
            return _refused(it, path_of(key), _state(form), error, form)
        return it.to(f"{path_of(key)}?filter={filter_id}", mark("The filter is changed."))


@router.post("/filters/{filter_id}/remove")
def remove(request: Request, key: str, filter_id: str, form: Form) -> Response:
    """Remove a kept filter."""
    with visit(request) as it:
        saved.remove(it.session, it.viewer, key, as_id(filter_id))
        return it.to(f"{path_of(key)}?{_query(_state(form))}", mark("The filter is removed."))


@router.post("/opens-with")
def open_with(request: Request, key: str, form: Form) -> Response:
    """Choose the filter that the list opens with; none brings the usual back."""
    with visit(request) as it:
        list_of(it, key)
        chosen = text(form, "filter")
        saved.open_with(it.session, it.viewer, key, as_id(chosen) if chosen else None)
        return it.to(
            f"{path_of(key)}?filter={chosen}" if chosen else f"{path_of(key)}?status=open",
            mark("This list opens with it from now on.") if chosen else mark("This list opens as usual from now on."),
        )


def _refused(it: Visit, path: str, state: ListState, error: Invalid, form: FormData | None = None) -> Response:
    """Send the browser back to the list, saying what did not fit; what was typed is short."""
    said = tell(next(iter(error.fields.values()))[0])
    return it.to(f"{path}?{_query(state, form)}", said.replace("%", "%%"), kind="warn")


def _state(form: FormData) -> ListState:
    return read_params(parse_qsl(text(form, "state"), keep_blank_values=True))


def _query(state: ListState, form: FormData | None = None) -> str:
    kept = text(form, "filter") if form is not None else ""
    return state.query(*((("filter", kept),) if kept else ()))


def _but_columns(state: ListState) -> dict[str, Any]:
    return {"status": state.status, "text": state.text, "conditions": state.conditions, "sort": state.sort}


def _ordered(listing: Listing, form: FormData) -> list[str]:
    """Return the ticked columns by the numbers written beside them; what has no number comes last."""
    ticked = [str(name) for name in form.getlist("column") if str(name) in listing.columns]

    def place(name: str) -> int:
        number = text(form, f"place-{name}")
        return int(number) if number.isascii() and number.isdecimal() and len(number) < 4 else 1000

    return sorted(dict.fromkeys(ticked), key=place)[:30]


def _asked(it: Visit, key: str, asked: str) -> SavedFilter | None:
    if not asked:
        return None
    try:
        return saved.find(it.session, it.viewer, key, as_id(asked))
    except NotFound:
        # Removed, or shared no longer: a bookmark still leads to the list.
        return None


def _heading(listing: Listing, state: ListState, column: Column, further: Sequence[tuple[str, str]]) -> Heading:
    title = list_words.title_of(column)
    if not column.sortable:
        return Heading(title)
    here = state.sorted_by == column.name
    sort = f"-{column.name}" if here and not state.descending else column.name
    now = ("descending" if state.descending else "ascending") if here else ""
    return Heading(title, f"{path_of(listing.key)}?{state.query(*further, sort=sort)}", now)


def _statuses(
    it: Visit, listing: Listing, state: ListState, further: Sequence[tuple[str, str]]
) -> list[tuple[str, str, bool]]:
    words = list_words.options_of(it, listing, listing.columns["status"])
    known = [
        ("open", _("All open")),
        *((key, _capitalised(words.get(key, key))) for key in listing.statuses if key not in ("open", "running")),
        ("", _("All")),
    ]
    return [
        (f"{path_of(listing.key)}?{state.query(*further, status=key)}", title, state.status == key)
        for key, title in known
    ]


def _capitalised(word: str) -> str:
    """Return a word that begins in capitals; what else is written so stays, as nouns in German."""
    return word[:1].upper() + word[1:]


def _chosen(listing: Listing, shown: Sequence[Column]) -> list[tuple[str, str, int]]:
    """Return all columns with their places: first those that are shown."""
    names = [column.name for column in shown]
    rest = sorted(
        (one for one in listing.columns.values() if one.name not in names), key=lambda one: list_words.title_of(one)
    )
    places = [(column.name, list_words.title_of(column), place) for place, column in enumerate(shown, 1)]
    return [*places, *((column.name, list_words.title_of(column), 0) for column in rest)]


def _filters(it: Visit, listing: Listing, here: SavedFilter | None, usual: int | None) -> list[Kept]:
    found = saved.filters_of(it.session, it.viewer, listing.key)
    counts = listing.counts(it.session, [read_json(kept.state) for kept in found])
    return [
        Kept(
            kept.id,
            kept.name,
            f"{path_of(listing.key)}?filter={kept.id}",
            "" if count is None else capped(count),
            here is not None and here.id == kept.id,
            _shared(kept.shared_with),
            kept.id == usual,
        )  # fmt: skip
        for kept, count in zip(found, counts, strict=True)
    ]


def _shared(with_whom: str) -> str:
    if with_whom == saved.EVERYBODY:
        return _("everybody")
    return role_title(with_whom) if with_whom else ""


def _audiences(it: Visit, kept: SavedFilter | None) -> list[tuple[str, str]]:
    known = [*saved.audiences(it.viewer)]
    if kept is not None and kept.shared_with and kept.shared_with not in known:
        known.append(kept.shared_with)
    return [(one, _shared(one)) for one in known]
