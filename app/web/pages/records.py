"""Lists of records of a kind."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.domain.records.kinds import Kind
from app.insight import record_view
from app.web.dependencies import query, visit
from app.web.i18n import gettext as _

router = APIRouter()


@router.get("/records/{kind_key}")
def list_records(request: Request, kind_key: str, status: str = "open", q: str = "", before: str = "") -> Response:
    """List the records of a kind that the person may know of."""
    with visit(request) as it:
        kind = it.parts.records.catalogue.get(kind_key)
        statuses = [("open", _("Open")), *((key, _(kind.status_title(key))) for key in _further(kind)), ("", _("All"))]
        known = {value for value, _title in statuses}
        params = {"status": status if status in known else "open", "q": q.strip()[:100], "before": before}
        lines, more = record_view.list_records(
            it.session,
            it.parts.records.catalogue,
            it.viewer,
            kind,
            status=params["status"],
            text=params["q"],
            before=int(before) if before.isdecimal() and len(before) < 19 else None,
        )
        return it.page(
            "records/list.html",
            kind=kind,
            lines=lines,
            more=more,
            params=params,
            statuses=statuses,
            link=partial(_link, f"/records/{kind.key}", params),
        )


def _further(kind: Kind) -> list[str]:
    return [key for key in kind.statuses if key != "open"]


def _link(path: str, params: dict[str, str], **changed: Any) -> str:
    values = {**params, **changed}
    # The empty status means all; without the parameter the open ones are shown.
    status = "status=" + values.pop("status")
    rest = query(values)
    return f"{path}?{status}" + (f"&{rest[1:]}" if rest else "")
