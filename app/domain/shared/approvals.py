"""Approvals (C-01): who decides, and what their votes come to. Nobody approves what they asked for or carry out."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field

from app.domain.people.directory import Directory
from app.domain.people.records import Person
from app.domain.records.records import Record
from app.domain.shared import voting
from app.errors import BusinessError, Message
from app.operations import OperationContext, OperationGroup

approval = OperationGroup("approval")
directory = Directory()

Approvers = Annotated[
    str | list[Any] | None,
    Field(
        description="Persons (ids, or the rows of a repeating group with a field person) and role keys; without any,"
        " the SMS manager."
    ),
]
RuleChoice = Annotated[
    voting.Rule,
    Field(description="single: one decides; all and sequential: everybody must agree; n_of_m: so many of them."),
]
Needed = Annotated[int | None, Field(ge=1, le=50, description="How many approvals n_of_m asks for.")]
DEFAULT_ROLE = "management.sms_manager"


@approval.operation("compute_approvers", title="Work out who decides")
def compute_approvers(
    context: OperationContext,
    approvers: Approvers = None,
    rule: RuleChoice = "single",
    needed: Needed = None,
    allow_involved: Annotated[
        bool, Field(description="Whether requester and owner may decide on their own matter; normally not.")
    ] = False,
) -> list[str]:
    """Return the persons who are asked to vote, as ids. Roles become their holders, or those of the next level up
    when nobody else is left. Requester and owner of the matter are left out. For “single” the first one decides."""
    barred = set() if allow_involved else _involved(context)
    found: list[int] = []
    for wanted in _named(approvers):
        if wanted.isdecimal():
            person = context.session.get(Person, int(wanted))
            if person is not None and person.active and person.id not in barred:
                found.append(person.id)
        else:
            found.extend(one.person_id for one in directory.responsible(context.session, wanted, without=barred)[1])
    voters = list(dict.fromkeys(found))
    if not voters:
        raise BusinessError(
            "approval.no_approver",
            "Nobody is left who may decide: approvers must not be the requester or the owner. Please name others.",
        )
    if rule == "single":
        voters = voters[:1]
    elif rule == "n_of_m":
        voting.votes_needed(rule, len(voters), needed if needed is not None else 1)
    context.journal("approval.asked", {"voters": voters, "rule": rule})
    return [str(voter) for voter in voters]


@approval.operation("tally", title="Count the votes")
def tally(
    context: OperationContext,
    votes: Annotated[Sequence[Any], Field(description="approve, reject or ask, one for each voter.")],
    rule: RuleChoice = "single",
    needed: Needed = None,
) -> voting.Decision:
    """Return approved, rejected or returned (somebody asks back before deciding)."""
    decision = voting.count([_vote(given) for given in votes], rule, needed)
    context.journal("approval.decided", {"decision": decision, "rule": rule, "votes": len(votes)})
    return decision


def _named(approvers: str | list[Any] | None) -> list[str]:
    rows = [approvers] if isinstance(approvers, str) else approvers or [DEFAULT_ROLE]
    texts = [str(row.get("person") or row.get("role") or "") if isinstance(row, dict) else str(row) for row in rows]
    return [part.strip().removeprefix("person:") for text in texts for part in text.split(",") if part.strip()]


def _involved(context: OperationContext) -> set[int]:
    record = context.session.get(Record, context.record_id) if context.record_id is not None else None
    people = {context.requester_id, record.requester_id if record else None, record.owner_id if record else None}
    return {person for person in people if person is not None}


def _vote(given: Any) -> voting.Vote:
    value = given.get("vote") if isinstance(given, dict) else given
    if value not in ("approve", "reject", "ask"):
        told = Message("“{value}” is no vote; use approve, reject or ask.", value=value)
        raise BusinessError("approval.unknown_vote", told)
    return value  # type: ignore[no-any-return]
