"""Checking the journal on the command line."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from app.bootstrap import Parts
from app.domain.journal import anchors
from app.errors import Invalid
from app.insight import verification
from app.insight.verification import Verification


def run(parts: Parts, *, since: str = "", kept: Sequence[str] = ()) -> Verification:
    """Check the journal.

    Raises:
        Invalid: `since` is no date, or a line of `kept` is no anchor's.
    """
    try:
        moment = datetime.fromisoformat(since) if since else None
    except ValueError:
        raise Invalid({"since": ["Give a date or a time, like 2026-03-06 or 2026-03-06T16:50+01:00."]}) from None
    if moment is not None and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        lines = [anchors.read_line(line) for line in kept]
    except ValueError as error:
        raise Invalid({"anchor": [str(error)]}) from None
    return verification.verify(parts.database, since=moment, kept=lines)


def in_words(found: Verification) -> Iterator[str]:
    """Yield what was found, a line for each fault."""
    for fault in found.faults:
        yield f"broken: {fault.chain}, {fault.position}: {fault.reason}"
    if found.broken > len(found.faults):
        yield f"and {found.broken - len(found.faults)} more"
    yield (
        f"{found.lines} lines in {found.chains} chains, {found.erased} payloads erased, "
        f"{found.anchors} anchors, {found.evidence} rows of evidence."
    )
    yield "The journal is sound." if found.sound else f"Faults: {found.broken}. The journal is broken."


def as_json(found: Verification) -> str:
    """Return what was found as JSON."""
    return json.dumps(found.as_json(), indent=2, ensure_ascii=False)
