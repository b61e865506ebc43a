"""What the domain hands to the place where the parts meet: kinds of records and what hangs on them."""

from app.domain.incidents.kind import INCIDENT
from app.domain.portfolio.kind import SERVICE
from app.domain.problems.kind import KNOWN_ERROR
from app.domain.records.kinds import Kinds
from app.domain.service_levels.kind import AGREEMENT, VIOLATION

KINDS = Kinds([SERVICE, KNOWN_ERROR, INCIDENT, AGREEMENT, VIOLATION])
