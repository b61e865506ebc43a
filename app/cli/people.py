"""Persons on the command line."""

import getpass
import sys
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.journal import system
from app.domain.people.accounts import create_person, find_by_login
from app.domain.people.directory import assign_role
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember
from app.errors import Invalid, NotFound
from app.processes.roles import known_role


def find(session: Session, login: str) -> Person:
    """Return the person with this login.

    Raises:
        NotFound: nobody has it.
    """
    found = find_by_login(session, login)
    if found is None:
        raise NotFound(f"Nobody has the login “{login}”; `stellwerk person list` shows who there is.")
    return found


def new_password(*, from_stdin: bool, may_be_empty: bool = False) -> str | None:
    """Ask for a password twice, or read it from standard input; None when it may be and is empty.

    Raises:
        Invalid: the two differ, or it is empty and may not be.
    """
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = getpass.getpass("Password: ")
        if password and getpass.getpass("Once more: ") != password:
            raise Invalid({"password": ["The two differ."]})
    if not password and not may_be_empty:
        raise Invalid({"password": ["It is empty."]})
    return password or None


def create(
    session: Session,
    *,
    login: str,
    name: str,
    email: str | None,
    roles: list[str],
    administrator: bool,
    password: str | None,
) -> Person:
    """Store a person with roles.

    Raises:
        Invalid: something about them will not do, or there is no such role.
    """
    unknown = [role for role in roles if not known_role(role)]
    if unknown:
        raise Invalid({"role": [f"There is no role “{role}”." for role in unknown]})
    created = create_person(
        session, login=login, name=name, email=email, password=password, administrator=administrator
    )
    # On the command line nobody has signed in; that it was done there says who may have done it.
    data = {"administrator": administrator, "command_line": True}
    system.note(session, "person.added", subject=f"person:{created.id}", data=data)
    for role in roles:
        assign_role(session, role, person_id=created.id)
    return created


def overview(session: Session) -> Iterator[str]:
    """Yield one line per person: login, name, roles and teams."""
    held: dict[int, list[str]] = {}
    for assignment in session.scalars(select(RoleAssignment).where(RoleAssignment.person_id.is_not(None))):
        held.setdefault(assignment.person_id or 0, []).append(assignment.role)
    for member, key in session.execute(
        select(TeamMember.person_id, Team.key).join(Team, Team.id == TeamMember.team_id)
    ):
        held.setdefault(member, []).append(f"team.{key}")
    for one in session.scalars(select(Person).order_by(Person.login)):
        state = "" if one.active else " (left)"
        state += " (administrator)" if one.administrator else ""
        yield f"{one.login}\t{one.name}{state}\t{', '.join(sorted(held.get(one.id, [])))}"
