"""Ninety days of incidents at Nordhafen: told from a few dozen stories, always the same ones for the same day."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.domain.calendars.week import Week
from app.domain.calendars.working_time import OFFICE_HOURS
from app.domain.demo.sample import Sample, SampleStep
from app.domain.demo.stories import STORIES, Story

DESK = ("anna.novak", "jonas.weber", "leila.haddad")
REPORTERS = ("chiara.ricci", "david.kim", "freya.lund", "mikkel.dahl", "yara.costa")
SECOND_LEVEL = {
    "Research storage": ("nadia.petrova", "ravi.menon"),
    "Computing cluster Kogge": ("ravi.menon", "nadia.petrova"),
    "E-mail and calendar": ("sofia.lindqvist", "ben.osei"),
    "Campus network and Wi-Fi": ("ben.osei", "sofia.lindqvist"),
    "Video meetings": ("sofia.lindqvist", "ben.osei"),
    "Workplace computer": ("emre.yilmaz",),
    "Printing": ("emre.yilmaz",),
    "Library catalogue": ("emre.yilmaz",),
}
# What is younger stands in reports.py.
UNTIL = timedelta(days=6)
SEED = "nordhafen"
# Only lately: nobody lets an incident lie for months.
LEFT = timedelta(days=9)
# Hours of work between two reports, on average.
PACE = 11.0


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happens: a report where there is no step, else the step of a story that began before."""

    at: datetime
    story: int
    sample: Sample
    step: SampleStep | None = None


def history(now: datetime, days: int) -> list[Told]:
    """Return everything that happened in the `days` before `now`, in order."""
    week = Week.read("Europe/Berlin", OFFICE_HOURS)
    chance = random.Random(SEED)  # noqa: S311 - stories, not secrets
    told: list[Told] = []
    at, number = week.add_hours(now - timedelta(days=days), 0.5), 0
    while at < now - UNTIL:
        sample = _sample(STORIES[number % len(STORIES)], chance, left=at > now - LEFT and number % 3 == 0)
        told.append(Told(at, number, sample))
        moment = at
        for step in sample.steps:
            moment = week.add_hours(moment, step.minutes / 60)
            if moment < now - timedelta(hours=2):
                told.append(Told(moment, number, sample, step))
        number += 1
        at = week.add_hours(at, PACE * chance.uniform(0.3, 1.7))
    return sorted(told, key=lambda event: (event.at, event.story))


def _sample(story: Story, chance: random.Random, *, left: bool) -> Sample:
    """Return a story as one of its many variants; one that is `left` waits to this day for the second level."""
    reporter, desk = chance.choice(REPORTERS), chance.choice(DESK)
    report = {"title": story.title, "description": story.text, "service": f"service:{story.service}"}
    steps = tuple(_steps(story, reporter, desk, chance, left=left))
    return Sample("left" if left else "closed", reporter, report, 0, steps)


def _steps(story: Story, reporter: str, desk: str, chance: random.Random, *, left: bool) -> Iterator[SampleStep]:
    service = f"service:{story.service}"
    yield SampleStep(
        "register", desk,
        {
            "title": story.title, "caller_known": "directory", "requester": f"person:{reporter}",
            "channel": chance.choice(("portal", "phone", "mail")), "description": story.text, "service": service,
        },
        minutes=chance.randint(5, 55),
    )  # fmt: skip
    yield SampleStep(
        "classify", desk,
        {
            "category": story.category, "service": service, "impact": story.impact, "urgency": story.urgency,
            "service_down": False,
        },
        minutes=chance.randint(3, 20),
    )  # fmt: skip
    # Only where the text matches a known error; else the diagnosis follows.
    solved = {"resolution": story.resolution}
    yield SampleStep("apply_workaround", desk, {"worked": "yes", **solved}, minutes=chance.randint(5, 30))
    effort = chance.randint(10, 90)
    by = desk
    if left or story.deep:
        by = chance.choice(SECOND_LEVEL[story.service])
        reason = {"diagnosis": story.diagnosis, "next_step": "functional", "reason": "The second level has the tools."}
        yield SampleStep("diagnose", desk, reason, minutes=chance.randint(15, 60))
        if left:
            return
        yield SampleStep("accept", by, {"acceptance_note": "We look into it."}, minutes=chance.randint(10, 240))
    restored: dict[str, Any] = {"next_step": "restored", **solved, "cause": story.cause, "effort_minutes": effort}
    yield SampleStep("diagnose", by, restored, minutes=effort)
    # One in four never says whether it works again; the case is then closed by its timer.
    if chance.random() < 0.75:
        yield SampleStep("confirm", reporter, {"answer": "confirmed"}, minutes=chance.randint(20, 700))
        closing = {"category": story.category, "service": service, "cause": story.cause, "closure_code": "solved"}
        yield SampleStep("closure_check", desk, {**closing, **solved}, minutes=chance.randint(20, 500))
