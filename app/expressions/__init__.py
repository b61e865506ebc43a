"""The small, safe language of conditions, parameters, forms and decision cells."""

from app.expressions.decision import Decision
from app.expressions.decision_xml import load_decision
from app.expressions.durations import CalendarDuration
from app.expressions.errors import DecisionError, ExpressionError
from app.expressions.evaluate import Assignment, Expression, parse, parse_assignments, parse_feel
from app.expressions.functions import FUNCTIONS, WorkingTime
from app.expressions.unary_tests import UnaryTests, parse_unary

__all__ = [
    "FUNCTIONS",
    "Assignment",
    "CalendarDuration",
    "Decision",
    "DecisionError",
    "Expression",
    "ExpressionError",
    "UnaryTests",
    "WorkingTime",
    "load_decision",
    "parse",
    "parse_assignments",
    "parse_feel",
    "parse_unary",
]
