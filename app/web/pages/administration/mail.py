"""Mail: the server that it is handed to, and a test that shows what the server answers."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.journal import system
from app.domain.people.records import Person
from app.errors import StellwerkError
from app.integrations.email import OutgoingMail, send
from app.web.dependencies import Visit, number, posted, text
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, typed
from app.web.pages.administration.sections import administering
from app.web.pages.administration.settings import fixed, store

router = APIRouter(prefix="/administration/mail")
FIELDS = ("mail_from", "mail_host", "mail_port", "mail_security", "mail_user")
SECURITIES = {
    "starttls": mark("STARTTLS, nothing goes out without"),
    "tls": mark("TLS from the first byte"),
    "offered": mark("STARTTLS where the server offers it"),
}
TESTED = "settings.mail_tested"


@router.get("")
def show(request: Request) -> Response:
    """Show how mail goes out."""
    with administering(request) as it:
        return _page(it)


@router.post("")
def change(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store how mail goes out; an empty password leaves the old one as it is."""
    with administering(request) as it:
        values = typed(data, *FIELDS, "version")
        given = {key: values[key] for key in FIELDS if key in data}
        password = data.get("mail_password")
        if text(data, "without_password"):
            given["mail_password"] = ""
        elif isinstance(password, str) and password:
            given["mail_password"] = password

        def work() -> Response:
            return store(it, given, number(values["version"]), "/administration/mail")

        return answered(it, values, work, lambda **told: _page(it, **told))


@router.post("/test")
def test(request: Request, _data: FormData = Depends(posted)) -> Response:
    """Send a mail to oneself and show what became of it."""
    with administering(request) as it:
        person_id, configuration = it.identity.person_id, it.parts.configuration
        address = it.session.scalar(select(Person.email).where(Person.id == person_id))
        subject = _("A test mail from %(name)s") % {"name": configuration.organisation}
        body = _("This mail was sent from the administration of %(address)s. If you read it, mail works.")
        body %= {"address": configuration.address}
    # Outside of any transaction: a server may take long to answer, and no lock should wait for it.
    sent, answer = False, _("You have no e-mail address; give yourself one first.")
    if address:
        try:
            identity = f"test:{person_id}:{clock.now().isoformat()}"
            answer, sent = send(configuration, OutgoingMail(address, subject, body, identity)), True
        except StellwerkError as error:
            answer = error.message
    with administering(request) as it:
        system.note(it.session, TESTED, subject="settings", actor_id=person_id, data={"sent": sent})
        return _page(it, tested=(sent, address, answer))


def _page(it: Visit, *, status: int = 200, tested: Any = None, **told: Any) -> Response:
    known = it.parts.configuration.read(it.session)
    values = {key: known[key] for key in FIELDS} | {"version": str(known.generation)}
    return it.page(
        "administration/mail.html",
        status=status,
        fixed=fixed(it),
        securities=[(key, _(name)) for key, name in SECURITIES.items()],
        has_password=bool(known["mail_password"]),
        folder="" if known.mail_url else str(it.parts.settings.var / "mail"),
        tested=tested,
        **{"errors": {}, "complaint_text": "", "values": values, **told},
    )
