"""API tokens on a person's own account: making one, which is shown once, and revoking."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app import clock
from app.domain.people import tokens
from app.errors import Invalid
from app.insight import system_journal
from app.web.dependencies import RowId, Visit, posted, text, visit
from app.web.i18n import mark

router = APIRouter()

# What a token may be used for, in plain words; the keys are those of `tokens.Scope`.
SCOPE_NAMES = {
    "read": mark("Read: tasks, cases and records that you may see"),
    "work": mark("Work: start cases, do tasks, send messages, write records"),
    "account": mark("Account: end your sessions, revoke your tokens"),
    "administration": mark("Administer: whatever administrators may do"),
    "metrics": mark("Metrics: figures for a monitoring system"),
    "journal.read": mark("Journal: read the lines of the system and the anchors, for audits"),
}


@router.get("/account/tokens")
def show(request: Request) -> Response:
    """List the tokens, with a form for another one."""
    with visit(request) as it:
        return _page(it)


@router.post("/account/tokens")
def make(request: Request, data: FormData = Depends(posted)) -> Response:
    """Make a token and show it, now and never again."""
    with visit(request) as it:
        days = text(data, "days")
        scopes = [value for value in data.getlist("scopes") if isinstance(value, str)]
        try:
            made = tokens.create_own(
                it.session, it.identity.person_id, text(data, "name"), scopes=scopes,
                days=int(days) if days.isdecimal() and len(days) < 9 else None if not days else 0,
                administrator=it.identity.administrator,
            )  # fmt: skip
        except Invalid as refusal:
            return _page(it, values={"name": text(data, "name"), "days": days, "scopes": scopes},
                         errors=refusal.fields, status=422)  # fmt: skip
        return _page(it, made=made.token)


@router.post("/account/tokens/{token_id}/revoke")
def revoke(request: Request, token_id: RowId, _data: FormData = Depends(posted)) -> Response:
    """Make a token worthless."""
    with visit(request) as it:
        tokens.revoke(it.session, it.identity.person_id, token_id)
        return it.to("/account/tokens", mark("The token was revoked."))


def _page(
    it: Visit,
    *,
    made: str = "",
    values: dict[str, object] | None = None,
    errors: dict[str, list[str]] | None = None,
    status: int = 200,
) -> Response:
    may = {"administration": it.identity.administrator, "journal.read": system_journal.may_read(it.viewer)}
    offered = {key: name for key, name in SCOPE_NAMES.items() if may.get(key, True)}
    return it.page(
        "account/tokens.html",
        status=status,
        made=made,
        values=values or {"name": "", "days": str(tokens.USUAL_DAYS), "scopes": ["read"]},
        errors={"name": [], "days": [], "scopes": [], **(errors or {})},
        offered=offered,
        tokens=tokens.tokens_of(it.session, it.identity.person_id),
        most=tokens.LONGEST_DAYS if it.identity.administrator else tokens.MOST_DAYS,
        now=clock.now(),
    )
