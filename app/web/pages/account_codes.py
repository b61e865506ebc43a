"""The second factor on a person's own account: setting it up, new recovery codes, switching it off."""

import io

import segno
from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people import accounts
from app.domain.people.credentials import second_factor
from app.domain.people.records import Person
from app.errors import Forbidden, Message
from app.web.dependencies import Visit, posted, text, visit
from app.web.i18n import mark
from app.web.pages.account import NOT_THEIRS
from app.web.signing_in import codes_seal

router = APIRouter()

PATH = "/account/second-factor"
WRONG = Message("This code is wrong, or it was used already. After several wrong ones none is accepted for a while.")


@router.get("/account/second-factor")
def show(request: Request) -> Response:
    """Show how to set it up, or that it is on."""
    with visit(request) as it:
        return _page(it)


@router.post("/account/second-factor")
def begin(request: Request, data: FormData = Depends(posted)) -> Response:
    """Make a secret for the authenticator; the password shows that it is not somebody else at an open browser."""
    with visit(request) as it:
        if not accounts.is_theirs(it.session, _person(it), _typed(data, "password")):
            return _page(it, errors={"password": [NOT_THEIRS]}, status=422)
        second_factor.begin(it.session, it.identity.person_id, codes_seal(it.parts.settings))
        return it.to(PATH)


@router.post("/account/second-factor/confirm")
def confirm(request: Request, data: FormData = Depends(posted)) -> Response:
    """Switch it on by the first code, and show the recovery codes."""
    with visit(request) as it:
        codes = second_factor.confirm(
            it.session, it.identity.person_id, text(data, "code")[:100], codes_seal(it.parts.settings)
        )
        if codes is None:
            return _page(it, errors={"code": [WRONG]}, status=422)
        return _page(it, codes=codes)


@router.post("/account/second-factor/codes")
def renew(request: Request, data: FormData = Depends(posted)) -> Response:
    """Show new recovery codes; the old ones count no longer."""
    with visit(request) as it:
        if not _accepted(it, data):
            return _page(it, errors={"code": [WRONG]}, status=422)
        return _page(it, codes=second_factor.renew_codes(it.session, it.identity.person_id))


@router.post("/account/second-factor/off")
def switch_off(request: Request, data: FormData = Depends(posted)) -> Response:
    """Switch it off; password and code together show that it is its owner."""
    with visit(request) as it:
        if not accounts.is_theirs(it.session, _person(it), _typed(data, "password")):
            return _page(it, errors={"password": [NOT_THEIRS]}, status=422)
        if not _accepted(it, data):
            return _page(it, errors={"code": [WRONG]}, status=422)
        second_factor.remove(it.session, it.identity.person_id, by_id=it.identity.person_id)
        return it.to("/account", mark("Your second factor is switched off."))


def qr_code(uri: str) -> Markup:
    """Draw a URI as SVG without inline styles, which our content security policy forbids."""
    drawn = io.BytesIO()
    segno.make(uri, error="m").save(
        drawn, kind="svg", scale=5, border=4, xmldecl=False, svgns=False, nl=False, light="#fff", svgclass=None,
        lineclass=None, omitsize=False,
    )  # fmt: skip
    return Markup(drawn.getvalue().decode())  # noqa: S704 - segno writes numbers and colours, nothing of the text


def _accepted(it: Visit, data: FormData) -> bool:
    code, seal = text(data, "code")[:100], codes_seal(it.parts.settings)
    return second_factor.check(it.session, it.identity.person_id, code, seal) is not None


def _typed(data: FormData, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _person(it: Visit) -> Person:
    person = it.session.get_one(Person, it.identity.person_id)
    if person.password_hash is None:
        raise Forbidden("You sign in elsewhere; set a second factor up there.")
    return person


def _page(
    it: Visit, *, errors: dict[str, list[str]] | None = None, codes: list[str] | None = None, status: int = 200
) -> Response:
    person = it.session.get_one(Person, it.identity.person_id)
    settings = it.parts.settings
    setup = second_factor.setup(it.session, person, codes_seal(settings), issuer=settings.organisation)
    return it.page(
        "account/second_factor.html",
        status=status,
        errors={"password": [], "code": [], **(errors or {})},
        local=person.password_hash is not None,
        on=second_factor.is_on(it.session, person.id),
        codes=codes,
        left=second_factor.codes_left(it.session, person.id),
        setup=setup,
        drawn=qr_code(setup.uri) if setup else "",
    )
