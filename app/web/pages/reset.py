"""A new password for whoever has forgotten theirs: asking for the mail, and following its link."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people import reset
from app.domain.people.credentials import limits
from app.errors import Invalid, NotFound
from app.web import csrf
from app.web.dependencies import anonymous, page, parts_of, posted, text
from app.web.signing_in import asking

router = APIRouter()


@router.get("/sign-in/forgotten")
def show(request: Request) -> Response:
    """Ask for a login or an e-mail address."""
    with anonymous(request):
        csrf.greet(request)
        return page(request, "sign_in_forgotten.html", asked=False, seconds=0)


@router.post("/sign-in/forgotten")
def ask(request: Request, data: FormData = Depends(posted)) -> Response:
    """Say the same whoever was asked for; a mail goes out only to who exists."""
    who, place = text(data, "who")[:200], limits.place(asking(request).address)
    with anonymous(request) as session:
        seconds = limits.seconds_left(session, limits.RESET_BY_ADDRESS, place)
        if not seconds:
            limits.count(session, limits.RESET_BY_ADDRESS, place)
            parts_of(request).account_letters.asked(session, who)
        answer = page(
            request, "sign_in_forgotten.html", status=429 if seconds else 200, asked=not seconds, seconds=seconds
        )
        if seconds:
            answer.headers["retry-after"] = str(seconds)
        return answer


@router.get("/sign-in/reset")
def follow(request: Request, token: str = "") -> Response:
    """Ask for the new password; looking at the page does not use the link up: mail programs look, too."""
    with anonymous(request) as session:
        csrf.greet(request)
        good = reset.owner(session, token) is not None
        return _form(request, token if good else "", status=200 if good else 404)


@router.post("/sign-in/reset")
def change(request: Request, data: FormData = Depends(posted)) -> Response:
    """Set the new password and let the person sign in with it."""
    token, new = text(data, "token"), data.get("new")
    with anonymous(request) as session:
        try:
            reset.reset(session, token, new if isinstance(new, str) else "")
        except NotFound:
            return _form(request, "", status=404)
        except Invalid as refusal:
            return _form(request, token, errors=refusal.fields, status=422)
        answer = page(request, "sign_in_reset.html", token="", done=True, errors={"password": []})
        # Whoever was signed in here was signed out with all others.
        answer.delete_cookie(csrf.SESSION)
        return answer


def _form(request: Request, token: str, *, errors: dict[str, list[str]] | None = None, status: int) -> Response:
    return page(
        request, "sign_in_reset.html", status=status, token=token, done=False, errors={"password": [], **(errors or {})}
    )
