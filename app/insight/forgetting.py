"""Forgetting somebody who has left, beyond the journal: they get a pseudonym, also where stored texts name them."""

import re
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Text, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Session

from app import clock
from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.journal.erasure import Named, is_telling, variants, within_json
from app.domain.notifications.records import Notification, NotificationChoice, NotificationHours, Webhook
from app.domain.people.credentials.records import ExternalIdentity, OneTimeSecret, RecoveryCode, SecondFactor
from app.domain.people.fresh import take_turns
from app.domain.people.records import ApiToken, AuthSession, Person
from app.domain.records.kinds import Kinds
from app.domain.records.records import Comment, Record, StoredFile
from app.engine.records import Case
from app.errors import Conflict, NotFound
from app.insight.batches import batches
from app.insight.lists.records import SavedFilter

FORGOTTEN = "person.forgotten"
_JSON = (Record.custom, SavedFilter.state, Notification.data, Notification.error)
_TITLES = frozenset({"title", "name", "subject"})
_OF_ACCOUNT = (
    AuthSession, SecondFactor, RecoveryCode, OneTimeSecret, ExternalIdentity, NotificationChoice, NotificationHours,
    Webhook,
)  # fmt: skip


def pseudonym(person_id: int) -> str:
    """Return what somebody is called who was forgotten: what they did stays theirs, and of one person."""
    return f"Person {person_id}"


def forget(session: Session, kinds: Kinds, named: Named, *, actor_id: int | None) -> int:
    """Give a person the pseudonym, in their account and wherever titles, texts, comments, mails and filters name them.

    The words that searches look through follow by themselves. What tasks gave as evidence, the content of files and
    what running cases compute with stay as they are.

    Returns:
        How many texts were changed.

    Raises:
        NotFound: there is no such person.
        Conflict: they have not left.
    """
    take_turns(session, "people")
    person = session.get(Person, named.person_id, with_for_update=LOCKED, populate_existing=True)
    if person is None:
        raise NotFound
    if person.active:
        raise Conflict("Only who has left can be forgotten; hand over what they have first.")
    _empty_account(session, person)
    mine = (SavedFilter.owner_id == person.id, SavedFilter.shared_with == "")
    session.execute(delete(SavedFilter).where(*mine))
    changed = _replace(session, kinds, named, pseudonym(person.id))
    session.flush()
    session.expire_all()
    system.note(session, FORGOTTEN, subject=f"person:{named.person_id}", actor_id=actor_id, data={"texts": changed})
    return changed


def _empty_account(session: Session, person: Person) -> None:
    login = f"person-{person.id}"
    taken = set(session.scalars(select(func.lower(Person.login)).where(Person.login.ilike(f"{login}%"))))
    number = 1
    while (free := login if number == 1 else f"{login}-{number}") in taken - {person.login.lower()}:
        number += 1
    person.name, person.login = pseudonym(person.id), free
    person.email = person.phone = person.department = person.password_hash = None
    person.version += 1
    for model in _OF_ACCOUNT:
        session.execute(delete(model).where(model.person_id == person.id))
    tokens = update(ApiToken).where(ApiToken.person_id == person.id)
    session.execute(tokens.values(name="", revoked_at=func.coalesce(ApiToken.revoked_at, clock.now())))


def _replace(session: Session, kinds: Kinds, named: Named, instead: str) -> int:
    """Put the pseudonym where a full name or an address stands in a text.

    A term that is a single common word, as a login often is, counts only where it is the whole of what was written
    about somebody, and never in titles: a service may be called like a person.
    """
    terms = sorted({variant for term in named.terms for variant in variants(term.strip()) if variant})
    telling = [term for term in terms if is_telling(term)]
    words = [term.lower() for term in terms]
    changed = 0
    for column in _texts(kinds):
        if column.property.columns[0].name not in _TITLES:
            changed += _update(session, column, func.lower(column).in_(words), instead)
        if telling:
            pattern = rf"(?<!\w)({'|'.join(_escaped(term) for term in telling)})(?!\w)"
            new = func.regexp_replace(column, pattern, instead, "gi")
            changed += _update(session, column, column.regexp_match(pattern, "i"), new)
    for column in _JSON if telling else ():
        pattern = rf"(?<!\w)({'|'.join(within_json(term) for term in telling)})(?!\w)"
        text = cast(column, Text)
        replaced = cast(func.regexp_replace(text, pattern, instead, "gi"), JSONB)
        changed += _update(session, column, text.regexp_match(pattern, "i"), replaced)
    # What is merely planned can be planned anew.
    planned = rf"(?<!\w)({'|'.join(within_json(term) for term in telling)})(?!\w)" if telling else ""
    return changed + batches.forget_person(session, named.person_id, planned)


def _texts(kinds: Kinds) -> Iterator[InstrumentedAttribute[Any]]:
    yield from (Comment.body, StoredFile.name, SavedFilter.name, Case.title)
    yield from (Notification.address, Notification.subject, Notification.body)
    seen: set[Any] = set()
    for kind in kinds:
        for attribute in kind.attributes.values():
            column: InstrumentedAttribute[Any] = getattr(kind.model, attribute.column)
            place = column.property.columns[0]
            if attribute.type == "text" and attribute.name != "number" and place not in seen:
                seen.add(place)
                yield column


def _update(session: Session, column: InstrumentedAttribute[Any], fits: ColumnElement[bool], new: Any) -> int:
    place = column.property.columns[0]
    result = session.execute(update(place.table).where(fits).values({place.name: new}))
    return int(getattr(result, "rowcount", 0))


def _escaped(term: str) -> str:
    return re.sub(r"([^\w\s])", r"\\\1", term)
