"""Lists of incidents."""

from sqlalchemy.orm import Session

from app.domain.incidents.queries import open_incidents
from app.domain.people.records import Person
from app.domain.portfolio.queries import live_services, service_of
from app.domain.records.records import Record


def test_open_incidents_come_most_urgent_first(session: Session, call, make, chiara: Person) -> None:
    low, none, high, done = (make("incident", "Storage down", requester=chiara) for _ in range(4))
    call("incident.set_priority", low, priority="P5")
    call("incident.set_priority", high, priority="P1")
    call("incident.close", done, closure_code="withdrawn")
    assert [found.id for found in open_incidents(session)] == [high, low, none]
    assert open_incidents(session, visible=Record.requester_id.is_(None)) == []


def test_live_services_come_by_name(session: Session, make) -> None:
    mail, storage = make("service", "Mail"), make("service", "Archive")
    make("service", "Fax", phase="retired")
    assert [service.id for service in live_services(session)] == [storage, mail]
    found = service_of(session, mail)
    assert found is not None
    assert found.title == "Mail"
    assert service_of(session, None) is None
