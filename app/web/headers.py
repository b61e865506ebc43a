"""What every answer carries besides its content, and how much a request may bring."""

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_ALWAYS = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}
HSTS = "max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds the security headers to each answer that does not bring stricter ones of its own."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and complete the head of its answer."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", HSTS)
                # Pages show what only this person may know: no shared cache keeps them.
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self.app(scope, receive, with_headers)


class BodyLimit:
    """Stops reading a request as soon as it is larger than allowed, whatever length it claims.

    `plain` bounds forms and JSON, `multipart` bounds forms with files; both in bytes.
    """

    def __init__(self, app: ASGIApp, *, plain: int, multipart: int) -> None:
        self.app = app
        self.plain = plain
        self.multipart = multipart

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is read and refuse the rest.

        Raises:
            HTTPException: 413, inside the request's own exception handling.
        """
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        with_files = Headers(scope=scope).get("content-type", "").startswith("multipart/")
        limit = self.multipart if with_files else self.plain
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > limit:
                    raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


class PlainAddress:
    """Puts a replacement character where an address holds a null character, which no text in the database can hold.

    So such an address is one that does not exist, on every page and in the API alike.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with a plain address."""
        if scope["type"] == "http" and ("\0" in scope["path"] or b"%00" in scope["query_string"]):
            scope = {
                **scope,
                "path": scope["path"].replace("\0", "\ufffd"),
                "query_string": scope["query_string"].replace(b"%00", b"%EF%BF%BD"),
            }
        await self.app(scope, receive, send)
