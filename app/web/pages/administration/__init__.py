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
for section in (people, leaving, people_import, organisations, teams, roles, segregation, sign_in):
    router.include_router(section.router)
for section in (settings, calendars, mail, appearance, about):
    router.include_router(section.router)


@router.get("/administration")
def show(request: Request) -> Response:
    """List the sections."""
    with administering(request) as it:
        return it.page("administration/index.html", groups=sections.groups())
