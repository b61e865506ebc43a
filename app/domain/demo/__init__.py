"""A small believable organisation to try things out with: Nordhafen Research Computing."""

from app.domain.demo.cast import PASSWORD
from app.domain.demo.organisation import make_organisation
from app.domain.demo.reports import REPORTS
from app.domain.demo.sample import Sample, SampleStep, filled

__all__ = ["PASSWORD", "REPORTS", "Sample", "SampleStep", "filled", "make_organisation"]
