"""Forms of the administration: what was typed, who is meant by it, and the same page again with what is wrong."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.people.records import Person
from app.errors import Conflict, Invalid, Message
from app.web.dependencies import Visit, number, text

# Suggestions in one field; whoever is not among them can be typed all the same.
SUGGESTED = 1000

Show = Callable[..., Response]


def typed(data: FormData, *names: str) -> dict[str, str]:
    """Return these fields of a form as texts."""
    return {name: text(data, name) for name in names}


def seen(data: FormData) -> int:
    """Return the version of what the page showed; a page that says none is stale."""
    return number(text(data, "version")) or 0


def answered(it: Visit, values: Mapping[str, Any], work: Callable[[], Response], again: Show) -> Response:
    """Do what a form asks for; refused, show the form again with what was typed.

    `again` is called with `values`, `errors` and `complaint_text`.
    """
    try:
        return work()
    except Invalid as refusal:
        it.undo()
        return again(values=values, errors=refusal.fields, complaint_text="", status=422)
    except Conflict as refusal:
        it.undo()
        return again(values=values, errors={}, complaint_text=refusal.message, status=409)


def suggested(session: Session) -> list[Person]:
    """Return people to suggest in a field for a login, by name."""
    return list(session.scalars(select(Person).where(Person.active).order_by(Person.name, Person.id).limit(SUGGESTED)))


def meant(session: Session, field: str, value: str) -> Person:
    """Return the active person whose login or, if nobody else has it, whose name was typed into a field.

    Raises:
        Invalid: there is none, or it could be several.
    """
    found = session.scalars(select(Person).where(func.lower(Person.login) == value.lower(), Person.active)).all()
    if not found:
        found = session.scalars(select(Person).where(func.lower(Person.name) == value.lower(), Person.active)).all()
    if len(found) != 1:
        told = Message("Nobody here has the login “{value}”.", value=value) if value else Message("Choose somebody.")
        if len(found) > 1:
            told = Message("Several people are called “{value}”; please give the login.", value=value)
        raise Invalid({field: [told]})
    return found[0]
