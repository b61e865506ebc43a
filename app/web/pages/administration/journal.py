"""The journal: the system's lines, whether all of it is sound, and its anchors; auditors read these pages, too."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from fastapi import APIRouter, Depends, Request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import PlainTextResponse, Response

from app.domain.journal import anchors
from app.domain.people.records import Person
from app.errors import Forbidden, Message
from app.insight import system_journal, verification
from app.insight.system_journal import SystemLine, Wanted
from app.web import i18n
from app.web.dependencies import Visit, number, posted, query, visit
from app.web.i18n import gettext as _
from app.web.i18n import mark
from app.web.pages.administration.journal_words import SUBJECTS, line
from app.web.pages.administration.sections import administering

PATH = "/administration/journal"
router = APIRouter(prefix=PATH)
PAGE = 50
# Outcomes of earlier checks that are listed.
CHECKS = 20
LONGEST = 200


@contextmanager
def auditing(request: Request) -> Iterator[Visit]:
    """Open the one transaction of a page that auditors may read as well as administrators.

    Raises:
        SignInNeeded: nobody is signed in.
        Forbidden: the person is neither.
    """
    with visit(request) as it:
        if not system_journal.may_read(it.viewer):
            raise Forbidden("Only administrators and auditors may see this.")
        yield it


@router.get("")
def show(
    request: Request, subject: str = "", person: str = "", since: str = "", until: str = "", before: str = ""
) -> Response:
    """List the system's lines, newest first."""
    params = {"subject": subject.strip()[:LONGEST], "person": person.strip()[:LONGEST], "since": since, "until": until}
    with auditing(request) as it:
        wanted, nobody = _wanted(it.session, params)
        found, more = ([], 0) if nobody else system_journal.lines(it.session, wanted, limit=PAGE, before=number(before))
        names = system_journal.names(it.session, {entry.subject for entry in found})
        return it.page(
            "administration/journal.html",
            lines=[line(entry, names) for entry in found],
            more=more,
            before=before,
            params=params,
            subjects=sorted((_(name), key) for key, name in SUBJECTS.items()),
            link=partial(_link, params),
        )


@router.get("/verification")
def show_verification(request: Request) -> Response:
    """Show what the last checks found."""
    with auditing(request) as it:
        wanted = Wanted(subject=verification.SUBJECT, event=verification.VERIFIED)
        checks, _more = system_journal.lines(it.session, wanted, limit=CHECKS)
        return it.page("administration/journal_verification.html", checks=checks, faults=_faults(checks[:1]))


@router.post("/verification")
def verify(request: Request, _data: FormData = Depends(posted)) -> Response:
    """Have the journal checked by a worker."""
    with administering(request) as it:
        fresh = verification.ask(it.parts.queue, it.session, actor_id=it.identity.person_id)
        said = mark("The journal is being checked; load this page again in a moment.")
        return it.to(f"{PATH}/verification", said if fresh else mark("A check is under way already."))


@router.get("/anchors")
def show_anchors(request: Request, before: str = "") -> Response:
    """List the anchors, newest first, as lines to be kept elsewhere."""
    with auditing(request) as it:
        found = anchors.listed(it.session, PAGE + 1, before=number(before))
        rows = [(anchor, str(anchors.line_of(anchor))) for anchor in found[:PAGE]]
        more = found[PAGE - 1].position if len(found) > PAGE else 0
        return it.page("administration/journal_anchors.html", rows=rows, more=more, before=before)


@router.get("/anchors/newest.txt")
def newest_anchor(request: Request) -> Response:
    """Give out the line of the newest anchor, to be printed or mailed; empty as long as there is none."""
    with auditing(request) as it:
        newest = anchors.newest(it.session)
        headers = {"content-disposition": 'attachment; filename="stellwerk-anchor.txt"'}
        return PlainTextResponse(f"{anchors.line_of(newest)}\n" if newest else "", headers=headers)


def _wanted(session: Session, params: dict[str, str]) -> tuple[Wanted, bool]:
    """Return which lines the filters ask for, and whether they ask for a person who does not exist."""
    until = _day(params["until"])
    person_id = None
    if name := params["person"]:
        same = or_(func.lower(Person.login) == name.lower(), func.lower(Person.name) == name.lower())
        person_id = session.scalars(select(Person.id).where(same).order_by(Person.id)).first()
    wanted = Wanted(
        subject=params["subject"],
        person_id=person_id,
        since=_day(params["since"]),
        until=until + timedelta(days=1) if until else None,
    )
    return wanted, bool(params["person"]) and person_id is None


def _day(text: str) -> datetime | None:
    """Return the beginning of a day in the person's time zone; what is no day does not filter."""
    try:
        # The last day that there is has no end.
        return datetime.fromisoformat(text[:10]).replace(tzinfo=i18n.here().zone) if text < "9999" else None
    except ValueError:
        return None


def _faults(checks: list[SystemLine]) -> list[dict[str, Any]]:
    return [
        {**fault, "reason": Message(str(fault["reason"]), **fault.get("values", {}))}
        for check in checks
        for fault in check.data.get("faults", ())
    ]


def _link(params: dict[str, str], **changed: Any) -> str:
    return PATH + query({**params, **changed})
