"""Whom and what names in a table mean: looked up together, and told apart where several are called the same."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Select, cast, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session

from app.database.ids import number
from app.domain.people.records import Person, Team
from app.domain.records import words
from app.domain.records.records import Record
from app.errors import Message
from app.insight.access import Viewer, visible_records
from app.insight.batches.cells import cut

# So many namesakes are told apart in a complaint.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody or something that a text may mean: `rank` 0 for a login or number, 1 for a name; `label` is exact."""

    id: int
    label: str
    rank: int
    active: bool = True


class References:
    """What texts mean, for one person: who is named, and records that they may know of."""

    def __init__(self, session: Session, viewer: Viewer, wanted: Mapping[str, Iterable[str]]) -> None:
        """Look up all texts by entity, with one statement for each entity."""
        self._found: dict[tuple[str, str], list[Candidate]] = {}
        for entity, texts in wanted.items():
            small = sorted({_plain(text) for text in texts})
            if not small:
                continue
            query = {"person": _persons, "team": _teams}.get(entity)
            statement = query(small) if query else _records(small, entity, viewer)
            for row in session.execute(statement):
                candidate = Candidate(row.id, row.label, row.rank, row.active)
                known = self._found.setdefault((entity, row.said), [])
                if candidate.id not in [one.id for one in known]:
                    known.append(candidate)

    def id_of(self, entity: str, text: str) -> str:
        """Return the id that a text means.

        Raises:
            ValueError: nobody and nothing, or several; says which.
        """
        found = self._found.get((entity, _plain(text)), [])
        best = [one for one in found if one.rank == 0] or [one for one in found if one.active] or found
        if not best:
            raise ValueError(Message(_NOBODY.get(entity, _NOTHING), value=cut(text.strip())))
        if len(best) > 1:
            several = ", ".join(one.label for one in best[:SHOWN]) + (" …" if len(best) > SHOWN else "")
            raise ValueError(Message(_SEVERAL.get(entity, _MANY), value=cut(text.strip()), several=several))
        return str(best[0].id)


def exact(session: Session, viewer: Viewer, entity: str, identity: str) -> str:
    """Return the text that means one person, team or record and no other; empty when there is none to be known of."""
    id_of = number(identity)
    if id_of is None:
        return ""
    queries: dict[str, Select[str]] = {
        "person": select(Person.login).where(Person.id == id_of),
        "team": select(Team.key).where(Team.id == id_of),
    }
    known = (Record.kind == entity, visible_records(viewer))
    query = queries.get(entity, select(Record.number).where(Record.id == id_of, *known))
    return session.scalar(query) or ""


# Templates; what is missing in them is filled in where something is wrong.
_NOBODY = {
    "person": Message("There is nobody called “{value}”."),
    "team": Message("There is no team “{value}”."),
}
_NOTHING = Message("There is no “{value}” that you may know of.")
_SEVERAL = {
    "person": Message("“{value}” may be: {several}. Write the login."),
    "team": Message("“{value}” may be: {several}. Write the key."),
}
_MANY = Message("“{value}” may be: {several}. Write the number.")


def _plain(text: str) -> str:
    return " ".join(text.split())


def _persons(texts: list[str]) -> Select[tuple[str, int, str, int, bool]]:
    said = _said(texts)
    parts = [
        select(said.label("said"), Person.id, Person.login.label("label"), literal(rank).label("rank"), Person.active)
        .where(func.lower(column) == func.lower(said))
        for rank, column in ((0, Person.login), (0, Person.email), (1, Person.name))
    ]  # fmt: skip
    # An address may be shared; then it tells nobody apart, and the complaint names them.
    found = union_all(*parts).subquery()
    return select(found.c.said, found.c.id, found.c.label, found.c.rank, found.c.active).order_by(
        found.c.said, found.c.rank, found.c.label
    )


def _teams(texts: list[str]) -> Select[tuple[str, int, str, int, bool]]:
    said = _said(texts)
    parts = [
        select(said.label("said"), Team.id, Team.key.label("label"), literal(rank).label("rank"),
               true().label("active"))
        .where(func.lower(column) == func.lower(said))
        for rank, column in ((0, Team.key), (1, Team.name))
    ]  # fmt: skip
    found = union_all(*parts).subquery()
    return select(found.c.said, found.c.id, found.c.label, found.c.rank, found.c.active).order_by(
        found.c.said, found.c.rank, found.c.label
    )


def _records(texts: list[str], kind: str, viewer: Viewer) -> Select[tuple[str, int, str, int, bool]]:
    said = _said(texts)
    # An export writes number and title.
    number = func.upper(func.split_part(said, " ", 1))
    known = (Record.kind == kind, visible_records(viewer))
    numbered = [text for text in texts if words.NUMBER.match(text)]
    parts = [
        select(said.label("said"), Record.id, Record.number.label("label"), literal(1).label("rank"),
               Record.closed_at.is_(None).label("active"))
        .where(func.lower(Record.title) == func.lower(said), *known)
    ]  # fmt: skip
    if numbered:
        parts.append(
            select(said.label("said"), Record.id, Record.number.label("label"), literal(0).label("rank"),
                   true().label("active"))
            .where(Record.number == number, *known)
        )  # fmt: skip
    found = union_all(*parts).subquery()
    return select(found.c.said, found.c.id, found.c.label, found.c.rank, found.c.active).order_by(
        found.c.said, found.c.rank, found.c.label
    )


def _said(texts: list[str]):  # type: ignore[no-untyped-def]
    return func.unnest(cast(texts, ARRAY(TEXT)), type_=TEXT).column_valued("said")
