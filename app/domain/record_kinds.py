"""What the domain hands to the place where the parts meet: kinds of records and what hangs on them."""

from app.domain.actions.kind import ACTION
from app.domain.catalogue.kind import CATALOGUE_ITEM
from app.domain.incidents.kind import INCIDENT
from app.domain.portfolio.kind import SERVICE
from app.domain.problems.kind import KNOWN_ERROR
from app.domain.records.kinds import Kinds
from app.domain.requests.kind import SERVICE_REQUEST
from app.domain.service_levels.kind import AGREEMENT, VIOLATION

KINDS = Kinds([SERVICE, CATALOGUE_ITEM, KNOWN_ERROR, INCIDENT, SERVICE_REQUEST, AGREEMENT, VIOLATION, ACTION])
