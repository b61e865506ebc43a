"""People who sign in elsewhere: whom the account at a provider or in a directory stands for."""

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import accounts
from app.domain.people.credentials.group_roles import apply_groups
from app.domain.people.credentials.records import ExternalIdentity
from app.domain.people.fresh import take_turns
from app.domain.people.records import Person

_NOT_IN_LOGINS = re.compile(r"[^A-Za-z0-9._@+-]+")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who a provider or a directory says has come; `groups` is None where it does not tell them."""

    issuer: str
    subject: str
    name: str
    login: str
    email: str
    email_verified: bool
    groups: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Policy:
    """What an unknown account may lead to: a new person, or one who is here with the same verified address.

    Args:
        source: what assignments that come from groups are marked with.
    """

    create: bool
    link_by_email: bool
    source: str
    locale: str
    time_zone: str


def arrive(session: Session, arrival: Arrival, policy: Policy) -> Person | None:
    """Return the person whom an account stands for, with the roles that its groups give now.

    Returns:
        Nothing when nobody may come in by this account, or the person has left.
    """
    take_turns(session, "people")
    known = session.get(ExternalIdentity, (arrival.issuer, arrival.subject))
    person = session.get(Person, known.person_id) if known else _met(session, arrival, policy)
    if person is None or not person.active:
        system.note(session, "person.sign_in_refused", subject=f"person:{person.id}" if person else "sign_in")
        return None
    _follow(session, person, arrival, policy)
    if arrival.groups is not None:
        apply_groups(session, person.id, arrival.groups, source=policy.source)
    return person


def _met(session: Session, arrival: Arrival, policy: Policy) -> Person | None:
    """Return the person whom an account that was never here before stands for from now on."""
    person = None
    if policy.link_by_email and arrival.email and arrival.email_verified:
        found = session.scalars(select(Person).where(func.lower(Person.email) == arrival.email.lower())).all()
        taken = select(ExternalIdentity.person_id).where(ExternalIdentity.issuer == arrival.issuer)
        # An address that several share names nobody, and nobody has two accounts at one provider.
        if len(found) == 1 and found[0].id not in set(session.scalars(taken.where(
            ExternalIdentity.person_id == found[0].id
        ))):  # fmt: skip
            person = found[0]
    if person is None and policy.create:
        person = accounts.create_person(
            session,
            login=_free_login(session, arrival),
            name=arrival.name or arrival.login or arrival.email or arrival.subject,
            email=arrival.email if accounts.EMAIL.fullmatch(arrival.email) else None,
            locale=policy.locale,
            time_zone=policy.time_zone,
        )
        system.note(session, "person.created", subject=f"person:{person.id}", data={"source": policy.source})
    if person is None:
        return None
    session.add(
        ExternalIdentity(issuer=arrival.issuer, subject=arrival.subject, person_id=person.id, linked_at=clock.now())
    )
    session.flush()
    system.note(session, "person.linked", subject=f"person:{person.id}", data={"source": policy.source})
    return person


def _follow(session: Session, person: Person, arrival: Arrival, policy: Policy) -> None:
    """Let name and address follow the account: names as they are told there, addresses only if verified."""
    name = arrival.name or person.name
    verified = arrival.email_verified and accounts.EMAIL.fullmatch(arrival.email)
    email = arrival.email if verified else person.email
    if (name, email) != (person.name, person.email):
        person.name, person.email = name, email
        person.version += 1
        session.flush()
        told = {"name": name, "email": email}
        system.note(
            session, "person.changed", subject=f"person:{person.id}", data={"source": policy.source}, payload=told
        )


def _free_login(session: Session, arrival: Arrival) -> str:
    """Return a login that nobody has; never that of somebody who is here already."""
    plain = _NOT_IN_LOGINS.sub(".", arrival.login or arrival.email or arrival.name).strip("._@+-")[:90] or "person"
    login, number = plain, 1
    while accounts.find_by_login(session, login) is not None:
        number += 1
        login = f"{plain}-{number}"
    return login
