"""What a person is called, for erasing it from the journal."""

from sqlalchemy.orm import Session

from app.domain.journal.erasure import Named
from app.domain.people.records import Person
from app.errors import NotFound


def named(session: Session, person_id: int, *, also: tuple[str, ...] = ()) -> Named:
    """Return by what the journal may name a person; `also` are former names and addresses.

    Raises:
        NotFound: there is no such person.
    """
    person = session.get(Person, person_id)
    if person is None:
        raise NotFound()
    terms = (person.name, person.login, person.email, person.phone, *also)
    return Named(person.id, tuple(term for term in terms if term))
