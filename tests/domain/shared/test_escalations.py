"""Who comes next, without changing anything."""

import pytest
from sqlalchemy.orm import Session

from app.domain.people.directory import assign_role
from app.domain.people.records import Person
from app.errors import BusinessError


def test_the_next_level_is_the_services_team(call, make, team) -> None:
    desk, _, storage = team("service_desk", level=1), team("network", level=2), team("storage", level=2)
    record_id = make("incident", "Storage down")
    assert call("escalation.target", record_id)["role"] == "team.service_desk"
    service = make("service", "Research storage", team=storage.id)
    record_id = make("incident", "Storage down", team=desk.id, service=service)
    assert call("escalation.target", record_id, kind="functional") == {
        "role": "team.storage", "name": "Storage", "person": None,
    }  # fmt: skip
    with pytest.raises(BusinessError, match="level 3"):
        call("escalation.target", make("incident", "Storage down", team=storage.id))


def test_the_next_manager_stands_above_the_owner(session: Session, call, make, anna: Person, ben: Person) -> None:
    record_id = make("incident", "Storage down", owner=anna.id)
    with pytest.raises(BusinessError, match="vacant"):
        call("escalation.target", record_id, kind="hierarchical")
    assign_role(session, "incidents.process_manager", person_id=anna.id)
    assign_role(session, "management.sms_manager", person_id=ben.id)
    assert call("escalation.target", record_id, kind="hierarchical")["person"] == str(ben.id)
    other = make("incident", "Mail slow")
    assert call("escalation.target", other, kind="hierarchical") == {
        "role": "incidents.process_manager", "name": "Anna Novak", "person": str(anna.id),
    }  # fmt: skip
