"""Records of all sorts for lists to be tried on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from app.domain.people.accounts import create_person
from app.domain.record_kinds import KINDS
from app.domain.records.records import Record
from app.domain.records.writer import Records
from app.insight.access import Viewer
from app.insight.lists.catalogue import record_list
from app.insight.lists.columns import CustomField
from app.insight.lists.listing import Listing

NOON = datetime(2026, 3, 11, 11, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
FIELDS = {
    "floor": CustomField("floor", "Floor", "number"),
    "asset": CustomField("asset", "Asset"),
    "loud": CustomField("loud", "Loud", "flag"),
    "ends": CustomField("ends", "Ends", "date"),
    "seen": CustomField("seen", "Seen", "time"),
    "tags": CustomField("tags", "Tags", "keys"),
}

Report = Callable[..., Record]
ListOf = Callable[[Viewer], Listing]


@pytest.fixture
def anna(session: Session) -> Viewer:
    """Anna Novak of the incident staff."""
    person = create_person(session, login="anna.novak", name="Anna Novak")
    return Viewer(person.id, frozenset({"incidents.process_staff", "team.storage"}))


@pytest.fixture
def chiara(session: Session) -> Viewer:
    """Chiara Ricci, who uses services."""
    return Viewer(create_person(session, login="chiara.ricci", name="Chiara Ricci").id, frozenset())


@pytest.fixture
def report(session: Session, anna: Viewer, chiara: Viewer) -> Report:
    """Stores a record, of Chiara Ricci's unless it says otherwise."""
    writer = Records(KINDS)

    def store(title: str, kind: str = "incident", /, **values: Any) -> Record:
        columns = {name: values.pop(name) for name in ("status", "opened_at", "closed_at") if name in values}
        requester = values.pop("requester", chiara.person_id if kind == "incident" else None)
        record_id, _number = writer.create(
            session, kind, title=title, requester_id=requester, owner_id=values.pop("owner", None), values=values,
            actor_id=None, case_id=None, element="",
        )  # fmt: skip
        record: Record = session.get_one(KINDS.get(kind).model, record_id)
        for name, value in columns.items():
            setattr(record, name, value)
        session.flush()
        return record

    return store


@pytest.fixture
def incidents() -> ListOf:
    """Makes the list of incidents as a person sees it."""
    return lambda viewer: record_list(KINDS, viewer, BERLIN, KINDS.get("incident"), FIELDS)
