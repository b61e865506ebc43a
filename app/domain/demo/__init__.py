"""A small believable organisation to try things out with: Nordhafen Research Computing."""

from app.domain.demo.cast import OFFERED, PASSWORD, PROVIDER
from app.domain.demo.orders import orders
from app.domain.demo.organisation import make_organisation
from app.domain.demo.reports import REPORTS
from app.domain.demo.sample import Sample, SampleStep, filled

__all__ = [
    "OFFERED",
    "PASSWORD",
    "PROVIDER",
    "REPORTS",
    "Sample",
    "SampleStep",
    "filled",
    "make_organisation",
    "orders",
]
