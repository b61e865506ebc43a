"""A real LDAP server for tests (ldaptor): a process of its own with two ports, one of them for TLS at once."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BytesIO
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SECONDS = 30
SERVICE, SERVICE_PASSWORD = "cn=stellwerk,dc=harbour,dc=example", "looks people up"
PEOPLE, GROUPS = "ou=people,dc=harbour,dc=example", "ou=groups,dc=harbour,dc=example"
TREE = f"""
dn: dc=harbour,dc=example
objectClass: dcObject
dc: harbour

dn: {SERVICE}
objectClass: person
cn: stellwerk
userPassword: {SERVICE_PASSWORD}

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups
"""


def entry(login: str, name: str, password: str, **more: str) -> str:
    """Write somebody down; `groups` are short names by comma."""
    groups = [f"memberOf: cn={group},{GROUPS}" for group in more.pop("groups", "").split(",") if group]
    lines = [
        f"dn: uid={login},{PEOPLE}", "objectClass: inetOrgPerson", f"uid: {login}", f"cn: {name}",
        f"mail: {more.pop('mail', f'{login}@harbour.example')}", f"entryUUID: {more.pop('uuid', f'id-{login}')}",
        f"userPassword: {password}", *groups,
    ]  # fmt: skip
    return "\n" + "\n".join(lines) + "\n"


def group(name: str, *logins: str) -> str:
    """Write a group down that names its members."""
    members = "\n".join(f"member: uid={login},{PEOPLE}" for login in logins)
    return f"\ndn: cn={name},{GROUPS}\nobjectClass: groupOfNames\ncn: {name}\n{members}\n"


def certificates(folder: Path, name: str) -> tuple[Path, Path]:
    """Make a certificate for a name, or an address, that signs itself; returns its file and that with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    other: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        other = x509.IPAddress(ip_address(name))
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1)).add_extension(x509.SubjectAlternativeName([other]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    certificate, both = folder / f"{name}.pem", folder / f"{name}.key.pem"
    pem = made.public_bytes(serialization.Encoding.PEM)
    certificate.write_bytes(pem)
    encryption = serialization.NoEncryption()
    both.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption) + pem)
    return certificate, both


@dataclass
class ServerAt:
    """The server; `holds` is what it knows, read again for each connection."""

    folder: Path
    plain: int
    tls: int
    ca: Path

    def holds(self, *entries: str) -> None:
        """Let the directory know these people and groups and no others."""
        draft = self.folder / "draft.ldif"
        draft.write_text(TREE.lstrip() + "".join(entries) + "\n")
        draft.rename(self.folder / "tree.ldif")


@contextmanager
def ldap_server(folder: Path) -> Iterator[ServerAt]:
    """Run the server on free ports and wait until it listens."""
    ca, both = certificates(folder, "localhost")
    found = ServerAt(folder, 0, 0, ca)
    found.holds()
    command = [sys.executable, "-m", "tests.web.ldap_server", str(folder), str(both)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + SECONDS
        while not (folder / "ports").exists():
            assert process.poll() is None, "the directory has ended"
            assert time.monotonic() < until, "the directory does not answer"
            time.sleep(0.05)
        found.plain, found.tls = map(int, (folder / "ports").read_text().split())
        yield found
    finally:
        process.terminate()
        process.wait()


def serve(folder: Path, both: Path) -> None:
    """Listen until the process ends; only who is bound may search."""
    from ldaptor.inmemory import fromLDIFFile
    from ldaptor.interfaces import IConnectedLDAPEntry
    from ldaptor.protocols import pureldap
    from ldaptor.protocols.ldap import ldaperrors
    from ldaptor.protocols.ldap.ldapserver import LDAPServer
    from twisted.internet import reactor, ssl
    from twisted.internet.protocol import ServerFactory
    from twisted.python.components import registerAdapter

    context = ssl.PrivateCertificate.loadPEM(both.read_text()).options()

    class Server(LDAPServer):  # type: ignore[misc]
        def connectionMade(self) -> None:  # noqa: N802
            def keep(tree: Any) -> None:
                self.factory.root = tree

            fromLDIFFile(BytesIO((folder / "tree.ldif").read_bytes())).addCallback(keep)
            super().connectionMade()

        def handle_LDAPSearchRequest(self, request: Any, controls: Any, reply: Any) -> Any:  # noqa: N802
            if self.boundUser is None:
                return pureldap.LDAPSearchResultDone(resultCode=ldaperrors.LDAPInsufficientAccessRights.resultCode)
            return super().handle_LDAPSearchRequest(request, controls, reply)

        def extendedRequest_LDAPStartTLSRequest(self, data: Any, reply: Any) -> Any:  # noqa: N802
            answer = pureldap.LDAPExtendedResponse(
                resultCode=ldaperrors.Success.resultCode, responseName=pureldap.LDAPStartTLSRequest.oid
            )
            reply(answer)
            self.transport.startTLS(context)

        extendedRequest_LDAPStartTLSRequest.oid = pureldap.LDAPStartTLSRequest.oid  # type: ignore[attr-defined]

    class Factory(ServerFactory):  # type: ignore[misc]
        protocol = Server

    registerAdapter(lambda factory: factory.root, Factory, IConnectedLDAPEntry)
    factory: Any = Factory()
    loop: Any = reactor
    ports = [
        loop.listenTCP(0, factory, interface="127.0.0.1"),
        loop.listenSSL(0, factory, context, interface="127.0.0.1"),
    ]
    draft = folder / "ports.draft"
    draft.write_text(" ".join(str(port.getHost().port) for port in ports))
    draft.rename(folder / "ports")
    loop.run()


if __name__ == "__main__":
    serve(Path(sys.argv[1]), Path(sys.argv[2]))
