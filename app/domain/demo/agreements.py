"""What Nordhafen Research Computing has agreed: with customers, its own teams, and a supplier."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.calendars.records import Calendar
from app.domain.calendars.working_time import DEFAULT_CALENDAR, put_calendar
from app.domain.demo.cast import CUSTOMER, SUPPLIERS
from app.domain.people.records import Organisation
from app.domain.records.writer import Trace
from app.domain.service_levels import editing
from app.domain.service_levels.editing import TargetLine, Written

LONG_HOURS = {day: [["07:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
HOUR = 60


@dataclass(frozen=True, slots=True)
class Promise:
    """An agreement of the demo: parties and service by name or key, working hours by metric and priority."""

    type: str
    title: str
    targets: tuple[TargetLine, ...]
    calendar: str = DEFAULT_CALENDAR
    service: str = ""
    organisation: str = ""
    team: str = ""
    owner: str = "marek.dvorak"


def lines(metric: str, **hours: float) -> tuple[TargetLine, ...]:
    """Return targets in working hours by priority; `rest` holds for all others."""
    return tuple(
        TargetLine(metric, "" if name == "rest" else name, round(number * HOUR)) for name, number in hours.items()
    )


AGREEMENTS = (
    Promise(
        "default", "Standard service level",
        lines("response", P1=0.5, P2=1, P3=4, rest=9) + lines("resolution", P1=4, P2=9, P3=27, rest=90)
        + lines("fulfilment", rest=45),
    ),
    Promise(
        "sla", "Research storage for the institute",
        lines("response", P1=0.25, P2=0.5, rest=4) + lines("resolution", P1=3, P2=8, P3=26, rest=78),
        calendar="extended", service="Research storage", organisation=CUSTOMER, owner="nadia.petrova",
    ),
    Promise("ola", "Network team", lines("resolution", P1=3, P2=7, rest=36), team="network", owner="ben.osei"),
    Promise("ola", "Storage team", lines("resolution", P1=3, P2=7, rest=36), team="storage", owner="nadia.petrova"),
    Promise("ola", "Workplace team", lines("resolution", P1=3, P2=7, rest=36), team="workplace", owner="emre.yilmaz"),
    Promise(
        "ua", "Support of the storage hardware", lines("resolution", P1=6, rest=45), organisation=SUPPLIERS[0],
        team="vendor_liaison", owner="greta.olsen",
    ),
)  # fmt: skip


def make_agreements(session: Session, people: dict[str, int], teams: dict[str, int], services: dict[str, int]) -> None:
    """Store the agreements, in force, and the calendar that one of them counts by.

    Args:
        people: ids by login.
        teams: ids by key.
        services: ids by name.
    """
    put_calendar(
        session, "extended", name="Extended hours", time_zone="Europe/Berlin", hours=LONG_HOURS, region="DE-SH"
    )
    calendars = {row.key: row.id for row in session.execute(select(Calendar.key, Calendar.id))}
    organisations = {row.name: row.id for row in session.execute(select(Organisation.name, Organisation.id))}
    trace, now = Trace(), clock.now()
    for promise in AGREEMENTS:
        written = Written(
            promise.type, promise.title, targets=promise.targets, calendar_id=calendars[promise.calendar],
            service_id=services.get(promise.service), organisation_id=organisations.get(promise.organisation),
            team_id=teams.get(promise.team), owner_id=people[promise.owner],
        )  # fmt: skip
        agreement = editing.add(session, written, trace)
        # Agreed some time before, so that their reviews do not all fall on one day.
        editing.activate(session, agreement.id, trace, now=now - timedelta(days=23 * (agreement.id % 7)))
