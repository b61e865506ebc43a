"""What the rest of the product knows about known errors as a kind of record."""

from app.domain.problems.records import KnownError
from app.domain.records.kinds import Kind

KNOWN_ERROR = Kind(
    key="known_error",
    prefix="KER",
    model=KnownError,
    area="problems",
    title="Known error",
    plural="Known errors",
    columns=("number", "title", "status", "service", "used", "updated_at"),
    protected=frozenset({"used"}),
    opening="active",
    closed=frozenset({"obsolete"}),
    statuses={"active": "Active", "obsolete": "Obsolete"},
    titles={"used": "Times applied"},
)
