"""What the rest of the product knows about catalogue items as a kind of record."""

from app.domain.catalogue.records import CatalogueItem
from app.domain.catalogue.rules import APPROVALS, AUDIENCES, PHASES
from app.domain.records.kinds import Kind

CATALOGUE_ITEM = Kind(
    key="catalogue_item",
    prefix="CAT",
    model=CatalogueItem,
    area="service_levels",
    title="Catalogue item",
    plural="Catalogue items",
    columns=("number", "title", "phase", "service", "audience", "approval", "team", "updated_at"),
    keys=frozenset({"phase", "audience", "approval", "approver_role"}),
    closed=frozenset({"retired"}),
    statuses={"open": "Live", "retired": "Retired"},
    words={"phase": PHASES, "audience": AUDIENCES, "approval": APPROVALS},
    titles={
        "description": "What people get",
        "audience": "Who may order it",
        "audience_names": "Organisations or roles",
        "approval": "Approval",
        "approver": "Approving person",
        "approver_role": "Approving role",
        "expected": "How long it takes",
        "target_hours": "Working hours to fulfil it",
        "team": "Fulfilling team",
    },
)
