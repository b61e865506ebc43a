"""What diagrams can do to tell people something: prepare, deliver, see what bounced, send again."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from app.database.transaction import Database
from app.domain.notifications import outbox
from app.domain.notifications.audience import Circumstances, find_recipients
from app.domain.notifications.letters import LetterSettings, Say, Writer, as_drawn, said
from app.domain.notifications.outbox import About, Mailer
from app.domain.notifications.templates import GIVEN, TextName, check_given, language
from app.domain.records.records import Record
from app.operations import OperationContext, OperationGroup

# Words of a diagram; all else was typed by somebody.
SPOKEN = ("decision", "task")

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


def notification_operations(
    database: Database, mailer: Mailer, settings: LetterSettings, say: Say = as_drawn
) -> OperationGroup:
    """Return the operations that tell people something, with the mailer they use, and what says words of a diagram.

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
        known = writer.known(context.session, record, context.case_number, context.actor_id)
        filled = {**_from_data(context.data), **_present(known), **_present(values)}
        letters = []
        for one in recipients:
            spoken = language(one.locale, settings.default_locale)
            words = {name: said(say, filled[name], spoken) for name in SPOKEN if isinstance(filled.get(name), str)}
            letters += writer.letters(template, [one], {**filled, **words})
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
                error=str(row.error or ""),
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


def _present(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _from_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Take from the case's data what a text may name, as far as it is a plain value."""
    plain = (str, int, float)
    return {name: data[name] for name in GIVEN - {"actor", "link"} if isinstance(data.get(name), plain)}
