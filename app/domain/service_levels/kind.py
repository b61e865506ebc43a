"""What the rest of the product knows about agreements and violations as kinds of records."""

from app.domain.records.kinds import Kind
from app.domain.service_levels.records import Agreement, Violation
from app.domain.service_levels.words import METRICS, TYPES

AGREEMENT = Kind(
    key="agreement",
    prefix="AGR",
    model=Agreement,
    area="service_levels",
    title="Agreement",
    plural="Agreements",
    columns=("number", "title", "type", "status", "service", "team", "owner", "review_due_at"),
    keys=frozenset({"type"}),
    protected=frozenset({"type", "valid_from", "valid_until", "review_due_at"}),
    opening="draft",
    closed=frozenset({"ended"}),
    statuses={"draft": "Draft", "active": "In force", "ended": "Ended"},
    words={"type": TYPES},
    titles={
        "type": "Kind of agreement",
        "team": "Promised by team",
        "valid_from": "In force from",
        "valid_until": "In force until",
        "review_months": "Months between reviews",
        "review_due_at": "Next review",
    },
    importable=False,
)
VIOLATION = Kind(
    key="violation",
    prefix="VIO",
    model=Violation,
    area="service_levels",
    title="Violation",
    plural="Violations",
    columns=("number", "title", "status", "metric", "agreement", "service", "owner", "missed_at"),
    keys=frozenset({"metric"}),
    protected=frozenset({"agreement", "metric", "target_minutes", "missed_at"}),
    statuses={"open": "Open", "closed": "Closed"},
    words={"metric": METRICS},
    titles={
        "metric": "Target",
        "target_minutes": "Working minutes promised",
        "missed_at": "Missed",
        "cause": "Cause",
    },
    importable=False,
)
