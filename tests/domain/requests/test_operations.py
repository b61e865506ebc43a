"""What diagrams do with service requests, from the order to closure."""

import pytest
from sqlalchemy.orm import Session

from app.domain.catalogue.rules import MANAGER
from app.domain.people.directory import assign_role
from app.domain.people.records import Organisation, Person
from app.domain.records.comments import comments_of
from app.domain.requests.records import ServiceRequest
from app.errors import BusinessError


@pytest.fixture
def order(session: Session, make, chiara: Person, ben: Person, team):
    """Order an item that the test describes."""
    desk = team("service_desk", level=1)
    service = make("service", "Workplace", owner=ben.id, team=desk.id)

    def made(requester: Person | None = chiara, **values: object) -> ServiceRequest:
        item = make("catalogue_item", "Laptop", **{"service": service, "target_hours": 40, **values})
        return session.get_one(ServiceRequest, make("service_request", "?", requester=requester, catalogue_item=item))

    return made


def code_of(call, name: str, record_id: int | None, **parameters: object) -> str:
    with pytest.raises(BusinessError) as refusal:
        call(name, record_id, **parameters)
    return refusal.value.code


def test_an_order_goes_its_way(session: Session, call, order, anna: Person, chiara: Person) -> None:
    found = order(instructions="Take one of the prepared ones.")
    assert call("request.register", found.id) == 40
    assert (found.title, found.team_id is not None) == ("Laptop", True)
    assert found.custom["instructions"] == "Take one of the prepared ones."
    call("request.accept", found.id, priority="P4")
    call("request.assign_team", found.id)
    call("request.take", found.id, actor=anna)
    call("request.take", found.id, actor=chiara)
    assert (found.status, found.priority, found.owner_id, found.level) == ("in_progress", "P4", anna.id, 1)
    assert code_of(call, "request.fulfil", found.id, fulfilment=" ") == "request.no_fulfilment"
    assert code_of(call, "request.reopen", found.id) == "request.not_fulfilled"
    assert code_of(call, "request.close", found.id) == "request.not_fulfilled"
    call("request.fulfil", found.id, fulfilment="Laptop 4711")
    assert code_of(call, "request.take", found.id, actor=anna) == "request.already_fulfilled"
    assert call("request.reopen", found.id, reason="The dock is missing") == 1
    call("request.fulfil", found.id, fulfilment="Laptop 4711 with dock")
    call("request.close", found.id)
    assert (found.status, found.closure_code, found.reopened) == ("closed", "fulfilled", 1)
    assert [one.body for one in comments_of(session, found.id, public_only=True)] == ["The dock is missing"]
    for name, more in (
        ("accept", {"priority": "P4"}),
        ("assign_team", {}),
        ("fulfil", {"fulfilment": "x"}),
        ("close", {}),
    ):
        assert code_of(call, f"request.{name}", found.id, **more) == "request.already_closed", name


@pytest.mark.parametrize("values", [{"phase": "planned"}, {"phase": "retired"}])
def test_what_is_not_offered_is_not_ordered(call, make, order, values: dict[str, str]) -> None:
    assert code_of(call, "request.register", order(**values).id) == "request.not_offered"
    assert code_of(call, "request.register", make("service_request", "Nothing")) == "request.not_offered"
    assert code_of(call, "request.register", None) == "request.no_record"


def test_facts_for_the_rule(session: Session, call, make, order, ben: Person, anna: Person, chiara: Person) -> None:
    institute = Organisation(name="Institute", kind="customer")
    session.add(institute)
    session.flush()
    chiara.organisation_id = institute.id
    assign_role(session, "changes.cab", person_id=chiara.id)
    session.flush()

    def facts(requester: Person | None = chiara, **values: object) -> tuple[bool, str, list[str]]:
        told = call("request.facts", order(requester, **values).id)
        return told["entitled"], told["approval"], told["approvers"]

    assert facts(approval="service_owner") == (True, "service_owner", [str(ben.id), MANAGER])
    assert facts(approval="person", approver=anna.id) == (True, "person", [str(anna.id), MANAGER])
    assert facts(audience="organisations", audience_names="institute") == (True, "none", [])
    assert facts(anna, audience="organisations", audience_names="institute")[0] is False
    assert facts(audience="roles", audience_names="changes.cab")[0] is True
    assert facts(None, audience="roles", audience_names="changes.cab")[0] is False
    chiara.active = False
    session.flush()
    assert facts(audience="roles", audience_names="changes.cab")[0] is False
    assert call("request.facts", make("service_request", "Nothing"))["entitled"] is False


def test_approval_and_the_ends_without_fulfilment(session: Session, call, order) -> None:
    found = order()
    call("request.ask_approval", found.id, priority="P3")
    assert (found.status, found.approved_at) == ("approval", None)
    call("request.accept", found.id, priority="P3")
    assert found.approved_at is not None
    for code in ("not_entitled", "rejected", "withdrawn", "not_possible", "incident"):
        ended = order()
        call("request.close", ended.id, closure_code=code, reason="Because")
        assert (ended.status, ended.closure_code) == ("closed", code)
        assert [one.body for one in comments_of(session, ended.id, public_only=True)] == ["Because"]


def test_without_a_team_the_lowest_level_takes_it(session: Session, call, make, team, chiara: Person) -> None:
    item = make("catalogue_item", "Laptop")
    found = session.get_one(ServiceRequest, make("service_request", "?", requester=chiara, catalogue_item=item))
    call("request.accept", found.id, priority="P4")
    assert code_of(call, "request.assign_team", found.id) == "request.no_team"
    team("vendors", level=3)
    desk = team("service_desk", level=1)
    call("request.assign_team", found.id)
    assert (found.team_id, found.level) == (desk.id, 1)
