"""Signing in, as administrators see it: groups of the provider and their roles; resetting somebody's second factor."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people.credentials import groups, second_factor
from app.domain.people.records import Person
from app.errors import Invalid, NotFound
from app.processes.roles import assignable
from app.web.dependencies import RowId, Visit, posted, text
from app.web.i18n import mark
from app.web.names import role_title
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration")
PATH = "/administration/groups"


@router.get("/groups")
def show(request: Request) -> Response:
    """List the groups and the roles that they give."""
    with administering(request) as it:
        return _page(it)


@router.post("/groups")
def add(request: Request, data: FormData = Depends(posted)) -> Response:
    """Let a group give a role."""
    with administering(request) as it:
        values = {"group_name": text(data, "group_name")[:1000], "role": text(data, "role")[:1000]}
        try:
            groups.add(
                it.session, values["group_name"], values["role"], roles=assignable(), actor_id=it.identity.person_id
            )
        except Invalid as refusal:
            it.undo()
            return _page(it, values=values, errors=refusal.fields, status=422)
        return it.to(PATH, mark("The group gives this role from now on."))


@router.post("/groups/{row_id}/remove")
def remove(request: Request, row_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Let a group give a role no longer."""
    with administering(request) as it:
        groups.remove(it.session, row_id, actor_id=it.identity.person_id)
        return it.to(PATH, mark("The group gives this role no longer."))


@router.post("/people/{person_id}/second-factor/reset")
def reset(request: Request, person_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Switch the second factor of somebody off who has lost authenticator and recovery codes."""
    with administering(request) as it:
        if it.session.get(Person, person_id) is None:
            raise NotFound()
        second_factor.remove(it.session, person_id, by_id=it.identity.person_id)
        return it.to(f"/administration/people/{person_id}", mark("The second factor was reset."))


def _page(
    it: Visit,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    return it.page(
        "administration/groups.html",
        status=status,
        rows=groups.listed(it.session),
        roles=sorted(((key, role_title(key)) for key in assignable()), key=lambda entry: entry[1]),
        values=values or {"group_name": "", "role": ""},
        errors=errors or {},
        complaint_text="",
        is_set=it.parts.provider.is_set or it.parts.ldap.is_set,
    )
