"""What a page works with: the parts, one transaction, the person who asks, and the answers it can give."""

import base64
import hashlib
import hmac
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, NamedTuple
from urllib.parse import quote

import orjson
from fastapi import Path
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import clock
from app.bootstrap import Parts
from app.database.ids import number as number
from app.domain.people import identity
from app.domain.people.identity import Identity
from app.errors import StellwerkError
from app.insight import inbox
from app.insight.access import Viewer
from app.web import csrf, i18n, names
from app.web.frame import render_page
from app.web.i18n import gettext as _

FLASH = "stellwerk_said"
# The id of a row in an address; a number that no column holds does not exist.
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
SECRETS = frozenset({"password", "old", "new", "code", "token", "again", "mail_password", "state"})
# Words, not ids or keys of choices.
LETTERS = re.compile(r"\w\W+\w|\w{20}")


class SignInNeeded(StellwerkError):
    """Nobody is signed in; `back` is where to go on after signing in."""

    def __init__(self, back: str) -> None:
        super().__init__("Please sign in.")
        self.back = back


def parts_of(request: Request) -> Parts:
    """Return the parts that `app.bootstrap` built."""
    parts: Parts = request.app.state.parts
    return parts


@dataclass
class Visit:
    """One request of a signed-in person inside its one transaction."""

    request: Request
    parts: Parts
    session: Session
    identity: Identity

    @cached_property
    def viewer(self) -> Viewer:
        """What the person may know of."""
        return Viewer.of(self.identity)

    @property
    def partial(self) -> str:
        """Id of the part of the page that a script asks for; empty when the whole page is wanted."""
        headers = self.request.headers
        return headers.get("hx-target", "") if "hx-request" in headers else ""

    def undo(self) -> None:
        """Take back what this request has stored and give its locks up, so that a refusal can be shown.

        A savepoint would do as well, but make the usual case, in which nothing is refused, dearer.
        """
        self.session.rollback()

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Answer with a page of the frame: navigation, numbers in it, the person's menu."""
        common: dict[str, Any] = {
            "menu": names.menu(self.parts.records.catalogue),
            "zone": i18n.here().zone,
            "priority_name": names.priority_name,
        }
        if "badge" not in values:
            common["badge"] = inbox.assigned(self.session, self.viewer, clock.now())
        common |= {"role_title": names.role_title, "moment": datetime.fromisoformat}
        return page(self.request, template, status=status, **common, **values)

    def to(self, path: str, said: str = "", /, *, kind: str = "good", **values: Any) -> Response:
        """Send the browser on to another page, where `said` (a marked message with its values) is shown once."""
        answer = RedirectResponse(path, status_code=303)
        if said:
            message = {"said": said, "values": {name: str(value) for name, value in values.items()}, "kind": kind}
            told = base64.urlsafe_b64encode(orjson.dumps(message)).decode()
            answer.set_cookie(
                FLASH, f"{_seal(self.request, told)}.{told}", max_age=60, httponly=True, samesite="lax",
                secure=csrf.secure(self.request),
            )  # fmt: skip
        return answer


@contextmanager
def visit(request: Request, *, reading: bool = False) -> Iterator[Visit]:
    """Open the one transaction of a page and find who asks; a page for `reading` stores nothing and needs none.

    Raises:
        SignInNeeded: nobody is signed in, or the session has run out.
    """
    parts = parts_of(request)
    refuse_unreadable(request)
    with parts.database.reading() if reading else parts.database.transaction() as session:
        secret = request.cookies.get(csrf.SESSION, "")
        person = identity.by_session(session, secret, hours=parts.settings.session_hours) if secret else None
        if person is None:
            raise SignInNeeded(_path(request))
        request.state.identity = person
        with i18n.at(i18n.place(person.locale, person.time_zone)):
            yield Visit(request, parts, session, person)


@contextmanager
def anonymous(request: Request) -> Iterator[Session]:
    """Open the one transaction of a page that needs nobody to be signed in."""
    with parts_of(request).database.transaction() as session, i18n.at(place_of(request)):
        yield session


def refuse_unreadable(request: Request) -> None:
    """Refuse an address with a zero character: no database text can hold one.

    Raises:
        HTTPException: 400.
    """
    if "%00" in request.url.query or "\x00" in request.url.path:
        raise HTTPException(400)


def place_of(request: Request) -> i18n.Place:
    """Return language and time zone of the person if known, else what the browser asks for."""
    settings = parts_of(request).configuration
    person: Identity | None = getattr(request.state, "identity", None)
    if person is not None:
        return i18n.place(person.locale, person.time_zone)
    wanted = i18n.preferred(request.headers.get("accept-language", ""), settings.default_locale)
    return i18n.place(wanted, settings.default_time_zone)


def place_of_call(request: Request) -> i18n.Place:
    """Return the language that a program asks for, else that of the person whose token it carries, or the default."""
    somewhere = place_of(request)
    wanted = i18n.preferred(request.headers.get("accept-language", ""), somewhere.language)
    return i18n.place(wanted, somewhere.zone.key)


class Look(NamedTuple):
    """How the pages here look: name, addresses of stylesheet and logo if any, whether it is the demo."""

    name: str
    stylesheet: str
    logo: str
    demo: bool


def appearance(request: Request) -> Look:
    """Return how pages look now; the addresses change with their content."""
    known = parts_of(request).configuration.now()
    base = f"/appearance/{known.look}" if known.look else ""
    coloured = known["accent"] or known["navigation"]
    return Look(
        known["product"], f"{base}/colours.css" if coloured else "", f"{base}/logo.png" if known["logo"] else "",
        known.demo,
    )  # fmt: skip


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """Fill a template with its values and those that every page has."""
    flash = _take_flash(request)
    person: Identity | None = getattr(request.state, "identity", None)
    common = {
        "request": request,
        "path": request.url.path,
        "me": person,
        "language": i18n.here().language,
        "csrf": csrf.token_of(request),
        "flash": flash,
        "organisation": parts_of(request).configuration.organisation,
        "look": appearance(request),
    }
    answer = HTMLResponse(render_page(template, common | values), status_code=status)
    if flash:
        answer.delete_cookie(FLASH)
    csrf.keep_visitor(request, answer)
    return answer


async def posted(request: Request) -> AsyncIterator[FormData]:
    """Read a form within the limits and make sure that it comes from a page of this session.

    Raises:
        CrossSite: it does not.
        HTTPException: it cannot be read, or one of its texts is too long.
    """
    settings = parts_of(request).settings
    try:
        form = await request.form(max_fields=5000, max_files=50, max_part_size=settings.form_limit_kb * 1024)
    except HTTPException as error:
        # The parser says 400 to everything; what it refuses in practice is a text that is too long.
        raise HTTPException(413 if "size" in str(error.detail) else error.status_code) from error
    request.state.typed = typed_texts(form)
    try:
        csrf.check(request, form)
        yield form
    finally:
        await form.close()


def typed_texts(form: FormData) -> list[str]:
    """Return what a person has written into a form, for a page that cannot show the form again; no passwords."""
    return [
        value
        for name, value in form.multi_items()
        if isinstance(value, str) and not name.startswith("_") and name not in SECRETS and LETTERS.search(value)
    ]


def text(form: FormData, name: str, default: str = "") -> str:
    """Return one field of a posted form as text without blanks around it."""
    value = form.get(name)
    return value.replace("\x00", "").strip() if isinstance(value, str) else default


def _path(request: Request) -> str:
    if request.method != "GET":
        return "/work"
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def query(values: Mapping[str, Any]) -> str:
    """Write a query string; empty values vanish."""
    pairs = [f"{quote(name)}={quote(str(value), safe='')}" for name, value in values.items() if value not in ("", None)]
    return f"?{'&'.join(pairs)}" if pairs else ""


def _seal(request: Request, told: str) -> str:
    return hmac.new(csrf.session_secret(request).encode(), told.encode(), hashlib.sha256).hexdigest()[:32]


def _take_flash(request: Request) -> dict[str, Any] | None:
    seal, _dot, told = request.cookies.get(FLASH, "").partition(".")
    if not told or not hmac.compare_digest(seal.encode(), _seal(request, told).encode()):
        return None
    try:
        message = orjson.loads(base64.urlsafe_b64decode(told.encode()))
        return {"text": _(message["said"]) % message["values"], "kind": message["kind"]}
    except (ValueError, KeyError, TypeError):
        return None
