"""Settings: what an administrator changes here, and everything that is in force with where it comes from."""

from typing import Any
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.calendars import use
from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import Values, ruled
from app.web import configured, i18n
from app.web.dependencies import Visit, number, posted
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.answering import answered, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/settings")
GENERAL = ("organisation", "default_locale", "default_time_zone", "default_calendar", "base_url", "default_sla")
ORIGINS = {"default": mark("default"), "environment": mark("environment"), "page": mark("set on a page")}


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
            return store(it, given, number(values["version"]), "/administration/settings")

        return answered(it, values, work, lambda **told: _page(it, **told))


def store(it: Visit, given: dict[str, str], seen: int | None, path: str) -> Response:
    """Store settings and go on.

    Raises:
        Invalid: something will not do.
        Conflict: somebody else was faster.
    """
    configured.change(it.session, it.parts.configuration, given, actor_id=it.identity.person_id, seen=seen or 0)
    return it.to(path, mark("Saved."))


def zones() -> list[str]:
    """Return the time zones that are suggested."""
    return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))


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
        calendars=use.choices(it.session),
        on_pages=[(str(item.title), _shown(known, key), known.values[key].origin) for key, item in ITEMS.items()],
        outside=configured.outside(it.parts.settings),
        origins={key: _(name) for key, name in ORIGINS.items()},
        **{"errors": {}, "complaint_text": "", "values": values, **told},
    )


def _shown(known: Values, key: str) -> str:
    value = known[key]
    if key.startswith("mail_") and known.values[key].origin == "environment" and not value:
        return _("as STELLWERK_MAIL_URL says")
    if value and ITEMS[key].secret:
        return configured.HIDDEN
    return _("a picture") if value and ITEMS[key].picture else value
