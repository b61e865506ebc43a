"""The guided page of an empty database: from nothing to an organisation, or to the demo; gone afterwards."""

import base64
import zlib
from typing import Any

import orjson
from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.datastructures import FormData, UploadFile
from starlette.responses import Response

from app.domain.calendars import regions
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import ruled
from app.domain.demo import OFFERED, PASSWORD
from app.domain.founding import code, found
from app.domain.founding.answers import LONGEST_TABLE, STEPS, Answers, Errors
from app.domain.people.credentials.sealing import Seal, Unreadable
from app.domain.people.passwords import SHORTEST
from app.errors import Conflict, Invalid, Message, NotFound
from app.showcase import make_demo
from app.web import csrf, i18n
from app.web.dependencies import anonymous, page, parts_of, posted, text
from app.web.i18n import mark
from app.web.pages.administration.calendars import weekdays
from app.web.pages.administration.mail import SECURITIES
from app.web.pages.administration.settings import zones

router = APIRouter(prefix="/first-start")
PURPOSE = "first start"
TITLES = {
    "organisation": mark("Your organisation"),
    "calendar": mark("When you work"),
    "mail": mark("Mail"),
    "administrator": mark("Administrator"),
    "leaders": mark("SMS owner and SMS manager"),
    "people": mark("First people"),
    "service": mark("First service"),
}
REVIEW = "review"
NONE: Errors = {}


@router.get("")
def show(request: Request) -> Response:
    """Ask for the set-up code."""
    with anonymous(request) as session:
        if not found.is_empty(session):
            raise NotFound
        code.keep(parts_of(request).settings)
        csrf.greet(request)
        return page(request, "first_start/code.html", wrong=False, file=code.FILE)


@router.post("")
def answer(request: Request, data: FormData = Depends(posted)) -> Response:
    """Take the answers to one step and show the next one; the last one stores everything."""
    with anonymous(request) as session:
        answers = _opened(request, data)
        if not found.is_empty(session):
            raise Conflict(found.TOO_LATE) if answers else NotFound()
        if answers is None:
            return _enter(request, data)
        if text(data, "do") != "demo":
            return _go_on(request, session, data, answers)
    # In transactions of its own: the history takes some seconds, and is all there or not at all.
    if not make_demo(parts_of(request)):
        raise Conflict(found.TOO_LATE)
    code.forget(parts_of(request).settings)
    with anonymous(request):
        return page(request, "first_start/done.html", login="", offered=OFFERED, password=PASSWORD)


def _enter(request: Request, data: FormData) -> Response:
    if not code.fits(parts_of(request).settings, text(data, "code")):
        return page(request, "first_start/code.html", status=403, wrong=True, file=code.FILE)
    return page(request, "first_start/choice.html", state=_sealed(request, Answers()))


def _go_on(request: Request, session: Session, data: FormData, answers: Answers) -> Response:
    key, do = text(data, "step"), text(data, "do")
    keys = [*STEPS, REVIEW]
    if key not in keys:
        return _step(request, answers, keys[0])
    place = keys.index(key)
    if key == REVIEW:
        return _step(request, answers, keys[place - 1]) if do == "back" else _finish(request, session, answers)
    errors = _take(data, answers, key, skip=do == "skip" and STEPS[key].optional)
    if do == "back":
        return _step(request, answers, keys[max(place - 1, 0)])
    return _step(request, answers, key if errors else keys[place + 1], errors)


def _take(data: FormData, answers: Answers, key: str, *, skip: bool) -> Errors:
    if skip:
        answers.steps.pop(key, None)
        return NONE
    values = {name: text(data, name) for name in STEPS[key].fields}
    if key == "people" and isinstance(table := data.get("file"), UploadFile) and table.size:
        try:
            values["people"] = table.file.read(LONGEST_TABLE + 1).decode("utf-8-sig")
        except UnicodeDecodeError:
            told = Message("This is no text in UTF-8. Save the table as “CSV UTF-8” and try again.")
            return {"people": [told]}
    if key == "mail" and not values["mail_password"]:
        values["mail_password"] = answers.of("mail")["mail_password"]
    errors = answers.take(key, values)
    if key == "administrator":
        password, again = (_raw(data, name) for name in ("password", "again"))
        if password or again or not answers.password_hash:
            errors = errors | answers.choose_password(password, again)
    return errors


def _finish(request: Request, session: Session, answers: Answers) -> Response:
    if wrong := answers.wrong():
        return _step(request, answers, *wrong)
    parts = parts_of(request)
    try:
        administrator = found.found(session, parts.configuration, parts.records, answers)
    except Invalid as refusal:
        session.rollback()
        key = next((one for one in STEPS if refusal.fields.keys() & {*STEPS[one].fields}), "organisation")
        return _step(request, answers, key, refusal.fields)
    code.forget(parts.settings)
    return page(request, "first_start/done.html", login=administrator.login, offered={}, password="")


def _step(request: Request, answers: Answers, key: str, errors: Errors = NONE) -> Response:
    settings = parts_of(request).settings
    values = answers.of(key) if key != REVIEW else {}
    if key == "organisation" and key not in answers.steps:
        values |= {"default_locale": i18n.here().language, "default_time_zone": i18n.here().zone.key}
    common: dict[str, Any] = {
        "key": key, "values": values, "errors": errors, "complaint_text": "", "state": _sealed(request, answers),
        "titles": [(one, TITLES[one]) for one in STEPS], "optional": key != REVIEW and STEPS[key].optional,
        "shortest": SHORTEST, "has_password": bool(answers.password_hash), "answers": answers,
        "fixed": [name for name, item in ITEMS.items() if ruled(settings, item)],
    }  # fmt: skip
    if key == "organisation":
        common |= {"languages": list(i18n.languages().items()), "zones": zones()}
    if key == "calendar":
        common |= {"days": weekdays(), "regions": regions.choices(i18n.here().language)}
    if key == "mail":
        common["securities"] = [(one, i18n.gettext(name)) for one, name in SECURITIES.items()]
    return page(request, "first_start/step.html", status=422 if errors else 200, **common)


def _raw(data: FormData, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""


def _sealed(request: Request, answers: Answers) -> str:
    """Return the answers so far as the form carries them: nobody reads or changes them, no other browser goes on."""
    plain = base64.b85encode(zlib.compress(orjson.dumps(answers.as_json()))).decode()
    seal = Seal(parts_of(request).settings.secret, PURPOSE)
    return base64.urlsafe_b64encode(seal.close(plain, csrf.session_secret(request))).decode()


def _opened(request: Request, data: FormData) -> Answers | None:
    seal = Seal(parts_of(request).settings.secret, PURPOSE)
    try:
        plain = seal.open(base64.urlsafe_b64decode(_raw(data, "state")), csrf.session_secret(request))
    except (Unreadable, ValueError):
        return None
    return Answers(**orjson.loads(zlib.decompress(base64.b85decode(plain))))
