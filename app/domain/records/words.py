"""From what people type to questions for PostgreSQL's full-text search, without an extension."""

import re
from typing import Any

from sqlalchemy import ColumnElement, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, TEXT, TSQUERY, TSVECTOR
from sqlalchemy.orm import Session

MOST_WORDS = 12
# PostgreSQL refuses words of more than 2,046 bytes; nobody types one that long.
LONGEST = 200
NUMBER = re.compile(r"[A-Za-z]{2,5}-\d{4}(-\d*)?")
# Reports are written in either of them, sometimes in both at once; PostgreSQL brings stop words and stems of both.
LANGUAGES = ("english", "german")
# Too common in reports to say anything; `simple` as text search configuration knows none, and no language's stop words
# know those of a service desk.
COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can cannot do does for from get has have how i in is it its me my no not of "
        "on or our please since so that the their there this to was we when with you your aber als am an auf "
        "aus bei bin bitte das dem den der des die ein eine einen es geht habe hat ich im in ist kann kein "
        "keine man mehr mein meine mit nach nicht noch nur oder seit sich sie sind und von vom war was wenn "
        "wie wir zu zum zur "
        "after again always before everything help nothing others problem since something still today urgent working "
        "yesterday "
        "beim bitten dringend fehler funktioniert gestern heute hilfe immer jetzt problem seit wieder",
    )
)


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, each once, the first twelve."""
    return list(dict.fromkeys(word.lower()[:LONGEST] for word in re.findall(r"\w+", text)))[:MOST_WORDS]


def telling_words(text: str) -> list[str]:
    """Return the words that say what a text is about: three letters or more, no filler."""
    found = [word for whole in re.findall(r"\w+(?:-\w+)*", text.lower()) for word in _parts(whole)]
    return list(dict.fromkeys(word for word in found if 2 < len(word) <= LONGEST and word not in COMMON))[
        : 2 * MOST_WORDS
    ]


def lexemes_of(session: Session, words: list[str]) -> dict[str, frozenset[str]]:
    """Return what PostgreSQL makes of each word in English and in German; what is filler in either is left out.

    A word can be filler here and telling there ("die"): a match that is missed costs less than a wrong one.
    """
    word = func.unnest(cast(words, ARRAY(TEXT)), type_=TEXT).column_valued("word")
    stems = [func.ts_lexize(literal_column(f"'{language}_stem'"), word, type_=ARRAY(TEXT)) for language in LANGUAGES]
    found: dict[str, frozenset[str]] = {}
    for name, *both in session.execute(select(word, *stems)):
        lexemes = frozenset(lexeme for those in both for lexeme in those)
        # "Folder" and "folders" are one word.
        if all(both) and not any(lexemes & others for others in found.values()):
            found[name] = lexemes
    return found


def in_both_languages(text: Any, weight: str) -> ColumnElement[str]:
    """Return a column's lexemes, each word taken as English and as German, for questions made by `any_lexeme`.

    Args:
        text: the column.
        weight: how much its words count in ranks, `A` (most) to `D`.
    """
    # In the locale C, which the embedded database has, PostgreSQL writes only A to Z small.
    small = func.translate(func.coalesce(text, literal_column("''")), literal_column("'ÄÖÜ'"), literal_column("'äöü'"))
    english, german = (func.to_tsvector(literal_column(f"'{language}'"), small) for language in LANGUAGES)
    return func.setweight(english.op("||")(german), literal_column(f"'{weight}'"), type_=TSVECTOR)


def any_lexeme(lexemes: list[str]) -> ColumnElement[str]:
    """Return a query for texts with at least one of these lexemes, exactly as they are."""
    return cast(" | ".join(_quoted(lexeme) for lexeme in lexemes), TSQUERY())


def beginning_with(word: str) -> ColumnElement[bool]:
    """Return a query for words that begin like this one (`print` finds `printer`)."""
    return func.to_tsquery("simple", f"{_quoted(word)}:*")


def meaning(word: str) -> ColumnElement[Any]:
    """Return a query for words that begin like this one, or are another form of it in English or German.

    It is asked of columns that the database's function `words_of` has filled.
    """
    forms = [func.plainto_tsquery(literal_column(f"'{language}'"), word, type_=TSQUERY()) for language in LANGUAGES]
    return func.to_tsquery(literal_column("'simple'"), f"{_quoted(word)}:*", type_=TSQUERY()).op("||")(
        forms[0].op("||")(forms[1])
    )


def any_of(words: list[str]) -> ColumnElement[bool]:
    """Return a query for texts with at least one of the words; longer words also match by their stem."""
    return func.to_tsquery("simple", " | ".join(f"{_quoted(stem(word))}:*" for word in words))


def stem(word: str) -> str:
    """Cut the endings off a long word, roughly: what remains finds `printer`, `printers`, `printing` by `printer`."""
    for ending in ("ings", "ing", "ern", "ers", "en", "es", "ed", "er", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _parts(word: str) -> list[str]:
    # Of "Wi-Fi" nothing would remain but the whole.
    return [part for part in word.split("-") if len(part) > 2] or [word]


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
