"""From what people type to questions for PostgreSQL's full-text search, without an extension."""

import re

from sqlalchemy import ColumnElement, func

MOST_WORDS = 12
NUMBER = re.compile(r"[A-Za-z]{2,5}-\d{4}(-\d*)?")
# Too common to say anything; `simple` as text search configuration knows none, in whatever language people write.
COMMON = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can cannot do does for from get has have how i in is it its me my no not of "
        "on or our please since so that the their there this to was we when with you your aber als am an auf "
        "aus bei bin bitte das dem den der des die ein eine einen es geht habe hat ich im in ist kann kein "
        "keine man mehr mein meine mit nach nicht noch nur oder seit sich sie sind und von vom war was wenn "
        "wie wir zu zum zur",
    )
)


def words_of(text: str) -> list[str]:
    """Return the words of a text in small letters, each once, the first twelve."""
    return list(dict.fromkeys(word.lower() for word in re.findall(r"\w+", text)))[:MOST_WORDS]


def telling_words(text: str) -> list[str]:
    """Return the words that say what a text is about: three letters or more, no filler."""
    found = re.findall(r"\w+", text.lower())
    return list(dict.fromkeys(word for word in found if len(word) > 2 and word not in COMMON))[: 2 * MOST_WORDS]


def beginning_with(word: str) -> ColumnElement[bool]:
    """Return a query for words that begin like this one (`print` finds `printer`)."""
    return func.to_tsquery("simple", f"{_quoted(word)}:*")


def any_of(words: list[str]) -> ColumnElement[bool]:
    """Return a query for texts with at least one of the words; longer words also match by their stem."""
    return func.to_tsquery("simple", " | ".join(f"{_quoted(stem(word))}:*" for word in words))


def stem(word: str) -> str:
    """Cut the endings off a long word, roughly: what remains finds `printer`, `printers`, `printing` by `printer`."""
    for ending in ("ings", "ing", "ern", "ers", "en", "es", "ed", "er", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
