"""Settings: what an administrator changes here, and everything that is in force with where it comes from."""

from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from pydantic import SecretStr
from sqlalchemy import select
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.calendars.records import Calendar
from app.domain.configuration import changing
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import Values, ruled
from app.errors import Invalid, Message
from app.settings import Settings
from app.web import i18n
from app.web.dependencies import Visit, number, posted
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/settings")
GENERAL = ("organisation", "default_locale", "default_time_zone", "default_calendar", "base_url", "default_sla")
ORIGINS = {"default": mark("default"), "environment": mark("environment"), "page": mark("set on a page")}
HIDDEN = "••••••••"
SECRET_FIELDS = frozenset({"secret_key", "mail_url", "database_url"})


@router.get("")
def show(request: Request) -> Response:
    """Show what can be changed and what is in force."""
    with administering(request) as it:
        return _page(it)


@router.post("")
def change(request: Request, data: FormData = Depends(posted)) -> Response:
    """Store what can be changed here."""
    with administering(request) as it:
        values = typed(data, *GENERAL, "version")
        given = {key: values[key] for key in GENERAL if key in data}

        def work() -> Response:
            return store(it, given, number(values["version"]), "/administration/settings", _not_offered(it, given))

        return answered(it, values, work, lambda **told: _page(it, **told))


def store(
    it: Visit, given: dict[str, str], seen: int | None, path: str, wrong: dict[str, list[str]] | None = None
) -> Response:
    """Store settings and go on; they count at once in this process and soon in the others.

    Raises:
        Invalid: something will not do, or was `wrong` before.
        Conflict: somebody else was faster.
    """
    wrong = wrong or {}
    seen = 0 if seen is None else seen
    try:
        changing.change(it.session, it.parts.configuration, given, actor_id=it.identity.person_id, seen=seen)
    except Invalid as refusal:
        wrong = wrong | refusal.fields
    if wrong:
        raise Invalid(wrong)
    return it.to(path, mark("Saved."))


def _not_offered(it: Visit, given: dict[str, str]) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if given.get("default_locale") and given["default_locale"] not in i18n.languages():
        wrong["default_locale"] = [Message("Choose one of the languages that are offered.")]
    if given.get("default_calendar") and given["default_calendar"] not in dict(calendars(it)):
        wrong["default_calendar"] = [Message("Choose one of the calendars that are offered.")]
    return wrong


def zones() -> list[str]:
    """Return the time zones that are suggested."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


def calendars(it: Visit) -> list[tuple[str, str]]:
    """Return keys and names of the calendars."""
    rows = it.session.execute(select(Calendar.key, Calendar.name).order_by(Calendar.name))
    return [(row.key, row.name) for row in rows]


def fixed(it: Visit) -> list[str]:
    """Return the keys that the environment rules."""
    return [key for key, item in ITEMS.items() if ruled(it.parts.settings, item)]


def _page(it: Visit, *, status: int = 200, **told: Any) -> Response:
    known = it.parts.configuration.read(it.session)
    values = {key: known[key] for key in GENERAL} | {"version": str(known.generation)}
    return it.page(
        "administration/settings.html",
        status=status,
        fixed=fixed(it),
        languages=list(i18n.languages().items()),
        zones=zones(),
        calendars=calendars(it),
        on_pages=[(str(item.title), _shown(known, key), known.values[key].origin) for key, item in ITEMS.items()],
        outside=list(_outside(it.parts.settings)),
        origins={key: _(name) for key, name in ORIGINS.items()},
        **{"errors": {}, "complaint_text": "", "values": values, **told},
    )


def _shown(known: Values, key: str) -> str:
    value = known[key]
    if key.startswith("mail_") and known.values[key].origin == "environment" and not value:
        return _("as STELLWERK_MAIL_URL says")
    if value and ITEMS[key].secret:
        return HIDDEN
    return _("a picture") if value and ITEMS[key].picture else value


def _outside(settings: Settings) -> list[tuple[str, str, str]]:
    rows = []
    for name in Settings.model_fields:
        value = getattr(settings, name)
        raw = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        given = name in settings.model_fields_set
        rows.append((
            f"STELLWERK_{name.upper()}",
            HIDDEN if raw and name in SECRET_FIELDS else raw,
            "environment" if given else "default",
        ))  # fmt: skip
    return rows
