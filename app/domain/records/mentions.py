"""People who are mentioned in what somebody writes: `@` and their login."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.people.records import Person

MOST = 50
# A login may be an address; what ends a sentence is none of it. What stands in an address is no mention.
_MENTION = re.compile(r"(?<![\w@.+-])@([\w][\w.+-]*(?:@[\w][\w.-]*)?)")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Somebody who is mentioned, as they are called."""

    person_id: int
    name: str
    login: str


def logins_in(text: str) -> list[str]:
    """Return what may be logins after an `@`, in lower case, each once, the longest reading of each first."""
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        if len(found) >= 2 * MOST:
            break
        for reading in _readings(match[1].casefold()):
            found[reading] = None
    return list(found)


def mentioned(session: Session, text: str) -> list[Mentioned]:
    """Return the active people whom a text mentions, by name."""
    logins = logins_in(text)
    if not logins:
        return []
    query = select(Person.id, Person.name, Person.login).where(func.lower(Person.login).in_(logins), Person.active)
    return [Mentioned(*row) for row in session.execute(query.order_by(Person.name, Person.id).limit(MOST))]


def _readings(word: str) -> Iterator[str]:
    """Yield a word with and without the dots and dashes that end it, and without what may be an address's domain."""
    yield word
    shorter = word.rstrip(".-+")
    if shorter != word:
        yield shorter
    if "@" in shorter:
        yield shorter.partition("@")[0]
