"""What an administrator sets up on pages: people, roles, lists, mail, appearance; each section is its own module."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.web.pages.administration import (
    about,
    appearance,
    calendars,
    leaving,
    mail,
    organisations,
    people,
    people_import,
    roles,
    sections,
    segregation,
    settings,
    sign_in,
    teams,
)
from app.web.pages.administration.sections import administering

router = APIRouter()


@router.get("/administration")
def show(request: Request) -> Response:
    """List the sections."""
    with administering(request) as it:
        return it.page("administration/index.html", groups=sections.groups())


# Those of the journal, of lists and of tags stand in `app.web.pages`.
ROUTERS = (
    router,
    *(module.router for module in (people, leaving, people_import, organisations, teams, roles, segregation, sign_in)),
    *(module.router for module in (settings, calendars, mail, appearance, about)),
)
"""The routes of all sections."""
