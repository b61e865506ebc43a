"""Posting to addresses that people name: never into the organisation's own network unless it says so."""

import ipaddress
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx2

from app.errors import Unavailable, Undeliverable

SECONDS = 10.0
LONGEST_ANSWER = 2000

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class PosterSettings(Protocol):
    """The setting that posting needs; see `app.settings.Settings`."""

    @property
    def webhook_networks(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answered; `text` is the beginning of it."""

    status: int
    text: str


class Poster:
    """Posts to web addresses; redirects are not followed, and the name is looked up once, before it is judged."""

    def __init__(self, settings: PosterSettings) -> None:
        self._settings = settings

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post a body and return the answer, whatever it says.

        Raises:
            Undeliverable: the address is none that may be posted to.
            Unavailable: nobody answers there, or not in time.
        """
        parts = urlsplit(url)
        address = self._judged(parts)
        # The connection goes to the very address that was judged: a name that means another one a moment later, as an
        # attacker can arrange, gets nowhere. TLS still asks for the certificate of the name.
        host = f"[{address}]" if address.version == 6 else str(address)
        there = urlunsplit((parts.scheme, f"{host}:{_port(parts)}", parts.path or "/", parts.query, ""))
        sent = {**headers, "host": parts.netloc.rpartition("@")[2]}
        try:
            with (
                httpx2.Client(trust_env=False, follow_redirects=False, timeout=SECONDS) as client,
                client.stream(
                    "POST", there, content=body, headers=sent, extensions={"sni_hostname": parts.hostname or ""}
                ) as answer,
            ):
                return Answer(answer.status_code, _beginning(answer))
        except httpx2.HTTPError as error:
            raise Unavailable(f"{type(error).__name__}: {error}"[:300]) from error

    def check(self, url: str) -> None:
        """Make sure that an address may be posted to, as far as can be told now.

        Raises:
            Undeliverable: it may not.
            Unavailable: its name is not known now.
        """
        self._judged(urlsplit(url))

    def _judged(self, parts: SplitResult) -> Address:
        try:
            port, host = _port(parts), parts.hostname or ""
        except ValueError:
            raise Undeliverable("This is no web address.") from None
        if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
            raise Undeliverable("This is no web address.")
        allowed = networks(self._settings.webhook_networks)
        found = _look_up(host, port)
        for address in found:
            inside = any(address in network for network in allowed)
            if not inside and not is_public(address):
                raise Undeliverable("This address is in a private network; an administrator must allow it first.")
            if not inside and parts.scheme != "https":
                raise Undeliverable("Only https is possible outside of networks that an administrator has allowed.")
        return found[0]


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the public Internet, the IPv4 address inside of an IPv6 one included."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        # What translates to IPv4 (RFC 6052) reaches what that address reaches.
        if inner is None and address in _TRANSLATED:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
    return address.is_global and not address.is_multicast


_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")


def networks(text: str) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """Read networks by comma, like `10.0.0.0/8, 192.168.7.9`.

    Raises:
        ValueError: one of them is none.
    """
    return [ipaddress.ip_network(one.strip(), strict=False) for one in text.split(",") if one.strip()]


def _look_up(host: str, port: int) -> list[Address]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unavailable("The name of this server is not known.") from error
    # An address of the own link names its interface as well (fe80::1%eth0).
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _beginning(answer: httpx2.Response) -> str:
    """Read the beginning of an answer, and no longer than is patient: a server may send one byte at a time."""
    until, read = time.monotonic() + SECONDS, b""
    for chunk in answer.iter_bytes():
        read += chunk
        if len(read) >= LONGEST_ANSWER or time.monotonic() > until:
            break
    return read[:LONGEST_ANSWER].decode("utf-8", "replace").replace("\x00", "")
