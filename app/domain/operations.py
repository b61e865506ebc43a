"""All operations of the domain that need nothing but the step's transaction, and what schedules find there."""

from app.domain.actions.operations import action
from app.domain.incidents.operations import incident
from app.domain.incidents.quality import subjects as incidents
from app.domain.requests.operations import request
from app.domain.service_levels.operations import agreement, clock, violation
from app.domain.service_levels.operations import subjects as service_levels
from app.domain.shared.approvals import approval
from app.domain.shared.escalations import escalation
from app.domain.shared.linking import record
from app.domain.shared.questions import question
from app.operations import OperationGroup, SubjectGroup


def groups() -> tuple[OperationGroup, ...]:
    """Return the groups for the registry; notifications, which need a mailer, are made where the parts meet."""
    return (incident, request, action, agreement, approval, clock, escalation, question, record, violation)


def subjects() -> tuple[SubjectGroup, ...]:
    """Return the queries that schedules start cases for."""
    return (incidents, service_levels)
