"""Runs all benchmarks, prints their table and writes bench-results.json."""

import argparse
import json
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.automatic import automatic
from tests.bench.completions import completions, statements
from tests.bench.crowd import crowd
from tests.bench.figures import best
from tests.bench.inbox import inbox
from tests.bench.limit import limit
from tests.bench.report import Results
from tests.bench.timers import timers
from tests.bench.world import world

FULL: dict[str, Any] = {
    "rounds": 3, "count": 2000, "open": 100_000, "closed": 1_000_000, "pages": 1600, "crowds": [1, 16],
    "timers": 10_000,
}  # fmt: skip
QUICK: dict[str, Any] = {
    "rounds": 1, "count": 20, "open": 200, "closed": 1_000, "pages": 8, "crowds": [1, 2], "timers": 20,
}  # fmt: skip


def measure(parts: str, size: dict[str, Any], *, durable: bool) -> Results:
    """Measure the named parts, each letter one of a, b, c, d, e."""
    results = Results(
        {
            "python": platform.python_version(),
            "cores": os.cpu_count(),
            "load before": round(os.getloadavg()[0], 2),
            "commits wait for the disk": durable,
        }
    )
    limits, loads, cases, pages = [], [], [], []
    with world(durable=durable) as here:
        # In rounds, because other work on the machine comes and goes; of each measurement the best round counts.
        for number in range(1, size["rounds"] + 1):
            _tell(f"round {number}: {' '.join(sorted(set(parts) & set('abc')))}")
            if "a" in parts:
                limits.append(limit(here, size["count"]))
            if "b" in parts:
                loads.append(completions(here, size["count"], processes=[1, 2], clients=[1, 8]))
            if "c" in parts:
                cases.append(automatic(here, size["count"] // 4))
        if "b" in parts:
            results.statements = statements(here)
        if "e" in parts:
            _tell(f"e, {size['timers']:,} timers that come due at once")
            results.timers = timers(here, size["timers"])
        if "d" in parts:
            _tell(f"d, for which {size['open'] + size['closed']:,} tasks are made first")
            crowd(here, open_tasks=size["open"], closed_tasks=size["closed"])
            pages = [inbox(here, pages=size["pages"], clients=size["crowds"]) for _ in range(size["rounds"])]
    results.limit, results.completions = best(limits), best(loads)
    results.automatic, results.inbox = best(cases), best(pages)
    return results


def _tell(what: str) -> None:
    sys.stderr.write(f"Measuring {what}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; 1 when a full run misses a target."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="?", default="abcde", help="which measurements, for instance 'ab' (default: all)"
    )
    parser.add_argument("--quick", action="store_true", help="small numbers: shows that it runs, measures nothing")
    parser.add_argument("--durable", action="store_true", help="commits wait for the disk, as in production")
    parser.add_argument("--output", type=Path, default=Path("bench-results.json"))
    given = parser.parse_args(arguments)
    results = measure(given.parts, QUICK if given.quick else FULL, durable=given.durable)
    given.output.write_text(json.dumps(results.document(), indent=2) + "\n")
    sys.stdout.write(results.table() + "\n")
    return int(not given.quick and not all(target.met for target in results.targets()))


if __name__ == "__main__":
    # Being told to end must not leave the cluster behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    sys.exit(main())
