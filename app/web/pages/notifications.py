"""What a person was told: all of it or what they have not read, and marking it as read."""

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.notifications import news
from app.insight import told
from app.web.dependencies import RowId, number, posted, query, text, visit
from app.web.i18n import mark
from app.web.notification_words import icon_of

router = APIRouter(prefix="/notifications")
# Digits of an id.


@router.get("")
def show(request: Request, all: str = "", before: str = "") -> Response:  # noqa: A002
    """Show what is unread, or all of it."""
    with visit(request) as it:
        rows = told.told(it.session, it.viewer, unread=all != "1", before=number(before), limit=told.PAGE + 1)
        shown = rows[: told.PAGE]
        further = {"all": "1" if all == "1" else "", "before": shown[-1].id} if len(rows) > told.PAGE else {}
        seen, hidden = told.unread(it.session, it.viewer)
        return it.page(
            "notifications.html",
            rows=shown,
            everything=all == "1",
            seen=seen,
            hidden=hidden,
            next=f"/notifications{query(further)}" if further else "",
            icon_of=icon_of,
        )


@router.get("/{notification_id}")
def follow(request: Request, notification_id: RowId) -> Response:
    """Go to what a notification is about; it counts as read then."""
    with visit(request) as it:
        found = told.find(it.session, it.viewer, notification_id)
        news.mark_read(it.session, it.viewer.person_id, [found.id])
        return it.to(found.path or "/notifications")


@router.post("/read")
def read_all(request: Request, _data: FormData = Depends(posted)) -> Response:
    """Mark everything as read."""
    with visit(request) as it:
        news.mark_read(it.session, it.viewer.person_id)
        return it.to("/notifications", mark("Everything is marked as read."))


@router.post("/{notification_id}")
def read_one(request: Request, notification_id: RowId, data: FormData = Depends(posted)) -> Response:
    """Mark one as read, or as unread again."""
    with visit(request) as it:
        found = told.find(it.session, it.viewer, notification_id)
        if text(data, "unread") == "1":
            news.mark_unread(it.session, it.viewer.person_id, found.id)
        else:
            news.mark_read(it.session, it.viewer.person_id, [found.id])
        return it.to("/notifications?all=1" if text(data, "all") == "1" else "/notifications")
