"""Looking for people by the beginnings of words of their names, logins and addresses."""

import re

from sqlalchemy import ColumnElement, false, func, literal_column

from app.domain.people.records import Person

MOST_WORDS = 12
# PostgreSQL refuses words of more than 2,046 bytes; nobody is called one that long.
LONGEST = 200


def called(text: str) -> list[ColumnElement[bool]]:
    """Return conditions on `Person`, one for each word that was typed; signs without a word find nobody."""
    words = list(dict.fromkeys(word.lower()[:LONGEST] for word in re.findall(r"[^\W_]+", text)))[:MOST_WORDS]
    if not words:
        return [false()] if text.strip() else []
    return [Person.words.op("@@", is_comparison=True)(_beginning_with(word)) for word in words]


def _beginning_with(word: str) -> ColumnElement[bool]:
    # In the locale C, which the embedded database has, PostgreSQL writes only A to Z small.
    ways = [word] if word.isascii() else list(dict.fromkeys((word, word.capitalize(), word.upper())))
    return func.to_tsquery(literal_column("'simple'"), " | ".join(f"'{way}':*" for way in ways))
