"""What the rest of the product knows about services as a kind of record."""

from app.domain.portfolio.records import Service
from app.domain.records.kinds import Kind

SERVICE = Kind(
    key="service",
    prefix="SVC",
    model=Service,
    area="portfolio",
    title="Service",
    plural="Services",
    columns=("number", "title", "phase", "critical", "owner", "team", "updated_at"),
    keys=frozenset({"phase"}),
    closed=frozenset({"retired"}),
    statuses={"open": "Live", "retired": "Retired"},
    words={"phase": {"planning": "Planned", "production": "In operation", "retired": "Retired"}},
    titles={"critical": "Critical for the organisation", "team": "Supporting team"},
)
