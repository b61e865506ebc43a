"""Filters that people keep: their own and those shared with them, the columns they chose, what a list opens with."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.journal.values import clean
from app.errors import Conflict, Forbidden, Invalid, Message, NotFound
from app.insight.access import Viewer
from app.insight.lists.records import ListChoice, SavedFilter
from app.insight.lists.state import ListState

EVERYBODY = "everybody"
LONGEST_NAME = 80
# Of one person, for one list.
MOST_FILTERS = 50
# Of all that are shared with a person, as many as a page shows.
MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person has chosen for a list: columns (none: the usual ones) and the filter that it opens with."""

    columns: tuple[str, ...] = ()
    filter_id: int | None = None


def audiences(viewer: Viewer) -> tuple[str, ...]:
    """Return with whom a person may share a filter; who has no part in the work shares with nobody."""
    return (EVERYBODY, *sorted(viewer.roles)) if viewer.knows_people else ()


def filters_of(session: Session, viewer: Viewer, key: str) -> list[SavedFilter]:
    """Return the filters of a list that a person may use, their own first."""
    query = select(SavedFilter).where(SavedFilter.list_key == key, _usable(viewer))
    own_first = (SavedFilter.owner_id == viewer.person_id).desc()
    return list(session.scalars(query.order_by(own_first, SavedFilter.name, SavedFilter.id).limit(MOST_SHOWN)))


def find(session: Session, viewer: Viewer, key: str, filter_id: int) -> SavedFilter:
    """Return a filter that a person may use.

    Raises:
        NotFound: there is none.
    """
    found = session.scalar(
        select(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.list_key == key, _usable(viewer))
    )
    if found is None:
        raise NotFound
    return found


def may_change(viewer: Viewer, kept: SavedFilter) -> bool:
    """Tell whether a person may change or remove a filter: their own, or as an administrator a shared one."""
    return kept.owner_id == viewer.person_id or viewer.administrator


def keep(session: Session, viewer: Viewer, key: str, name: str, shared_with: str, state: ListState) -> SavedFilter:
    """Keep a filter under a name.

    Raises:
        Invalid: the name is missing, too long or taken, there are too many, or it cannot be shared like that.
    """
    name = _name(session, viewer, key, name)
    _check_audience(viewer, shared_with)
    mine = select(SavedFilter.id).where(SavedFilter.owner_id == viewer.person_id, SavedFilter.list_key == key)
    if len(session.scalars(mine.limit(MOST_FILTERS)).all()) >= MOST_FILTERS:
        raise Invalid({"name": [Message("You keep {limit} filters of this list already.", limit=MOST_FILTERS)]})
    kept = SavedFilter(
        list_key=key, name=name, owner_id=viewer.person_id, shared_with=shared_with, state=state.as_json(),
        updated_at=clock.now(),
    )  # fmt: skip
    session.add(kept)
    session.flush()
    if shared_with:
        _note(session, "filter.shared", viewer, kept, "")
    return kept


def change(
    session: Session,
    viewer: Viewer,
    key: str,
    filter_id: int,
    *,
    name: str,
    shared_with: str,
    state: ListState | None,
    version: int | None,
) -> SavedFilter:
    """Change a filter: its name, with whom it is shared and, with `state`, what it shows.

    Raises:
        NotFound, Forbidden: there is none, or it is somebody else's.
        Conflict: it has been changed since the page was opened (`version`).
        Invalid: as for `keep`.
    """
    kept = _changeable(session, viewer, key, filter_id)
    if version is not None and version != kept.version:
        raise Conflict("Somebody has changed this filter meanwhile. Please look at it again.")
    kept.name = _name(session, viewer, key, name, but=kept)
    before = kept.shared_with
    if shared_with != before:
        _check_audience(viewer, shared_with)
        kept.shared_with = shared_with
    if state is not None:
        kept.state = state.as_json()
    kept.updated_at = clock.now()
    session.flush()
    if before or shared_with:
        _note(session, "filter.shared" if before != shared_with else "filter.changed", viewer, kept, before)
    return kept


def remove(session: Session, viewer: Viewer, key: str, filter_id: int) -> None:
    """Remove a filter; whoever opened the list with it sees the usual again.

    Raises:
        NotFound, Forbidden: there is none, or it is somebody else's.
    """
    kept = _changeable(session, viewer, key, filter_id)
    if kept.shared_with:
        _note(session, "filter.removed", viewer, kept, kept.shared_with)
    session.execute(delete(SavedFilter).where(SavedFilter.id == kept.id))


def choice_of(session: Session, viewer: Viewer, key: str) -> Choice:
    """Return what a person has chosen for a list."""
    found = session.get(ListChoice, (viewer.person_id, key))
    return Choice(tuple(found.columns), found.filter_id) if found else Choice()


def choose_columns(session: Session, viewer: Viewer, key: str, names: Sequence[str]) -> None:
    """Remember a person's columns of a list; none brings the usual ones back."""
    _choose(session, viewer, key, columns=list(names))


def open_with(session: Session, viewer: Viewer, key: str, filter_id: int | None) -> None:
    """Remember the filter that a list opens with for a person; none brings the usual back.

    Raises:
        NotFound: they may not use this filter.
    """
    if filter_id is not None:
        find(session, viewer, key, filter_id)
    _choose(session, viewer, key, filter_id=filter_id)


def _choose(session: Session, viewer: Viewer, key: str, **values: object) -> None:
    row = insert(ListChoice).values(person_id=viewer.person_id, list_key=key, **values)
    session.execute(row.on_conflict_do_update(index_elements=["person_id", "list_key"], set_=values))


def _usable(viewer: Viewer) -> ColumnElement[bool]:
    return or_(
        SavedFilter.owner_id == viewer.person_id,
        SavedFilter.shared_with.in_([EVERYBODY, *sorted(viewer.roles)]),
        *([SavedFilter.shared_with != ""] if viewer.administrator else []),
    )


def _changeable(session: Session, viewer: Viewer, key: str, filter_id: int) -> SavedFilter:
    find(session, viewer, key, filter_id)
    kept = session.get_one(SavedFilter, filter_id, with_for_update=LOCKED, populate_existing=True)
    if not may_change(viewer, kept):
        raise Forbidden("You may not do this")
    return kept


def _name(session: Session, viewer: Viewer, key: str, name: str, but: SavedFilter | None = None) -> str:
    name = " ".join(clean(name).split())
    if not name:
        raise Invalid({"name": [Message("Please fill this in.")]})
    if len(name) > LONGEST_NAME:
        raise Invalid({"name": [Message("Please use at most {limit} characters.", limit=LONGEST_NAME)]})
    owner = but.owner_id if but else viewer.person_id
    same = select(SavedFilter.id).where(
        SavedFilter.list_key == key, SavedFilter.owner_id == owner, SavedFilter.name == name
    )
    if but is not None:
        same = same.where(SavedFilter.id != but.id)
    if session.scalar(same.limit(1)) is not None:
        raise Invalid({"name": [Message("You have a filter of this name already.")]})
    return name


def _check_audience(viewer: Viewer, shared_with: str) -> None:
    if shared_with and shared_with not in audiences(viewer):
        raise Invalid({"shared_with": [Message("You can share with everybody or with roles and teams of your own.")]})


def _note(session: Session, event: str, viewer: Viewer, kept: SavedFilter, before: str) -> None:
    data = {"filter": kept.id, "before": before, "after": "" if event == "filter.removed" else kept.shared_with}
    system.note(
        session,
        event,
        subject=f"list:{kept.list_key}",
        actor_id=viewer.person_id,
        data=data,
        payload={"name": kept.name},
    )
