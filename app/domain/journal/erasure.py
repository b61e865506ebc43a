"""Erasing what names a person: payloads go, the lines with their digests stay, and a line says so first."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import orjson
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.journal import system
from app.domain.journal.values import clean
from app.errors import Invalid, Message

SUBJECT = "erasure"
ERASED = "journal.erased"
LONGEST_REASON = 500
# Payloads that one line lists: the database looks them up there before it lets them go.
MOST_PER_LINE = 500

_PLACES = text(r"""
    SELECT payload.chain, payload.position FROM journal_payload payload
    JOIN journal_entry line USING (chain, position)
    WHERE payload.chain = :own
        OR payload.content ->> 'person_id' = :person
        OR (:written AND line.actor_id = CAST(:person AS bigint))
        OR (:hints <> '' AND CAST(payload.content AS text) ~* :hints AND (
            (:pattern <> '' AND CAST(payload.content AS text) ~* :pattern)
            OR EXISTS (
                SELECT FROM jsonb_path_query(payload.content, 'strict $.**') value
                WHERE lower(value #>> '{}') IN (SELECT lower(word) FROM unnest(CAST(:words AS text[])) word))))
    ORDER BY payload.chain COLLATE "C", payload.position
""")
_ERASE = text("""
    DELETE FROM journal_payload payload
    USING unnest(CAST(:chains AS text[]), CAST(:positions AS bigint[])) AS named(chain, position)
    WHERE payload.chain = named.chain AND payload.position = named.position
""")


@dataclass(frozen=True, slots=True)
class Named:
    """Whom to look for: the person's id, and what they are called: name, login, addresses."""

    person_id: int
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A line whose payload names the person."""

    chain: str
    position: int


def places_of(session: Session, named: Named, *, written: bool = False) -> list[Place]:
    """Return the lines whose payloads name a person, and those about them: their own chain of the system.

    A term that is a single common word, as a login often is, counts only where it is the whole of a value; a full name
    or an address counts wherever it stands. Capitals do not matter.

    Args:
        written: also everything that the person wrote, whether it names them or not.
    """
    terms = [variant for term in named.terms for variant in variants(clean(term).strip()) if term.strip()]
    telling = [within_json(term) for term in terms if is_telling(term)]
    found = session.execute(
        _PLACES,
        {
            "own": system.chain_of(f"person:{named.person_id}"),
            "person": str(named.person_id),
            "written": written,
            "pattern": rf"(^|\W)({'|'.join(telling)})($|\W)" if telling else "",
            "words": terms,
            # Most payloads hold none of it, which one look at each tells; only the others are taken apart.
            "hints": "|".join(sorted({within_json(term) for term in terms})),
        },
    )
    return [Place(row.chain, row.position) for row in found]


def erase(session: Session, named: Named, *, reason: str, actor_id: int | None, written: bool = False) -> Counter[str]:
    """Erase the payloads that name a person and note which and why; the chains stay whole.

    Returns:
        How many payloads went, by the kind of their chain: case, record, system.

    Raises:
        Invalid: there is no reason, or it is too long.
    """
    reason = " ".join(clean(reason).split())
    if not reason:
        raise Invalid({"reason": [Message("Please say why.")]})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": [Message("Please use at most {limit} characters.", limit=LONGEST_REASON)]})
    # One erasure at a time: what another one takes meanwhile must not be listed twice.
    system.take_turns(session, system.chain_of(SUBJECT))
    places = places_of(session, named, written=written)
    for some in _in_parts(places):
        erased: dict[str, list[int]] = {}
        for place in some:
            erased.setdefault(place.chain, []).append(place.position)
        # The line comes first; without it the database lets nothing go.
        system.note(
            session, ERASED, subject=SUBJECT, actor_id=actor_id,
            data={"person": named.person_id, "written": written, "erased": erased}, payload={"reason": reason},
        )  # fmt: skip
        session.execute(
            _ERASE, {"chains": [place.chain for place in some], "positions": [place.position for place in some]}
        )
    return kinds_of(places)


def kinds_of(places: Iterable[Place]) -> Counter[str]:
    """Count lines by the kind of their chain: case, record, system."""
    return Counter(place.chain.partition(":")[0] for place in places)


def _in_parts(places: list[Place]) -> Iterator[list[Place]]:
    # Where nothing was found there is a line all the same: that somebody looked is part of the answer to the person.
    for first in range(0, max(len(places), 1), MOST_PER_LINE):
        yield places[first : first + MOST_PER_LINE]


def variants(term: str) -> set[str]:
    """Return a term as it may be written, in small and capital letters."""
    # A database may know capitals of plain letters alone, and not that É is a large é.
    return {term, term.lower(), term.upper(), term.title()}


def is_telling(term: str) -> bool:
    """Tell whether a term names its person wherever it stands, like a full name or an address."""
    return len(term) >= 6 and re.search(r"\w[^\w]+\w", term) is not None


def within_json(term: str) -> str:
    """Return a pattern for the term as JSON writes it down, for PostgreSQL."""
    return re.sub(r"([^\w\s])", r"\\\1", orjson.dumps(term).decode()[1:-1])
