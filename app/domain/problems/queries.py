"""Known errors that fit a description."""

from dataclasses import dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.domain.problems.records import KnownError
from app.domain.records import words

# Ranked by PostgreSQL; only so many are then compared word by word.
CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known error that shares words with a description."""

    id: int
    number: str
    title: str
    symptoms: str
    workaround: str
    service_id: int | None


def known_errors_about(session: Session, text: str, *, service_id: int | None = None) -> list[Candidate]:
    """Return active known errors with a workaround that share a telling word with the text, best first.

    Args:
        text: what was reported.
        service_id: the affected service; known errors of other services are left out, those of none are not.
    """
    telling = words.telling_words(text)
    if not telling:
        return []
    query = words.any_of(telling)
    everything = KnownError.search.op("||")(KnownError.words)
    statement = select(KnownError).where(
        KnownError.status == "active",
        KnownError.workaround.is_not(None),
        or_(KnownError.search.op("@@")(query), KnownError.words.op("@@")(query)),
    )
    if service_id is not None:
        statement = statement.where(or_(KnownError.service_id == service_id, KnownError.service_id.is_(None)))
    rank = func.ts_rank(everything, query).desc()
    rows = session.scalars(statement.order_by(rank, KnownError.used.desc(), KnownError.id).limit(CANDIDATES))
    return [
        Candidate(row.id, row.number, row.title, row.symptoms or "", row.workaround or "", row.service_id)
        for row in rows
    ]
