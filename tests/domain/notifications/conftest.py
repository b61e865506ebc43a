"""An incident in a case, and the people around it, stored in the database."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.incidents.records import Incident
from app.domain.people.records import Person, RoleAssignment, Team, TeamMember
from app.domain.portfolio.records import Service
from app.engine.records import Case
from app.operations import OperationContext
from app.processes.records import Bundle

MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@dataclass
class Office:
    """Ids of everybody and everything, by short name."""

    people: dict[str, int] = field(default_factory=dict)
    case_id: int = 0
    other_case_id: int = 0
    record_id: int = 0
    journal: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def context(self, session: Session, **changes: Any) -> OperationContext:
        """The context of an operation in the incident's case."""
        given: dict[str, Any] = {
            "session": session, "case_id": self.case_id, "case_number": "C-2026-000042", "diagram": "incident",
            "element": "tell_caller", "record_id": self.record_id, "actor_id": self.people["anna"],
            "requester_id": self.people["chiara"], "key": f"{self.case_id}:tell:1", "data": {},
            "send": lambda name, key, payload, broadcast=False: None,
            "journal": lambda event, data=None, payload=None: self.journal.append((event, data or {})),
        }  # fmt: skip
        return OperationContext(**{**given, **changes})


def person(session: Session, login: str, name: str, **details: Any) -> Person:
    details = {"email": f"{login}@example.org", "locale": "en", **details}
    row = Person(login=login, name=name, **details)
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def office(database: Database) -> Iterator[Office]:
    """Chiara Ricci reported an incident; Anna Novak owns it; Ben Osei's network team works on it."""
    office = Office()
    with clock.at(MONDAY), database.transaction() as session:
        people = {
            "anna": person(session, "anna", "Anna Novak"),
            "chiara": person(session, "chiara", "Chiara Ricci", locale="de", time_zone="Europe/Berlin"),
            "ben": person(session, "ben", "Ben Osei"),
            "dora": person(session, "dora", "Dora Lind", email=None),
            "emil": person(session, "emil", "Emil Stark", active=False),
        }
        office.people = {key: row.id for key, row in people.items()}
        network = Team(key="network", name="Network")
        desk = Team(key="desk", name="Service desk", email="desk@example.org")
        service = Service(
            number="SVC-2026-0001", title="Storage", opened_at=MONDAY, updated_at=MONDAY, status="open", custom={}
        )
        session.add_all([network, desk, service])
        session.flush()
        session.add_all(
            [
                TeamMember(team_id=network.id, person_id=people["ben"].id),
                TeamMember(team_id=network.id, person_id=people["emil"].id),
                RoleAssignment(role="incidents.process_manager", person_id=people["anna"].id, valid_from=MONDAY),
                RoleAssignment(role="incidents.process_staff", team_id=network.id, valid_from=MONDAY),
                RoleAssignment(role="incidents.process_staff", person_id=people["anna"].id, valid_from=MONDAY),
                RoleAssignment(
                    role="incidents.process_staff", person_id=people["dora"].id,
                    valid_from=MONDAY, valid_until=MONDAY + timedelta(days=1),
                ),
            ]
        )  # fmt: skip
        incident = Incident(
            number="INC-2026-0042", title="Storage down", status="open", priority="P2", owner_id=people["anna"].id,
            requester_id=people["chiara"].id, team_id=network.id, service_id=service.id,
            coordinator_id=people["ben"].id, opened_at=MONDAY, updated_at=MONDAY,
            custom={"witness": str(people["anna"].id)},
        )  # fmt: skip
        bundle = Bundle(hash="one", diagram="incident", members=[], created_at=MONDAY)
        session.add_all([incident, bundle])
        session.flush()
        office.record_id = incident.id
        cases = [
            Case(
                number=number, diagram="incident", area="incidents", diagram_version=1, bundle_id=bundle.id,
                record_id=incident.id, title="Storage down", state=b"", started_at=MONDAY,
            )
            for number in ("C-2026-000042", "C-2026-000043")
        ]  # fmt: skip
        session.add_all(cases)
        session.flush()
        office.case_id, office.other_case_id = (case.id for case in cases)
    yield office


Change = Callable[..., None]


@pytest.fixture
def change_incident(database: Database, office: Office) -> Change:
    """Change attributes of the incident."""

    def change(**values: Any) -> None:
        with database.transaction() as session:
            incident = session.get_one(Incident, office.record_id)
            for name, value in values.items():
                setattr(incident, name, value)

    return change
