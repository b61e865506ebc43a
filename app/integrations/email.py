"""Mail by SMTP, or as files where no mail server is set."""

import os
import re
import smtplib
import ssl
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn, Protocol
from urllib.parse import parse_qs, unquote, urlsplit

from app import clock
from app.errors import Message, StellwerkError, Unavailable, Undeliverable

SECONDS = 20.0
LONGEST_SUBJECT = 250
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class MailSettings(Protocol):
    """The settings that mail needs; see `app.settings.Settings`."""

    @property
    def mail_url(self) -> str: ...

    @property
    def mail_from(self) -> str: ...

    @property
    def organisation(self) -> str: ...

    @property
    def var(self) -> Path: ...


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """One mail to one address.

    `identity` names it for good, so that a copy sent after a crash carries the same Message-ID; `thread` is what it
    is about (a record's or case's number): mails of one thread are shown together.
    """

    recipient: str
    subject: str
    body: str
    identity: str
    thread: str = ""


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over.

    `security` is `offered` (STARTTLS where the server has it), `starttls` (nothing goes out without) or `tls` (from
    the first byte). Certificates are always checked, against `authorities` (a PEM file) where one is given.
    """

    host: str
    port: int
    security: str
    user: str = ""
    password: str = ""
    authorities: str = ""


def server_of(url: str) -> MailServer:
    """Read a mail server's URL: `smtp`, `smtp+starttls` or `smtps://user:password@host:port?authorities=/file.pem`.

    Raises:
        StellwerkError: it is none; the message says what is wrong, without the password.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise StellwerkError("The mail server's URL must begin with smtp://, smtp+starttls:// or smtps:// and a host.")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise StellwerkError(f"The mail server's URL has no valid port: {error}") from error
    security = {"smtp": "offered", "smtp+starttls": "starttls", "smtps": "tls"}[parts.scheme]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    authorities = parse_qs(parts.query).get("authorities", [""])[0]
    return MailServer(parts.hostname, port, security, user, password, authorities)


class Post:
    """Mail with the settings given once; what others know as their mailer."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def send(self, recipient: str, subject: str, body: str, *, identity: str, thread: str = "") -> None:
        """Send one mail; see `send`."""
        send(self._settings, OutgoingMail(recipient, subject, body, identity, thread))


def send(settings: MailSettings, mail: OutgoingMail) -> str:
    """Hand a mail over to the server, or write it to `var/mail` where none is set; return what the server said.

    Raises:
        Undeliverable: this address or this mail will never be accepted.
        Unavailable: the server cannot be reached, refuses us, or asks to come again; trying later helps.
    """
    message = compose(settings, mail)
    if settings.mail_url:
        return _hand_over(server_of(settings.mail_url), message)
    return str(_drop(settings.var / "mail", message, mail.identity))


def compose(settings: MailSettings, mail: OutgoingMail) -> EmailMessage:
    """Make the message with all its headers.

    Raises:
        Undeliverable: recipient or subject would smuggle in headers, or the address is none.
    """
    message = EmailMessage(policy=SMTP)
    sender = _address(settings.mail_from, settings.organisation)
    message["From"] = sender
    message["To"] = _address(mail.recipient)
    if _CONTROL.search(mail.subject):
        raise Undeliverable("A subject is one line; this one holds control characters.")
    message["Subject"] = mail.subject[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{_digest(mail.identity)}@{sender.domain}>"
    if mail.thread:
        # Nobody ever got a mail of this id; clients gather all that answer it.
        root = f"<{_digest('thread:' + mail.thread)}@{sender.domain}>"
        message["In-Reply-To"] = root
        message["References"] = root
    # Automatic replies to automatic mail would go round in circles (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, charset="utf-8")
    return message


def _address(text: str, name: str = "") -> Address:
    """Read one address; domains outside ASCII become punycode."""
    local, at, domain = text.strip().rpartition("@")
    if (
        _CONTROL.search(text)
        or _CONTROL.search(name)
        or not (at and local and domain)
        or re.search(r"[\s,;<>]", text.strip())
    ):
        raise Undeliverable(Message("This is no e-mail address: {address}", address=repr(text)))
    try:
        return Address(display_name=name, username=local, domain=domain.encode("idna").decode("ascii"))
    except (HeaderParseError, ValueError, IndexError) as error:
        raise Undeliverable(Message("This is no e-mail address: {address}", address=repr(text))) from error


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


class _Telling(smtplib.SMTP):
    """Remembers what the server said to the mail itself."""

    said = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Send the mail."""
        code, reason = super().data(msg)
        self.said = f"{code} {_text(reason)}"
        return code, reason


class _TellingTls(_Telling, smtplib.SMTP_SSL):
    """The same with TLS from the first byte."""


def _hand_over(server: MailServer, message: EmailMessage) -> str:
    try:
        with _connect(server) as connection:
            connection.send_message(message)
            return connection.said
    except smtplib.SMTPRecipientsRefused as error:
        code, reason = next(iter(error.recipients.values()))
        _refused(code, _text(reason), error)
    except smtplib.SMTPDataError as error:
        _refused(error.smtp_code, _text(error.smtp_error), error)
    except smtplib.SMTPNotSupportedError as error:
        raise Undeliverable(
            Message("The mail server cannot send to this address: {answer}", answer=str(error))
        ) from error
    except smtplib.SMTPResponseException as error:
        # Sign-in or sender refused: the fault is ours or the server's, not the address's.
        answer = f"{error.smtp_code} {_text(error.smtp_error)}"
        raise Unavailable(Message("The mail server refuses us: {answer}", answer=answer)) from error
    except (smtplib.SMTPException, OSError) as error:
        where = f"{server.host}:{server.port}"
        told = Message("The mail server {server} does not answer: {reason}", server=where, reason=str(error))
        raise Unavailable(told) from error


def _refused(code: int, reason: str, error: Exception) -> NoReturn:
    if 500 <= code < 600:
        raise Undeliverable(Message("The mail server refuses: {answer}", answer=f"{code} {reason}")) from error
    raise Unavailable(Message("The mail server asks to come again: {answer}", answer=f"{code} {reason}")) from error


def _connect(server: MailServer) -> _Telling:
    trust = ssl.create_default_context(cafile=server.authorities or None)
    if server.security == "tls":
        connection: _Telling = _TellingTls(server.host, server.port, timeout=SECONDS, context=trust)
    else:
        connection = _Telling(server.host, server.port, timeout=SECONDS)
    try:
        secure = server.security == "tls"
        connection.ehlo_or_helo_if_needed()
        if not secure and connection.has_extn("starttls"):
            connection.starttls(context=trust)
            connection.ehlo()
            secure = True
        if not secure and (server.security == "starttls" or server.user):
            raise Unavailable("The mail server offers no encryption; nothing is sent to it in the clear.")
        if server.user:
            connection.login(server.user, server.password)
    except BaseException:
        connection.close()
        raise
    return connection


def _drop(folder: Path, message: EmailMessage, identity: str) -> Path:
    """Write the mail as a file; the same mail again replaces itself."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{_digest(identity)}.eml"
        draft = path.with_suffix(f".{os.getpid()}.part")
        draft.write_bytes(message.as_bytes())
        draft.replace(path)
        return path
    except OSError as error:
        told = Message("The mail could not be written to {folder}: {reason}", folder=str(folder), reason=str(error))
        raise Unavailable(told) from error


def _text(reason: bytes | str) -> str:
    return reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
