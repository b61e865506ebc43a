"""People who sign in elsewhere: whom a provider's account stands for, and which roles its groups give."""

import re
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app import clock
from app.domain.journal import system
from app.domain.people import accounts
from app.domain.people.credentials.records import ExternalIdentity, GroupRole
from app.domain.people.fresh import take_turns
from app.domain.people.records import Person, RoleAssignment

_NOT_IN_LOGINS = re.compile(r"[^A-Za-z0-9._@+-]+")


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who a provider says has come; `groups` is None where it does not tell them."""

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
    if arrival.groups is not None:
        apply_groups(session, person.id, arrival.groups, source=policy.source)
    return person


def apply_groups(session: Session, person_id: int, groups: frozenset[str], *, source: str) -> None:
    """Give the roles of these groups and end those of groups that are gone; roles that people gave stay."""
    now = clock.now()
    wanted = set(session.scalars(select(GroupRole.role).where(GroupRole.group_name.in_(sorted(groups)))))
    held = {
        row.role: row
        for row in session.scalars(
            select(RoleAssignment).where(
                RoleAssignment.person_id == person_id,
                RoleAssignment.source == source,
                RoleAssignment.valid_until.is_(None),
            )
        )
    }
    for role in sorted(wanted - held.keys()):
        session.add(RoleAssignment(role=role, person_id=person_id, valid_from=now, source=source))
        _note(session, "role.assigned", role, person_id, source)
    for role in sorted(held.keys() - wanted):
        held[role].valid_until = now
        _note(session, "role.ended", role, person_id, source)
    session.flush()


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


def _free_login(session: Session, arrival: Arrival) -> str:
    """Return a login that nobody has; never that of somebody who is here already."""
    plain = _NOT_IN_LOGINS.sub(".", arrival.login or arrival.email or arrival.name).strip("._@+-")[:90] or "person"
    login, number = plain, 1
    while accounts.find_by_login(session, login) is not None:
        number += 1
        login = f"{plain}-{number}"
    return login


def _note(session: Session, event: str, role: str, person_id: int, source: str) -> None:
    system.note(session, event, subject=f"role:{role}", data={"person": person_id, "source": source})
