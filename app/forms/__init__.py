"""form-js documents compiled to checks and pages."""

from app.forms.definition import Form, load_form
from app.forms.fields import Field, Option
from app.forms.html import apply_action, from_html, initial_values
from app.forms.submission import ReferenceCheck, check

__all__ = [
    "Field",
    "Form",
    "Option",
    "ReferenceCheck",
    "apply_action",
    "check",
    "from_html",
    "initial_values",
    "load_form",
]
