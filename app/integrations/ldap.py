"""Signing in with the password of an LDAP directory: who a login stands for, whether the password fits; by ldap3."""

import logging
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from ldap3 import BASE, NONE, SUBTREE, Connection, Server, Tls
from ldap3.core.exceptions import LDAPException
from ldap3.utils.conv import escape_filter_chars
from ldap3.utils.dn import escape_rdn, parse_dn
from pydantic import SecretStr

from app.errors import Unavailable

log = logging.getLogger(__name__)
SECONDS = 5
MOST_GROUPS = 1000
LONGEST = 200
# Names in templates of filters and entries.
LOGIN, ENTRY = "{login}", "{dn}"


class DirectorySettings(Protocol):
    """The settings that signing in with a directory needs; see `app.settings.Settings`."""

    @property
    def ldap_url(self) -> str: ...

    @property
    def ldap_start_tls(self) -> bool: ...

    @property
    def ldap_ca_file(self) -> str: ...

    @property
    def ldap_bind_dn(self) -> str: ...

    @property
    def ldap_bind_password(self) -> SecretStr: ...

    @property
    def ldap_user_dn(self) -> str: ...

    @property
    def ldap_search_base(self) -> str: ...

    @property
    def ldap_search_filter(self) -> str: ...

    @property
    def ldap_id_attribute(self) -> str: ...

    @property
    def ldap_login_attribute(self) -> str: ...

    @property
    def ldap_name_attribute(self) -> str: ...

    @property
    def ldap_email_attribute(self) -> str: ...

    @property
    def ldap_groups_attribute(self) -> str: ...

    @property
    def ldap_group_base(self) -> str: ...

    @property
    def ldap_group_filter(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """Who the directory says somebody is; `groups` is None where nothing tells them."""

    subject: str
    name: str
    login: str
    email: str
    groups: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class LdapDirectory:
    """One directory, known by its address."""

    settings: DirectorySettings

    @property
    def is_set(self) -> bool:
        """Tell whether people may sign in with it."""
        return bool(self.settings.ldap_url)

    @property
    def issuer(self) -> str:
        """What accounts of this directory are kept under."""
        return self.settings.ldap_url.rstrip("/")

    def sign_in(self, login: str, password: str) -> Entry | None:
        """Return who has this login and password; nothing when no one has, or several have the login.

        Raises:
            Unavailable: the directory does not answer, or not in a way that can be trusted.
        """
        if not _can_be_asked(login, password):
            return None
        try:
            return self._entry(login.strip(), password)
        except (LDAPException, OSError, ssl.SSLError) as error:
            log.warning("the directory did not sign somebody in: %s", str(error))
            raise Unavailable("The directory where passwords are kept does not answer. Please try again.") from error

    def pretend(self, login: str, password: str) -> None:
        """Ask about a login that nobody has, where `sign_in` would ask about this one, so that it takes as long.

        Neither of the two is sent, and no account of the directory counts a failure.

        Raises:
            Unavailable: as `sign_in`.
        """
        if _can_be_asked(login, password):
            self.sign_in(secrets.token_hex(8), secrets.token_urlsafe())

    def _entry(self, login: str, password: str) -> Entry | None:
        settings = self.settings
        if settings.ldap_user_dn:
            name = settings.ldap_user_dn.replace(LOGIN, escape_rdn(login))
            with self._bound(name, password) as own:
                return self._read(own, login, name) if own else None
        with self._bound(settings.ldap_bind_dn, settings.ldap_bind_password.get_secret_value()) as service:
            if service is None:
                raise LDAPException("the account that looks people up was refused")
            return self._read(service, login, password=password)

    def _read(self, asking: Connection, login: str, own: str = "", password: str | None = None) -> Entry | None:
        """Read the one entry of a login, with `password` only if it is that of the entry.

        Args:
            own: name of the entry where it is known; looked up all the same if there is a place to look.
        """
        settings = self.settings
        base, scope, wanted = settings.ldap_search_base, SUBTREE, settings.ldap_search_filter
        wanted = wanted.replace(LOGIN, escape_filter_chars(login))
        if own and not base:
            base, scope, wanted = own, BASE, "(objectClass=*)"
        names = [settings.ldap_id_attribute, settings.ldap_login_attribute, settings.ldap_name_attribute]
        names += [settings.ldap_email_attribute, settings.ldap_groups_attribute]
        entries = _search(asking, base, wanted, scope, [name for name in names if name], limit=2)
        if len(entries) != 1:
            if password is not None:
                self._knock(base)
            return None
        dn, values = entries[0]
        if password is not None:
            with self._bound(dn, password) as bound:
                if bound is None:
                    return None
        subject = _first(values, settings.ldap_id_attribute)
        if not subject or len(subject) > 255:
            raise LDAPException(f"an entry has no {settings.ldap_id_attribute}")
        return Entry(
            subject=subject,
            name=_first(values, settings.ldap_name_attribute),
            login=_first(values, settings.ldap_login_attribute) or login,
            email=_first(values, settings.ldap_email_attribute),
            groups=self._groups(asking, dn, login, values),
        )

    def _knock(self, base: str) -> None:
        """Bind as nobody at all, as often as somebody's password would be tried."""
        with suppress(LDAPException), self._bound(f"cn={secrets.token_hex(8)},{base}", secrets.token_urlsafe()):
            pass

    def _groups(self, asking: Connection, dn: str, login: str, values: dict[str, list[str]]) -> frozenset[str] | None:
        settings = self.settings
        if not settings.ldap_groups_attribute and not settings.ldap_group_base:
            return None
        found = list(values.get(settings.ldap_groups_attribute.lower(), []))
        if settings.ldap_group_base:
            wanted = settings.ldap_group_filter.replace(ENTRY, escape_filter_chars(dn))
            wanted = wanted.replace(LOGIN, escape_filter_chars(login))
            groups = _search(asking, settings.ldap_group_base, wanted, SUBTREE, ["cn"], limit=MOST_GROUPS)
            found += [group for group, _values in groups]
        # A role may be given to a group by its whole name or by the first part of it.
        return frozenset(name for group in found[:MOST_GROUPS] for name in (group, _short(group)))

    @contextmanager
    def _bound(self, name: str, password: str) -> Iterator[Connection | None]:
        """Open a connection, protect it and bind it; gives nothing when name or password is wrong."""
        settings, url = self.settings, urlsplit(self.settings.ldap_url)
        tls = Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=settings.ldap_ca_file or None)
        server = Server(
            url.hostname, port=url.port, use_ssl=url.scheme == "ldaps", tls=tls, get_info=NONE, connect_timeout=SECONDS
        )
        connection = Connection(
            server, name or None, password or None, receive_timeout=SECONDS, auto_referrals=False, read_only=True,
            raise_exceptions=False,
        )  # fmt: skip
        try:
            connection.open(read_server_info=False)
            if not server.ssl and settings.ldap_start_tls and not connection.start_tls(read_server_info=False):
                raise LDAPException("it offers no StartTLS")
            if connection.bind(read_server_info=False):
                yield connection
            elif connection.result["description"] in ("invalidCredentials", "invalidDNSyntax", "noSuchObject"):
                yield None
            else:
                raise LDAPException(f"it refused to bind: {connection.result['description']}")
        finally:
            # What went wrong before is the reason, not that nobody listens any more.
            with suppress(LDAPException, OSError):
                connection.unbind()
            if connection.socket is not None:
                connection.socket.close()


def _can_be_asked(login: str, password: str) -> bool:
    # A bind without a password succeeds as nobody (RFC 4513, 5.1.2), whoever was named.
    return bool(login.strip() and password) and "\0" not in login + password


def _search(
    asking: Connection, base: str, wanted: str, scope: str, names: list[str], *, limit: int
) -> list[tuple[str, dict[str, list[str]]]]:
    """Return entries as their names and texts by attribute in small letters."""
    asking.search(base, wanted, scope, attributes=names, size_limit=limit, time_limit=SECONDS)
    if asking.result["description"] not in ("success", "sizeLimitExceeded", "noSuchObject"):
        raise LDAPException(f"it refused to search: {asking.result['description']}")
    return [
        (str(one["dn"]), {name.lower(): [_text(raw) for raw in raws] for name, raws in one["raw_attributes"].items()})
        for one in asking.response or ()
        if one["type"] == "searchResEntry"
    ]


def _text(raw: bytes) -> str:
    # Ids of some directories are no text but 16 bytes.
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.hex()


def _first(values: dict[str, list[str]], name: str) -> str:
    found: Any = values.get(name.lower()) or [""]
    return " ".join(str(found[0]).replace("\0", "").split())[:LONGEST]


def _short(group: str) -> str:
    try:
        return str(parse_dn(group)[0][1])
    except (LDAPException, IndexError):
        return group
