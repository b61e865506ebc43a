"""Known errors that fit a description, and which words speak for each."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT
from sqlalchemy.orm import Session

from app.domain.problems.records import KnownError
from app.domain.records import words

# Ranked by PostgreSQL; the words of only so many are then compared.
CANDIDATES = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """A known error that shares telling words with a description.

    `in_title` and `in_symptoms` are the description's own words that its title, or only its symptoms, have too; `rank`
    is how well PostgreSQL finds it fits.
    """

    id: int
    number: str
    title: str
    symptoms: str
    workaround: str
    service_id: int | None
    in_title: tuple[str, ...]
    in_symptoms: tuple[str, ...]
    rank: float


def known_errors_about(session: Session, text: str, *, service_id: int | None = None) -> list[Candidate]:
    """Return active known errors with a workaround that share a telling word with the text, best first.

    Titles and symptoms are compared as English and as German, since reports come in both; a word that is filler in
    either counts for nothing. The vectors are made on the spot: a thousand known errors of one service take 40 ms.

    Args:
        text: what was reported.
        service_id: the affected service; known errors of other services are left out, those of none are not.
    """
    telling = words.lexemes_of(session, words.telling_words(text))
    if not telling:
        return []
    query = words.any_lexeme(sorted(frozenset[str]().union(*telling.values())))
    title, symptoms = words.in_both_languages(KnownError.title, "A"), words.in_both_languages(KnownError.symptoms, "B")
    everything = title.op("||")(symptoms)
    rank = func.ts_rank(everything, query)
    statement = select(KnownError, _lexemes(title), _lexemes(symptoms), rank).where(
        KnownError.status == "active", KnownError.workaround.is_not(None), everything.op("@@")(query)
    )
    if service_id is not None:
        statement = statement.where(or_(KnownError.service_id == service_id, KnownError.service_id.is_(None)))
    rows = session.execute(statement.order_by(rank.desc(), KnownError.used.desc(), KnownError.id).limit(CANDIDATES))
    found = []
    for row, title_has, symptoms_have, fit in rows:
        in_title = tuple(word for word, lexemes in telling.items() if lexemes.intersection(title_has))
        besides = {word: lexemes for word, lexemes in telling.items() if word not in in_title}
        in_symptoms = tuple(word for word, lexemes in besides.items() if lexemes.intersection(symptoms_have))
        found.append(
            Candidate(
                row.id, row.number, row.title, row.symptoms or "", row.workaround or "", row.service_id,
                in_title, in_symptoms, fit,
            )
        )  # fmt: skip
    return found


def _lexemes(vector: ColumnElement[str]) -> ColumnElement[list[str]]:
    return func.tsvector_to_array(vector, type_=ARRAY(TEXT))
