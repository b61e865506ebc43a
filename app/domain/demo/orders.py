"""Sample orders in various states, told through the forms of the diagram `service_request`, and a follow-up action."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from app import clock
from app.domain.demo.sample import Sample, SampleStep

_CONFIRMED = {"answer": "confirmed"}


def _ordered(state: str, by: str, hours_ago: float, item: str, what: str, *steps: SampleStep) -> Sample:
    report = {"catalogue_item": f"item:{item}", "description": what}
    return Sample(state, by, report, hours_ago, steps, diagram="service_request")


def _fulfilled(by: str, fulfilment: str, minutes: int = 60) -> SampleStep:
    return SampleStep("fulfil", by, {"next_step": "fulfilled", "fulfilment": fulfilment}, minutes=minutes)


def _decided(by: str, vote: str, reason: str = "", minutes: int = 90) -> SampleStep:
    values: Mapping[str, Any] = {"vote": vote, "vote_reason": reason} if reason else {"vote": vote}
    return SampleStep("decide", by, values, minutes=minutes)


def orders() -> tuple[Sample, ...]:
    """Return the samples; dates in them count from now."""
    in_two_weeks = (clock.now() + timedelta(days=14)).replace(minute=0, second=0, microsecond=0).isoformat()
    return (
        _ordered(
            "closed, fulfilled", "chiara.ricci", 100, "Shared mailbox",
            "plankton@nordhafen.example, read by David Kim and me.",
            _fulfilled("sofia.lindqvist", "The mailbox is there; both have had a first mail."),
            SampleStep("confirm", "chiara.ricci", _CONFIRMED, minutes=45),
            SampleStep("check", "anna.novak", {"checks": ["complete", "recorded"], "effort_minutes": 15}, minutes=60),
        ),
        _ordered(
            "closed, rejected by the approving person", "mikkel.dahl", 74, "New laptop",
            "For the ticket desk of the exhibition.",
            _decided("helena.brandt", "reject", "The ticket desk gets a computer of its own in May."),
        ),
        _ordered(
            "closed, offered to others only", "yara.costa", 52, "More space for a project",
            "Five terabytes for the tide gauges.",
        ),
        _ordered(
            "approved, being fulfilled", "david.kim", 28, "New laptop", "For a doctoral student who begins next week.",
            _decided("helena.brandt", "approve"),
        ),
        _ordered(
            "asked back, waiting for an answer", "freya.lund", 9, "Additional software", "The program for citations.",
            SampleStep(
                "fulfil", "emre.yilmaz",
                {"next_step": "ask", "question": "Which one: the program for Windows, or the web version?"},
                minutes=40,
            ),
        ),
        _ordered(
            "fulfilled, waiting for confirmation", "freya.lund", 30, "Wi-Fi for an event",
            "Open day on Saturday, reading room and foyer, about 120 guests.",
            _fulfilled("ben.osei", "The network “Open day” works in both rooms until Sunday."),
        ),
        _ordered(
            "waiting for approval", "chiara.ricci", 4, "More space for a project",
            "20 TB for the videos of the dive robot.",
        ),
        Sample(
            "action, being worked on", "tomasz.zielinski",
            {
                "title": "Write down how to renew the certificate of the mail gateway",
                "reason": "When it ran out nobody on duty knew how.", "owner": "person:sofia.lindqvist",
                "due_at": in_two_weeks, "verifier": "person:helena.brandt", "source": "service:E-mail and calendar",
            },
            47,
            (
                SampleStep("accept", "sofia.lindqvist", {"acceptance": "accepted"}, minutes=50),
                SampleStep(
                    "work", "sofia.lindqvist",
                    {"next_step": "report", "progress": "Draft is written; Ben tries it on Thursday."}, minutes=300,
                ),
            ),
            diagram="follow_up_action",
        ),
    )  # fmt: skip
