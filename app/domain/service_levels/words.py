"""What kinds of agreements and targets there are, and what people read for them."""

from typing import Literal

from app.errors import Message

Metric = Literal["response", "resolution", "fulfilment"]
Level = Literal["sla", "ola", "ua"]

TYPES = {
    "default": Message("Default SLA"),
    "sla": Message("SLA with a customer"),
    "ola": Message("OLA with a team"),
    "ua": Message("UA with a supplier"),
}
# By which level of clocks an agreement of a type counts.
LEVELS: dict[str, Level] = {"default": "sla", "sla": "sla", "ola": "ola", "ua": "ua"}
METRICS: dict[str, str] = {
    "response": Message("Response"),
    "resolution": Message("Resolution"),
    "fulfilment": Message("Fulfilment"),
}
# What is promised on records of which kind.
METRICS_OF: dict[str, tuple[Metric, ...]] = {
    "incident": ("response", "resolution"),
    "service_request": ("response", "fulfilment"),
}
PRIORITIES = ("P1", "P2", "P3", "P4", "P5", "P6")
