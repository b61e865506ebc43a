"""Erasing what names a person in the journal: first how much it is, then for a reason."""

from fastapi import APIRouter, Depends, Request
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.journal import erasure as journal_erasure
from app.domain.people import erasure
from app.domain.people.records import Person
from app.errors import Invalid, Message
from app.insight import forgetting
from app.web.dependencies import Visit, posted, text
from app.web.i18n import mark
from app.web.pages.administration.sections import administering

PATH = "/administration/journal/erasure"
router = APIRouter(prefix=PATH)
LONGEST = 200
MOST_TERMS = 20


@router.get("")
def show(request: Request, person: str = "", also: str = "", written: str = "") -> Response:
    """Ask for a person; of one who is named, show how many lines name them."""
    with administering(request) as it:
        return _page(it, person.strip()[:LONGEST], also[: LONGEST * MOST_TERMS], written == "1")


@router.post("")
def erase(request: Request, data: FormData = Depends(posted)) -> Response:
    """Erase, if as many lines name the person as the page said."""
    person, also, written = text(data, "person")[:LONGEST], text(data, "also"), text(data, "written") == "1"
    everywhere = text(data, "everywhere") == "1"
    with administering(request) as it:
        found = _find(it.session, person)
        if found is None:
            return _page(it, person, also, written, status=422)
        named = erasure.named(it.session, found.id, also=_terms(also))
        try:
            counted = journal_erasure.erase(
                it.session, named, reason=text(data, "reason"), actor_id=it.identity.person_id, written=written
            )
            if str(counted.total()) != text(data, "seen"):
                told = Message("Other lines name the person by now. Look again, then erase.")
                raise Invalid({"seen": [told]})
            if everywhere:
                forgetting.forget(it.session, it.parts.records.catalogue, named, actor_id=it.identity.person_id)
        except Invalid as refusal:
            it.undo()
            return _page(it, person, also, written, errors=refusal.fields, reason=text(data, "reason"), status=422)
        said = mark("Erased. Lines that named the person: %(count)s. The journal says that it was done, and why.")
        return it.to(PATH, said, count=counted.total())


def _page(
    it: Visit,
    person: str,
    also: str,
    written: bool,
    *,
    errors: dict[str, list[str]] | None = None,
    reason: str = "",
    status: int = 200,
) -> Response:
    wrong: dict[str, list[str]] = {"person": [], "reason": [], "seen": [], **(errors or {})}
    found = _find(it.session, person) if person else None
    if person and found is None:
        wrong["person"] = [Message("Nobody here has this login or name.")]
    named = erasure.named(it.session, found.id, also=_terms(also)) if found else None
    counted = journal_erasure.kinds_of(journal_erasure.places_of(it.session, named, written=written)) if named else None
    return it.page(
        "administration/journal_erasure.html",
        status=status,
        errors=wrong,
        person=found.login if found else person,
        pseudonym=forgetting.pseudonym(found.id) if found else "",
        found=found,
        named=named,
        counted=counted,
        also=also,
        written=written,
        reason=reason,
    )


def _find(session: Session, person: str) -> Person | None:
    """Return the one whose login this is, or else the only one with this name."""
    login, name = func.lower(Person.login) == person.lower(), func.lower(Person.name) == person.lower()
    rows = list(session.scalars(select(Person).where(or_(login, name)).order_by(login.desc()).limit(3)))
    if rows and rows[0].login.lower() == person.lower():
        return rows[0]
    return rows[0] if len(rows) == 1 else None


def _terms(also: str) -> tuple[str, ...]:
    return tuple(term.strip()[:LONGEST] for term in also.splitlines() if term.strip())[:MOST_TERMS]
