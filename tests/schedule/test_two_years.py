"""Two years of schedules with four nodes that are killed at random and stand still at times: each time comes once."""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import clock
from app.database.transaction import Database
from app.domain.calendars.week import Special, Week
from app.errors import Unavailable
from app.operations import Subjects
from app.schedule.firing import GRACE
from app.schedule.records import Occurrence, Schedule
from app.schedule.schedules import Schedules

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
OFF = [
    date(year, month, day)
    for year in (2025, 2026, 2027)
    for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))
]
OFF += [date(2025, 4, 18), date(2025, 4, 21), date(2026, 4, 3), date(2026, 4, 6)]
OFFICE = Week(BERLIN, (((480, 1020),),) * 5 + ((),) * 2, exceptions=tuple(Special(day, day) for day in sorted(OFF)))
NODES = 4


def month_end(day: date) -> bool:
    return (day + DAY).month != day.month


# key: expression, calendar, misfire, and in plain Python on which days at which time it is due.
RULES: dict[str, tuple[str, str, str, Any, time]] = {
    "workdays": ('cron("0 9 * * MON,WED,FRI")', "office", "fire_all", lambda day: day.weekday() in (0, 2, 4), time(9)),
    "nightly": ('cron("30 2 * * SUN")', "", "fire_all", lambda day: day.weekday() == 6, time(2, 30)),
    "monthly": ("R/2024-12-31T09:00/P1M", "office", "fire_once", month_end, time(9)),
    "quarterly": ('cron("0 8 1 JAN,APR,JUL,OCT *")', "office", "fire_once",
                  lambda day: day.day == 1 and day.month % 3 == 1, time(8)),
    "weekly": ("R/2024-12-30T12:00/P1W", "", "fire_once", lambda day: day.weekday() == 0, time(12)),
    "last": ('cron("0 0 L * *")', "", "skip", month_end, time(0)),
}  # fmt: skip


@dataclass
class Drawn:
    """A published diagram with a timer start event."""

    key: str
    area: str = "incidents"
    number: int = 1
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass
class Begun:
    case_id: int
    problem: str | None = None


@dataclass
class Node:
    """One process with connections of its own."""

    url: str
    seed: int
    killed: int = 0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.database = Database(self.url, pool_size=2)
        self.schedules = Schedules(self.database, self.start, Subjects(), lambda session: lambda key: OFFICE)

    def start(
        self, session: Session, diagram: str, element: str, *, record_id: int | None, data: Mapping[str, Any]
    ) -> Begun:
        """Store a case; now and then the process dies in the middle of the transaction."""
        case_id = session.execute(
            text(
                "INSERT INTO process_case (number, diagram, area, diagram_version, bundle_id, title, state, started_at)"
                " SELECT gen_random_uuid()::text, :diagram, 'incidents', 1, min(id), 'x', '', :at FROM bundle"
                " RETURNING id"
            ),
            {"diagram": diagram, "at": clock.now()},
        ).scalar_one()
        if self.dice.random() < 0.15:
            self.killed += 1
            # For the server this is what the death of a process is: the connection ends with the transaction open.
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return Begun(case_id)

    def work(self, moment: datetime) -> None:
        """Fire all that is due; after each death another process takes its place."""
        with clock.at(moment):
            while True:
                try:
                    if not self.schedules.fire():
                        return
                except Unavailable:
                    pass


def expected(key: str, moments: list[datetime]) -> list[tuple[datetime, str]]:
    """What is due by counting days, and what became of it at the moments at which somebody looked."""
    _rule, calendar, misfire, falls_on, at = RULES[key]
    dues: set[datetime] = set()
    for number in range((LAST - FIRST).days + 1):
        day = FIRST + number * DAY
        if falls_on(day):
            while calendar and (day.weekday() > 4 or day in OFF):
                day += DAY
            dues.add(datetime.combine(day, at, BERLIN).astimezone(UTC))
    found = []
    for before, now in zip(moments, moments[1:], strict=False):
        missed = sorted(due for due in dues if before < due <= now)
        if misfire == "fire_all":
            found += [(due, "started") for due in missed]
        elif missed:
            late = misfire == "skip" and now - missed[-1] > GRACE
            found.append((missed[-1], "skipped" if late else "started"))
    return found


def test_each_time_comes_once_on_the_right_working_day(database: Database, database_url: str) -> None:
    dice = random.Random(4)
    begin = datetime.combine(FIRST, time(), BERLIN).astimezone(UTC) - timedelta(minutes=1)
    moments = [begin]
    while moments[-1] < datetime.combine(LAST, time(23, 59), BERLIN).astimezone(UTC):
        still = timedelta(days=dice.randint(5, 40)) if dice.random() < 0.05 else timedelta(hours=dice.randint(6, 120))
        moments.append(min(moments[-1] + still, datetime.combine(LAST, time(23, 59), BERLIN).astimezone(UTC)))
    nodes = [Node(database_url, seed) for seed in range(NODES)]
    with clock.at(begin), database.transaction() as session:
        session.execute(text("INSERT INTO bundle (hash, diagram, members, created_at) VALUES ('x', 'x', '[]', now())"))
        drawn = [
            Drawn(key, meta={"timer_starts": [{"element": "s", "timer": rule, "calendar": calendar, "misfire": misfire,
                                               "for_each": ""}]})
            for key, (rule, calendar, misfire, _days, _at) in RULES.items()
        ]  # fmt: skip
        nodes[0].schedules.follow(session, drawn)
    together = threading.Barrier(NODES)
    faults: list[BaseException] = []

    def live(node: Node) -> None:
        try:
            for moment in moments[1:]:
                together.wait(60)
                node.work(moment)
        except BaseException as fault:
            faults.append(fault)
            together.abort()

    threads = [threading.Thread(target=live, args=(node,)) for node in nodes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert sum(node.killed for node in nodes) > 20
    with database.transaction() as session:
        for key in RULES:
            rows = session.execute(
                select(Occurrence.due_at, Occurrence.status)
                .join(Schedule)
                .where(Schedule.diagram == key)
                .order_by(Occurrence.due_at)
            )
            assert [tuple(row) for row in rows] == expected(key, moments), key
        # What a killed process had begun is not there: as many cases as occurrences that started one.
        counted = "SELECT (SELECT count(*) FROM process_case), (SELECT count(case_id) FROM occurrence)"
        cases, started = session.execute(text(counted)).one()
        assert cases == started > 300
    for node in nodes:
        node.database.close()
