"""The results: ratios against the targets, a table for people, a document for programs."""

from dataclasses import asdict, dataclass, field
from typing import Any

from tests.bench.figures import Rate
from tests.bench.served import Measured
from tests.bench.timers import Fired

SHARES = "(b) of (a): completions per process, as a share of each limit"
HEAD = ("", "per second", "p50 ms", "p99 ms", "CPU ms", "database CPU ms", "client CPU ms", "commits")


@dataclass(frozen=True, slots=True)
class Target:
    """One figure that has a target: at least `least`, or at most `most`."""

    name: str
    value: float
    least: float | None = None
    most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the value is on the right side."""
        return (self.least is None or self.value >= self.least) and (self.most is None or self.value <= self.most)

    def document(self) -> dict[str, Any]:
        """Return it for the JSON file."""
        bounds = {"least": self.least, "most": self.most}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        return {"name": self.name, "value": round(self.value, 3), **given, "met": self.met}

    def line(self) -> str:
        """Return it for people."""
        bound = f"at least {self.least:g}" if self.least is not None else f"at most {self.most:g}"
        return f"{'met ' if self.met else 'MISS'}  {self.name}: {self.value:.2f} ({bound})"


@dataclass(slots=True)
class Results:
    """Everything that a run has measured."""

    setup: dict[str, Any]
    limit: dict[str, Rate] = field(default_factory=dict)
    completions: dict[str, Measured] = field(default_factory=dict)
    statements: dict[str, dict[str, int]] = field(default_factory=dict)
    automatic: dict[str, Rate] = field(default_factory=dict)
    inbox: dict[str, Measured] = field(default_factory=dict)
    timers: Fired | None = None

    def targets(self) -> list[Target]:
        """Compare with what Stellwerk promises itself."""
        found: list[Target] = []
        if self.limit and self.completions:
            # The limit as SpiffWorkflow sets it. Our own engine takes a twelfth of its time; half of *that* limit would
            # leave a completion less time than a web framework needs to answer with nothing (docs/benchmarks.md).
            limit = self.limit["limit with SpiffWorkflow"].per_second
            busiest = max(load.clients for load in self.completions.values())
            for title, load in self.completions.items():
                # Processes that share their cores with the database and the clients say nothing about a process.
                if load.clients == busiest and load.processes < self.setup.get("cores", 2):
                    share = load.per_second / load.processes / limit
                    name = f"(b) of the limit (a) with SpiffWorkflow, per process: {title}"
                    found.append(Target(name, share, least=0.5))
                    found.append(Target(f"(b) p99 in ms: {title}", load.p99, most=50))
        for title, counts in self.statements.items():
            found.append(Target(f"(b) statements per completion {title}", counts["statements"], most=12))
            found.append(Target(f"(b) commits per completion {title}", counts["commits"], least=1, most=1))
        if self.automatic:
            bare = self.automatic["SpiffWorkflow, in memory"].per_second
            share = self.automatic["product"].per_second / bare
            found.append(Target("(c) automatic cases, of SpiffWorkflow in memory", share, least=1 / 3))
        if self.inbox:
            busiest = max(load.clients for load in self.inbox.values())
            found += [
                Target(f"(d) p99 in ms: {title}", load.p99, most=60)
                for title, load in self.inbox.items()
                if load.clients == busiest
            ]
        if self.timers is not None:
            found.append(Target("(e) seconds until all timers have fired", self.timers.seconds, most=60))
            found.append(Target("(e) p99 in ms of pages meanwhile", self.timers.p99, most=200))
        return found

    def shares(self) -> dict[str, float]:
        """Return how much of each limit the completions reach per process, whether it has a target or not."""
        return {
            f"{title}, of the {name}": load.per_second / load.processes / rate.per_second
            for name, rate in self.limit.items()
            if name != "engine alone"
            for title, load in self.completions.items()
        }

    def document(self) -> dict[str, Any]:
        """Return everything for the JSON file."""
        return {
            "setup": self.setup,
            "a_limit": {title: rate.document() for title, rate in self.limit.items()},
            "b_completions": {title: _rounded(load) for title, load in self.completions.items()},
            "b_of_a": {title: round(share, 3) for title, share in self.shares().items()},
            "b_statements": self.statements,
            "c_automatic": {title: rate.document() for title, rate in self.automatic.items()},
            "d_inbox": {title: _rounded(load) for title, load in self.inbox.items()},
            "e_timers": {name: round(value, 3) for name, value in asdict(self.timers).items()} if self.timers else {},
            "targets": [target.document() for target in self.targets()],
        }

    def table(self) -> str:
        """Return everything for people."""
        parts = [f"{name}: {value}" for name, value in self.setup.items()]
        sections = {
            "(a) the limit: one process, one connection, no product": _rates(self.limit),
            "(b) completions through the API": _loads(self.completions),
            SHARES: [[title, f"{share:.2f}"] for title, share in self.shares().items()],
            "(b) asked of the database per completion": [
                [title, str(counts["statements"]), str(counts["commits"])] for title, counts in self.statements.items()
            ],
            "(c) automatic cases of five scripts": _rates(self.automatic),
            "(d) pages of the inbox": _loads(self.inbox),
            "(e) timers that come due at once": _fired(self.timers),
        }
        heads = {
            SHARES: ["", "share"],
            "(b) asked of the database per completion": ["", "statements", "commits"],
            "(a) the limit: one process, one connection, no product": ["", "per second", "CPU ms"],
            "(c) automatic cases of five scripts": ["", "per second", "CPU ms"],
            "(e) timers that come due at once": ["", "seconds", "per second", "pages", "their p99 ms"],
        }
        for title, rows in sections.items():
            if rows:
                parts += ["", title, *_aligned([heads.get(title, list(HEAD)), *rows])]
        return "\n".join([*parts, "", *(target.line() for target in self.targets())])


def _rates(rates: dict[str, Rate]) -> list[list[str]]:
    return [[title, f"{rate.per_second:,.0f}", f"{rate.cpu_ms:.2f}"] for title, rate in rates.items()]


def _fired(fired: Fired | None) -> list[list[str]]:
    if fired is None:
        return []
    rate = fired.count / fired.seconds
    return [[f"{fired.count:,} timers", f"{fired.seconds:.1f}", f"{rate:,.0f}", str(fired.pages), f"{fired.p99:.1f}"]]


def _loads(loads: dict[str, Measured]) -> list[list[str]]:
    return [
        [
            title, f"{load.per_second:,.0f}", f"{load.p50:.1f}", f"{load.p99:.1f}", f"{load.web_cpu:.2f}",
            f"{load.database_cpu:.2f}", f"{load.client_cpu:.2f}", f"{load.commits:.2f}",
        ]
        for title, load in loads.items()
    ]  # fmt: skip


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def _rounded(load: Measured) -> dict[str, Any]:
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in asdict(load).items()}
