"""Changing several records of a list at once: which ones, what, and then the preview."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.records.kinds import Kind
from app.errors import Forbidden, Invalid, Message
from app.insight.access import Viewer
from app.insight.batches import choosing
from app.insight.batches.fields import Target
from app.insight.batches.references import exact
from app.insight.lists.listing import Listing
from app.insight.lists.state import ListState, read_params
from app.web import batches, list_words
from app.web.dependencies import Visit, posted, text, visit
from app.web.i18n import gettext as _
from app.web.lists import list_of, path_of
from app.web.rendering import capped

router = APIRouter(prefix="/lists/{key}/change")
Form = Annotated[FormData, Depends(posted)]
TICKED = 200
LONGEST_ID = 18


def may_change(viewer: Viewer) -> bool:
    """Tell whether a person may change several records at once: whoever has a part in the work; which, is seen then."""
    return viewer.knows_people


@router.get("")
def choose(request: Request, key: str) -> Response:
    """Show the list with a box before each record, and the fields that may be changed."""
    with visit(request) as it:
        return _choose(it, _kind(it, key), read_params(request.query_params.multi_items()))


@router.post("")
def ask(request: Request, key: str, data: Form) -> Response:
    """Ask for the new values."""
    with visit(request) as it:
        kind, state = _kind(it, key), _state(data)
        names = [str(name) for name in data.getlist("field")]
        try:
            ids = _ids(it, kind, state, data)
        except Invalid as refusal:
            return _choose(it, kind, state, errors=refusal.fields, status=422)
        return _values(it, kind, state, data, names, len(ids))


@router.post("/plan")
def plan(request: Request, key: str, data: Form) -> Response:
    """Find out what the change would do to each record."""
    with visit(request) as it:
        kind, state = _kind(it, key), _state(data)
        names = [str(name) for name in data.getlist("field")]
        ids: list[int] = []
        try:
            ids = _ids(it, kind, state, data)
            order = batches.order_of(
                it, kind, ids, _texts(it, kind, names, data),
                added=text(data, "tags_added"), removed=text(data, "tags_removed"), watch=text(data, "watch"),
                unwatch=text(data, "unwatch"),
            )  # fmt: skip
            batch = it.parts.batches.choose(it.session, it.viewer, kind, order)
        except Invalid as refusal:
            it.undo()
            return _values(it, kind, state, data, names, len(ids), errors=refusal.fields, status=422)
        return it.to(f"/lists/{kind.key}/batches/{batch.id}")


def _kind(it: Visit, key: str) -> Kind:
    kind = it.parts.records.catalogue.get(key)
    if not may_change(it.viewer):
        raise Forbidden("You may not do this")
    return kind


def _state(data: FormData) -> ListState:
    return read_params(parse_qsl(text(data, "state"), keep_blank_values=True))


def _typed(data: FormData, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _texts(it: Visit, kind: Kind, names: list[str], data: FormData) -> dict[str, str]:
    """Return what is written for each field; what was chosen from the suggestions as a text that means it alone."""
    targets, found = batches.to_change(it, kind), {}
    for name in names:
        typed, chosen = _written(data, f"value-{name}")
        meant = exact(it.session, it.viewer, targets[name].entity, chosen) if chosen and name in targets else ""
        found[name] = meant or typed
    return found


def _written(data: FormData, name: str) -> tuple[str, str]:
    """Return the text of an input and, of a reference whose text was not changed since, the id that was chosen."""
    if f"{name}~text" not in data:
        return _typed(data, name), ""
    typed = _typed(data, f"{name}~text")
    return typed, _typed(data, name) if typed.strip() == _typed(data, f"{name}~label").strip() else ""


def _ids(it: Visit, kind: Kind, state: ListState, data: FormData) -> list[int]:
    """Return the records that are meant: all that the list shows, or those that are ticked.

    Raises:
        Invalid: none, or too many.
    """
    if text(data, "which") == "all":
        ids = list_of(it, kind.key).ids(it.session, state, choosing.MOST + 1)
    else:
        texts = [value for value in data.getlist("record") if isinstance(value, str)]
        ids = sorted({int(value) for value in texts if value.isdecimal() and len(value) <= LONGEST_ID})
    if not ids:
        raise Invalid({"record": [Message("Choose records.")]})
    if len(ids) > choosing.MOST:
        raise Invalid({"record": [Message("At most {most} records at once.", most=choosing.MOST)]})
    return ids


def _choose(
    it: Visit, kind: Kind, state: ListState, *, errors: dict[str, list[str]] | None = None, status: int = 200
) -> Response:
    listing: Listing = list_of(it, kind.key)
    if listing.problems(state):
        state = ListState(status=state.status)
    columns = [one for one in listing.shown(state) if one.name not in ("number", "title")][:3]
    columns = [listing.columns["number"], listing.columns["title"], *columns]
    page = listing.page(it.session, state, columns, limit=TICKED, brief=True)
    [count] = listing.counts(it.session, [state])
    targets = batches.to_change(it, kind) if it.viewer.runs(kind.area) or it.viewer.limited else {}
    return it.page(
        "lists/change.html",
        status=status,
        kind=kind,
        plural=_(kind.plural),
        back=f"{path_of(kind.key)}?{state.query()}",
        query=state.query(),
        words=[list_words.in_words(it, listing, one) for one in state.active],
        headings=[list_words.title_of(column) for column in columns],
        lines=list(zip(page.lines, list_words.facts_of(it, listing, columns, page.lines), strict=True)),
        count=capped(count or 0),
        more=bool(page.next),
        ticked=TICKED,
        fields=_sorted(one for one in targets.values() if not one.custom),
        custom=_sorted(one for one in targets.values() if one.custom),
        errors=errors or {},
    )


def _sorted(targets: Iterable[Target]) -> list[tuple[str, str]]:
    return sorted(((one.name, one.title) for one in targets), key=lambda one: one[1].casefold())


def _values(
    it: Visit,
    kind: Kind,
    state: ListState,
    data: FormData,
    names: list[str],
    many: int,
    *,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    targets = batches.to_change(it, kind)
    chosen: list[Target] = [targets[name] for name in dict.fromkeys(names) if name in targets]
    inputs = ("tags_added", "tags_removed", "watch", "unwatch")
    return it.page(
        "lists/change_values.html",
        status=status,
        kind=kind,
        plural=_(kind.plural),
        back=f"/lists/{kind.key}/change?{state.query()}",
        query=state.query(),
        which=text(data, "which"),
        records=[value for value in data.getlist("record") if isinstance(value, str)],
        fields=[(one, batches.options(one), *_written(data, f"value-{one.name}")) for one in chosen],
        written={name: text(data, name) for name in inputs},
        many=many,
        errors=errors or {},
    )
