"""Organisations: our own, members of the federation, customers, suppliers."""

from dataclasses import asdict, dataclass

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from app.database.transaction import LOCKED
from app.domain.journal import system
from app.domain.people.accounts import EMAIL
from app.domain.people.fresh import refuse_stale, take_turns
from app.domain.people.records import Organisation, Person
from app.errors import Invalid, Message, NotFound

KINDS = ("own", "federation", "customer", "supplier")
LONGEST = 200
LONGEST_NOTE = 10_000


@dataclass(frozen=True, slots=True)
class Details:
    """What is known of an organisation."""

    name: str
    kind: str = "own"
    email: str = ""
    phone: str = ""
    address: str = ""
    note: str = ""
    active: bool = True


def listed(session: Session) -> list[Row[Organisation, int]]:
    """Return all organisations by name, each with the number of its active people."""
    people = func.count(Person.id).filter(Person.active)
    query = select(Organisation, people).outerjoin(Person, Person.organisation_id == Organisation.id)
    return list(session.execute(query.group_by(Organisation.id).order_by(Organisation.name)))


def save(
    session: Session, organisation_id: int | None, details: Details, *, actor_id: int | None, seen: int | None = None
) -> Organisation:
    """Store a new organisation, or what is now known of one.

    Raises:
        NotFound: there is none of this id.
        Invalid: the name is empty or taken, the kind unknown, or something is too long; all of it at once.
        Conflict: somebody else has changed it since version `seen`.
    """
    take_turns(session, "organisations")
    found: Organisation | None = None
    if organisation_id is not None:
        found = session.get(Organisation, organisation_id, with_for_update=LOCKED, populate_existing=True)
        if found is None:
            raise NotFound()
    values = _checked(session, details, organisation_id)
    if found is None:
        found = Organisation(**values, version=1)
        session.add(found)
    else:
        refuse_stale(found, seen)
        for name, value in values.items():
            setattr(found, name, value)
    session.flush()
    event = "organisation.added" if organisation_id is None else "organisation.changed"
    facts = {"kind": found.kind, "active": found.active}
    system.note(session, event, subject=f"organisation:{found.id}", actor_id=actor_id, data=facts, payload=values)
    return found


def _checked(session: Session, details: Details, own_id: int | None) -> dict[str, str | bool | None]:
    values = {name: " ".join(str(value).split()) or None for name, value in asdict(details).items() if name != "active"}
    values |= {name: getattr(details, name).strip() or None for name in ("address", "note")}
    told: dict[str, list[str]] = {}
    for name, value in values.items():
        most = LONGEST_NOTE if name in ("address", "note") else LONGEST
        if value is not None and len(value) > most:
            told[name] = [Message("This is longer than {most} characters.", most=most)]
    if not values["name"]:
        told["name"] = [Message("Please give a name.")]
    elif session.scalar(
        select(Organisation.id).where(
            func.lower(Organisation.name) == values["name"].lower(), Organisation.id.is_distinct_from(own_id)
        )
    ):
        told["name"] = [Message("There is an organisation of this name already.")]
    if values["kind"] not in KINDS:
        told["kind"] = [Message("Choose one of the kinds that are offered.")]
    if values["email"] and not EMAIL.fullmatch(values["email"]):
        told["email"] = [Message("This does not look like an e-mail address.")]
    if told:
        raise Invalid(told)
    return {**values, "active": details.active}
