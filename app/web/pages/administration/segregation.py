"""Segregation of duties: which roles nobody should hold together."""

from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people import segregation
from app.web.dependencies import RowId, Visit, posted
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.names import role_title
from app.web.pages.administration.answering import answered, typed
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/segregation")
# How rules name the same role of every area.
EVERY = {
    "*.process_owner": mark("Process owner of any area"),
    "*.process_manager": mark("Process manager of any area"),
    "*.process_staff": mark("Staff of any area"),
}
# The reasons of the rules that come with Stellwerk; the database holds them in English.
SHIPPED = (
    mark("Nobody audits the process that they own."),
    mark("Nobody audits the process that they manage."),
    mark("Nobody audits the management system that they answer for."),
    mark("Nobody audits the management system that they run."),
)


def called(role: str) -> str:
    """Return what people read for a role or for one of every area."""
    return _(EVERY[role]) if role in EVERY else role_title(role)


@router.get("")
def show(request: Request) -> Response:
    """List the rules."""
    with administering(request) as it:
        return _page(it)


@router.post("")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Make a rule."""
    with administering(request) as it:
        values = typed(data, "first", "second", "reason")

        def work() -> Response:
            segregation.add_rule(it.session, **values, actor_id=it.identity.person_id)
            return it.to("/administration/segregation", mark("Saved."))

        return answered(it, values, work, lambda **told: _page(it, **told))


@router.post("/{rule_id}/drop")
def drop(request: Request, rule_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Take a rule back."""
    with administering(request) as it:
        segregation.drop_rule(it.session, rule_id, actor_id=it.identity.person_id)
        return it.to("/administration/segregation", mark("The rule was taken back."))


def _page(it: Visit, *, status: int = 200, **told: Any) -> Response:
    return it.page(
        "administration/segregation.html",
        status=status,
        rules=segregation.rules(it.session),
        called=called,
        choices=[(role, called(role)) for role in segregation.choices()],
        **{"errors": {}, "complaint_text": "", "values": {}, **told},
    )
