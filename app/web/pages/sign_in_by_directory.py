"""Signing in with the password of an LDAP directory, on the page for login and password."""

from fastapi import Request
from sqlalchemy.orm import Session

from app.domain.people import sign_in
from app.domain.people.credentials import external, limits
from app.domain.people.credentials.external import Arrival, Policy
from app.domain.people.sign_in import CodeNeeded, SignedIn
from app.web.dependencies import anonymous, parts_of
from app.web.signing_in import asking

SOURCE = "ldap"


def is_set(request: Request) -> bool:
    """Tell whether there is a directory."""
    return parts_of(request).ldap.is_set


def keeps(request: Request, session: Session, login: str) -> bool:
    """Tell whether the directory knows the password of this login; those of local accounts never go there."""
    directory = parts_of(request).ldap
    return directory.is_set and not sign_in.has_password_here(session, login, directory.issuer)


def enter(request: Request, login: str, password: str, *, local: bool) -> SignedIn | CodeNeeded | None:
    """Ask the directory, outside of any transaction: it may take its time.

    About a login that is not its own, or that was tried too often, it is asked as about one that nobody has: how long
    the answer takes shall not tell which of them somebody has named.

    Args:
        local: whether the login is that of a local account, whose password was wrong.

    Returns:
        Nothing when login or password is wrong, tried too often, or nobody may come in by them.

    Raises:
        Unavailable: the directory does not answer.
    """
    parts, who = parts_of(request), asking(request)
    with anonymous(request) as session:
        often = limits.seconds_left(session, limits.DIRECTORY_BY_LOGIN, sign_in.of_login(login))
    if local or often:
        parts.ldap.pretend(login, password)
        return None
    found = parts.ldap.sign_in(login, password)
    with anonymous(request) as session:
        if found is None:
            sign_in.refuse_elsewhere(session, login, who.address)
            return None
        limits.clear(session, limits.DIRECTORY_BY_LOGIN, sign_in.of_login(login))
        arrival = Arrival(
            parts.ldap.issuer, found.subject, found.name, found.login, found.email, email_verified=True,
            groups=found.groups,
        )  # fmt: skip
        person = external.arrive(session, arrival, _policy(request))
        if person is None:
            return None
        return sign_in.go_on(
            session, person.id, hours=parts.settings.session_hours, address=who.address, user_agent=who.user_agent,
            method=SOURCE,
        )  # fmt: skip


def _policy(request: Request) -> Policy:
    parts = parts_of(request)
    return Policy(
        create=parts.settings.ldap_create_people,
        link_by_email=parts.settings.ldap_link_by_email,
        source=SOURCE,
        locale=parts.configuration.default_locale,
        time_zone=parts.configuration.default_time_zone,
    )
