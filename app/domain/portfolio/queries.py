"""Services and who stands behind them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.portfolio.records import Service


def live_services(session: Session) -> list[Service]:
    """Return the services that are in use, by name."""
    statement = select(Service).where(Service.closed_at.is_(None), Service.phase != "retired")
    return list(session.scalars(statement.order_by(Service.title, Service.id)))


def service_of(session: Session, service_id: int | None) -> Service | None:
    """Return a service by the id that other records hold; nothing for none."""
    return session.get(Service, service_id) if service_id is not None else None
