"""Whom one may mention where, and who of those mentioned cannot be told."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.people.looking import called
from app.domain.people.records import Person
from app.domain.records.mentions import mentioned
from app.domain.records.records import Comment, Record
from app.insight.telling.of_comments import may_read, taking_part

OFFERED = 8
# Rights are asked for person by person, so no more are looked at than a pick list can be patient with.
LOOKED_AT = 30


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be mentioned."""

    login: str
    name: str


def candidates(session: Session, record: Record, text: str, *, public: bool, without: int) -> list[Candidate]:
    """Return who may read such a comment on a record and is called like `text`; who takes part in it comes first.

    Args:
        public: whether the comment is a public reply; a note is for those who work with the record.
        without: who asks.
    """
    part = Person.id.in_(sorted(taking_part(session, record)))
    query = select(Person.id, Person.login, Person.name).where(Person.active, Person.id != without, *called(text))
    found: list[Candidate] = []
    for row in session.execute(query.order_by(part.desc(), Person.name, Person.id).limit(LOOKED_AT)):
        if len(found) < OFFERED and may_read(session, row.id, record.id, public=public):
            found.append(Candidate(row.login, row.name))
    return found


def unreached(session: Session, comment: Comment) -> list[str]:
    """Return the names of those whom a comment mentions and who may not read it: they are not told."""
    return [
        one.name
        for one in mentioned(session, comment.body)
        if one.person_id != comment.author_id
        and not may_read(session, one.person_id, comment.record_id, public=comment.public)
    ]
