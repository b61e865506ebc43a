"""The shape of sample incidents: what is reported and which tasks are then done, as plain data for a runner."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.catalogue.records import CatalogueItem
from app.domain.people.records import Person
from app.domain.portfolio.records import Service

PERSON, SERVICE, ITEM = "person:", "service:", "item:"


@dataclass(frozen=True, slots=True)
class SampleStep:
    """A task to complete: element id, login of who does it, form values, minutes after the step before."""

    task: str
    by: str
    fills: Mapping[str, Any]
    minutes: int = 20


@dataclass(frozen=True, slots=True)
class Sample:
    """A case to start, of the diagram `incident` unless it says another.

    `by` is the login of who reports, `report` the start form's values, `hours_ago` how long that is past. In values
    `person:anna.novak`, `service:Printing` and `item:New laptop` stand for references. `state` says where it ends up.
    Where `mail_fails`, the mail server does not answer after the last step, until the case is stuck.
    """

    state: str
    by: str
    report: Mapping[str, Any]
    hours_ago: float
    steps: tuple[SampleStep, ...] = field(default=())
    mail_fails: bool = False
    diagram: str = "incident"


def filled(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return form values with references as ids.

    Raises:
        KeyError: there is no such person, service or catalogue item; was the demo organisation made?
    """
    return {name: _resolved(session, value) for name, value in values.items()}


def _resolved(session: Session, value: Any) -> Any:
    if isinstance(value, Mapping):
        return filled(session, value)
    if isinstance(value, list):
        return [_resolved(session, part) for part in value]
    if not isinstance(value, str) or not value.startswith((PERSON, SERVICE, ITEM)):
        return value
    if value.startswith(PERSON):
        wanted = select(Person.id).where(func.lower(Person.login) == value.removeprefix(PERSON))
    elif value.startswith(ITEM):
        wanted = select(CatalogueItem.id).where(CatalogueItem.title == value.removeprefix(ITEM))
    else:
        wanted = select(Service.id).where(Service.title == value.removeprefix(SERVICE))
    found = session.scalar(wanted)
    if found is None:
        raise KeyError(value)
    return str(found)
