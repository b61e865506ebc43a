"""A mail server for tests: a real one that listens on a port and keeps what it is given."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword

CERTIFICATE = Path(__file__).with_name("localhost.pem")


@dataclass
class Letterbox:
    """What the server was given, and how it answers: `refuses` maps addresses to replies."""

    refuses: dict[str, str] = field(default_factory=dict)
    data_reply: str = ""
    mails: list[EmailMessage] = field(default_factory=list)
    signed_in: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        if self.data_reply:
            return self.data_reply
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.encrypted.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 Taken"

    def authenticate(self, server: Any, session: Any, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword) or data.password != b"s3cret:@/":
            return AuthResult(success=False, handled=False)
        self.signed_in.append(data.login.decode())
        return AuthResult(success=True)


class AnyPort(Controller):
    """Listens on a port that the system chooses; the controller's own check needs to know it."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def post_office(
    letterbox: Letterbox | None = None, *, tls: str = "", sign_in: bool = False
) -> Iterator[tuple[int, Letterbox]]:
    """Run a mail server; yields its port and its letterbox.

    `tls` is `starttls` or `smtps`; with `sign_in` only who signs in may hand over mail.
    """
    box = letterbox or Letterbox()
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    controller = AnyPort(
        box,
        hostname="127.0.0.1",
        port=0,
        ssl_context=context if tls == "smtps" else None,
        tls_context=context if tls == "starttls" else None,
        require_starttls=tls == "starttls",
        authenticator=box.authenticate,
        # The server does not count TLS from the first byte as such, so there it cannot insist.
        auth_required=sign_in and tls == "starttls",
        auth_require_tls=tls == "starttls",
        enable_SMTPUTF8=False,
    )
    controller.start()
    try:
        yield controller.port, box
    finally:
        controller.stop()
