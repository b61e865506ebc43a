"""What the catalogue offers, and to whom."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.catalogue import rules
from app.domain.catalogue.records import CatalogueItem
from app.domain.catalogue.rules import Orderer
from app.domain.people import identity
from app.domain.people.records import Organisation, Person
from app.domain.portfolio.queries import service_of


def offered(session: Session, orderer: Orderer) -> list[CatalogueItem]:
    """Return what somebody may order, by name."""
    statement = select(CatalogueItem).where(CatalogueItem.closed_at.is_(None), CatalogueItem.phase == "live")
    rows = session.scalars(statement.order_by(CatalogueItem.title, CatalogueItem.id))
    return [row for row in rows if rules.may_order(orderer, row.audience, row.audience_names)]


def item_of(session: Session, item_id: int | None) -> CatalogueItem | None:
    """Return an item by the id that a request holds; nothing for none."""
    return session.get(CatalogueItem, item_id) if item_id is not None else None


def as_orderer(session: Session, person_id: int, roles: Collection[str]) -> Orderer:
    """Return somebody whose roles are known as the catalogue sees them."""
    named = (
        select(Organisation.name)
        .join(Person, Person.organisation_id == Organisation.id)
        .where(Person.id == person_id, Organisation.active)
    )
    return Orderer(session.scalar(named), roles)


def orderer_of(session: Session, person_id: int | None) -> Orderer:
    """Return somebody as the catalogue sees them; who is not known is of no organisation and holds no role."""
    found = identity.of_person(session, person_id) if person_id is not None else None
    return as_orderer(session, found.person_id, found.roles) if found else Orderer(None, frozenset())


def approvers_of(session: Session, item: CatalogueItem) -> list[str]:
    """Return who is asked before an item is delivered, as persons and role keys."""
    if item.approval == "service_owner":
        service = service_of(session, item.service_id)
        return rules.approvers("person", service.owner_id if service else None, None)
    return rules.approvers(item.approval, item.approver_id, item.approver_role)
