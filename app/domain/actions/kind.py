"""What the rest of the product knows about follow-up actions as a kind of record."""

from app.domain.actions.records import Action
from app.domain.actions.rules import STATUSES
from app.domain.records.kinds import Kind

ACTION = Kind(
    key="action",
    prefix="ACT",
    model=Action,
    area="improvement",
    title="Action",
    plural="Actions",
    columns=("number", "title", "status", "due_at", "owner", "requester", "updated_at"),
    keys=frozenset({"effect"}),
    protected=frozenset({"taken_on_by", "escalated"}),
    closed=frozenset({"closed", "cancelled"}),
    statuses=STATUSES,
    words={"effect": {"effective": "It helped", "not_effective": "It did not help"}},
    titles={
        "description": "What is to be done",
        "reason": "Why",
        "due_at": "Due",
        "verifier": "Checks the effect",
        "taken_on_by": "Taken on by",
        "escalated": "Times overdue",
    },
    importable=False,
)
