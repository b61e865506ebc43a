"""What diagrams can do to tell people something: prepare, deliver, see what bounced, send again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.database.transaction import Database
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.outbox import About, Mailer
from app.domain.notifications.templates import GIVEN, TextName, check_given, write
from app.domain.people.records import Person, Team
from app.domain.records.records import Record
from app.operations import OperationContext, OperationGroup

Audience = Annotated[
    str | list[str],
    Field(
        description="Who is told: requester, owner, team, record.<field>, a role such as incidents.process_staff or"
        " team.network, person:<id>; several by comma or as a list."
    ),
]
TextChoice = Annotated[TextName, Field(title="Text", description="Which text they get, in their own language.")]
Values = Annotated[
    dict[str, Any],
    Field(
        description="Values for the text, such as reason or due; what is not given here is taken from the case's data."
    ),
]
Ids = Annotated[
    list[int] | None,
    Field(description="The notifications that prepare returned; without it all of this case."),
]
Address = Annotated[
    str, Field(description="The address to use; without it the one that each person has by now.", max_length=320)
]


class Prepared(BaseModel):
    """Notifications that wait to be delivered: their ids, how many, and how many lack an address."""

    ids: list[int]
    count: int
    without_address: int


class Delivered(BaseModel):
    """What became of notifications: how many were sent, how many failed for good."""

    sent: int
    failed: int


class FailedAddress(BaseModel):
    """A notification that could not be delivered: whom it was for, and why it failed."""

    id: int
    person: str | None
    name: str
    address: str
    error: str


class LetterSettings(Protocol):
    """The settings that texts need; see `app.settings.Settings`."""

    @property
    def address(self) -> str: ...

    @property
    def organisation(self) -> str: ...

    @property
    def default_locale(self) -> str: ...

    @property
    def default_time_zone(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes letters about a case, with the organisation's settings."""

    settings: LetterSettings

    def known(self, context: OperationContext, record: Record | None) -> dict[str, Any]:
        """Collect what texts may name of the case, its record and who acts."""
        session = context.session
        own: dict[str, Any] = {
            "number": record.number if record else context.case_number,
            "link": f"{self.settings.address}/cases/{context.case_number}",
            "organisation": self.settings.organisation,
            "actor": _name(session, Person, context.actor_id),
        }
        if record is not None:
            own |= {
                "title": record.title,
                "priority": record.priority,
                "service": _title(session, record.service_id),
                "team": _name(session, Team, record.team_id),
                "resolution": getattr(record, "resolution", None),
            }
        return own


def notification_operations(database: Database, mailer: Mailer, settings: LetterSettings) -> OperationGroup:
    """Return the operations that tell people something, with the mailer they use.

    `notification.deliver` notes each mail in a transaction of its own on `database`, since what was sent cannot be
    rolled back with the rest of its job.
    """
    notification = OperationGroup("notification")
    writer = Writer(settings)

    @notification.operation("prepare", title="Prepare a notification")
    def prepare(context: OperationContext, audience: Audience, template: TextChoice, values: Values = {}) -> Prepared:  # noqa: B006
        """Write a text for everybody the audience names; it goes out with “Deliver notifications”."""
        check_given(values)
        record = _record(context)
        around = Circumstances(record, context.requester_id, context.now)
        recipients = find_recipients(context.session, audience, around)
        filled = {**_from_data(context.data), **_present(writer.known(context, record)), **_present(values)}
        letters = []
        for recipient in recipients:
            # Who has no account cannot follow a link.
            own = {"name": recipient.name, **({"link": ""} if recipient.outsider else {})}
            locale = recipient.locale or settings.default_locale
            zone = recipient.time_zone or settings.default_time_zone
            letters.append((recipient, write(template, {**filled, **own}, locale=locale, time_zone=zone)))
        about = About(context.case_id, context.record_id, context.element, template, context.key, str(filled["number"]))
        ids = outbox.put(context.session, about, letters)
        without = sum(1 for recipient in recipients if not recipient.address)
        context.journal("notification.prepared", {"template": template, "notifications": ids})
        return Prepared(ids=ids, count=len(ids), without_address=without)

    @notification.operation("deliver", title="Deliver notifications", runs="after_commit")
    def deliver(context: OperationContext, ids: Ids = None) -> Delivered:
        """Send what was prepared and waits. An address that is refused counts as failed and is not tried again."""
        result = outbox.deliver(database, mailer, context.case_id, ids)
        return Delivered(sent=result.sent, failed=result.failed)

    @notification.operation("failed_addresses", title="List addresses that failed")
    def failed_addresses(context: OperationContext, ids: Ids = None) -> list[FailedAddress]:
        """Return whom a notification could not reach and why, so that somebody can correct the contact."""
        return [
            FailedAddress(
                id=row.id,
                person=str(row.person_id) if row.person_id else None,
                name=str(row.data.get("name", "")),
                address=row.address,
                error=row.error or "",
            )
            for row in outbox.failures(context.session, context.case_id, ids)
        ]

    @notification.operation("readdress", title="Prepare failed notifications again")
    def readdress(context: OperationContext, address: Address = "", ids: Ids = None) -> int:
        """Let failed notifications wait again, for a corrected address; returns how many do."""
        count = outbox.readdress(context.session, context.case_id, address, ids)
        context.journal("notification.readdressed", {"count": count})
        return count

    return notification


def _record(context: OperationContext) -> Record | None:
    if context.record_id is None:
        return None
    record = context.session.get(Record, context.record_id)
    if record is not None:
        # Operations before this one may have written past the session.
        context.session.flush()
        context.session.refresh(record)
    return record


def _name(session: Session, model: type[Person] | type[Team], row_id: int | None) -> str | None:
    return session.scalar(select(model.name).where(model.id == row_id)) if row_id is not None else None


def _title(session: Session, record_id: int | None) -> str | None:
    return session.scalar(select(Record.title).where(Record.id == record_id)) if record_id is not None else None


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _from_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Take from the case's data what a text may name, as far as it is a plain value."""
    plain = (str, int, float)
    return {name: data[name] for name in GIVEN - {"actor", "link"} if isinstance(data.get(name), plain)}
