"""Target clocks in the database: which promise applies, pauses, other terms, warnings and breaches, several nodes."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

import app.engine.records  # noqa: F401 - records point to cases
from app import clock
from app.database.transaction import Database
from app.domain.calendars.records import Calendar
from app.domain.calendars.week import WEEKDAYS
from app.domain.people.accounts import create_person
from app.domain.people.records import Organisation, Team
from app.domain.record_kinds import KINDS
from app.domain.records.writer import Records, Trace
from app.domain.service_levels import applying, clocks, editing
from app.domain.service_levels.editing import TargetLine, Written
from app.domain.service_levels.records import ClockEvent, TargetClock
from app.domain.service_levels.waking import Waking
from app.errors import BusinessError, Conflict, Invalid
from tests.sent import hearing

FRIDAY = datetime.fromisoformat("2026-03-06T16:50+01:00")
WEEK = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}
LONG = {day: [["08:00", "20:00"]] for day in WEEKDAYS}
TARGETS = (
    TargetLine("response", "P1", 30), TargetLine("response", "", 240), TargetLine("resolution", "P1", 240),
    TargetLine("resolution", "", 960),
)  # fmt: skip
ME = Trace()


@dataclass
class House:
    """Two calendars, a customer, a team, a service, and one incident of a caller of that customer."""

    database: Database
    records: Records = field(default_factory=lambda: Records(KINDS))
    ids: dict[str, int] = field(default_factory=dict)
    sent: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def make(self) -> None:
        with self.database.transaction() as session:
            things = {
                "office": Calendar(key="office", name="Office", time_zone="Europe/Berlin", hours=WEEK),
                "long": Calendar(key="long", name="Long", time_zone="Europe/Berlin", hours=LONG),
                "museum": Organisation(name="Museum", kind="customer"),
                "agency": Organisation(name="Agency", kind="customer"),
                "network": Team(key="network", name="Network", level=2),
            }
            session.add_all(things.values())
            session.flush()
            self.ids = {name: thing.id for name, thing in things.items()}
            caller = create_person(session, login="mikkel", name="Mikkel Dahl", organisation_id=self.ids["museum"])
            session.flush()
            self.ids["caller"] = caller.id
            self.ids["service"] = self.create(session, "service", "Storage")
            self.ids["other"] = self.create(session, "service", "Printing")

    def create(self, session: Session, kind: str, title: str, requester: int | None = None, **values: Any) -> int:
        return self.records.create(
            session, kind, title=title, requester_id=requester, owner_id=None, values=values, actor_id=None,
            case_id=None, element="",
        )[0]  # fmt: skip

    def agree(self, type_: str = "default", title: str = "Standard", **more: Any) -> int:
        more = {"calendar_id": self.ids["office"], "targets": TARGETS, **more}
        with self.database.transaction() as session:
            agreement = editing.add(session, Written(type_, title, **more), ME)
            editing.activate(session, agreement.id, ME, now=clock.now())
            return agreement.id

    def incident(self, priority: str = "P1", **values: Any) -> int:
        with self.database.transaction() as session:
            given = {"priority": priority, "service": self.ids["service"], **values}
            record_id = self.create(session, "incident", "Gone", self.ids["caller"], **given)
            clocks.start(session, self.records, self.records.locked_of_any_kind(session, record_id), ME)
            return record_id

    def do(self, work: Any, record_id: int, *rest: Any, **more: Any) -> None:
        with self.database.transaction() as session:
            work(session, self.records, self.records.locked_of_any_kind(session, record_id), *rest, **more)

    def write(self, record_id: int, kind: str = "incident", **values: Any) -> None:
        with self.database.transaction() as session:
            self.records.change(session, self.records.locked(session, kind, record_id), values, ME)

    def clock(self, metric: str = "resolution", level: str = "sla") -> TargetClock:
        with self.database.transaction() as session:
            query = select(TargetClock).where(TargetClock.metric == metric, TargetClock.level == level)
            return session.scalars(query.order_by(TargetClock.id.desc())).first()  # type: ignore[return-value]

    def events(self, metric: str = "resolution") -> list[str]:
        with self.database.transaction() as session:
            query = select(ClockEvent.type).where(ClockEvent.clock_id == self.clock(metric).id)
            return list(session.scalars(query.order_by(ClockEvent.at, ClockEvent.id)))

    def waking(self) -> Waking:
        def send(session: Session, name: str, key: str, payload: dict[str, str], identity: str) -> None:
            self.sent.append((name, payload["target"], payload))

        return Waking(self.database, self.records, send)

    def wait(self, until: str) -> None:
        """Let time pass; whatever a clock brings about happens at its moment."""
        end, waking = datetime.fromisoformat(until), self.waking()
        for _ in range(50):
            with self.database.transaction() as session:
                due = waking.next_due(session, None, end)
            if due is None:
                break
            clock.set_to(max(due, clock.now()))
            waking.fire()
        clock.set_to(end)


@pytest.fixture
def house(database: Database) -> Iterator[House]:
    """Friday afternoon, ten minutes before five."""
    with clock.at(FRIDAY):
        made = House(database)
        made.make()
        yield made


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_the_story_of_the_blueprint(house: House) -> None:
    """P1 on Friday at 16:50, nine to five: due on Monday; paused two hours; another agreement mid-way keeps them."""
    house.agree()
    record = house.incident()
    assert house.clock("response").due_at == moment("2026-03-09T09:20+01:00")
    assert house.clock().due_at == moment("2026-03-09T12:50+01:00")
    clock.set_to(moment("2026-03-09T09:10+01:00"))
    house.do(clocks.stop, record, ME, metrics=["response"], reason="somebody works on it")
    clock.set_to(moment("2026-03-09T10:00+01:00"))
    house.do(clocks.pause, record, "a question to the caller", ME)
    assert (house.clock().state, house.clock().due_at, house.clock().wake_at) == ("paused", None, None)
    clock.set_to(moment("2026-03-09T12:00+01:00"))
    house.do(clocks.resume, record, ME)
    assert house.clock().due_at == moment("2026-03-09T14:50+01:00")
    # The customer gets an agreement of their own: eight hours, counted from eight to eight, on Saturdays, too.
    house.agree("sla", "Museum", organisation_id=house.ids["museum"], calendar_id=house.ids["long"],
                targets=(TargetLine("resolution", "P1", 60 * 40),))  # fmt: skip
    house.wait("2026-03-09T13:00+01:00")
    found = house.clock()
    # Ten past three on Friday, two days of twelve hours, two hours on Monday morning and one after the pause.
    with house.database.transaction() as session:
        reading = clocks.reading_of(clocks.events_of(session, [found.id])[found.id], clocks.terms_of(session, found),
                                    clock.now())  # fmt: skip
    assert reading is not None
    assert reading.used == timedelta(hours=3, minutes=10) + timedelta(hours=24) + timedelta(hours=2 + 1)
    assert house.events() == ["started", "paused", "resumed", "terms"]
    assert found.why == "agreed with this customer for all services"
    assert house.sent == []


def test_a_warning_and_a_breach_come_once_and_on_time(house: House) -> None:
    house.agree()
    house.incident()
    house.wait("2026-03-10T12:00+01:00")
    told = [(name, target) for name, target, _ in house.sent]
    assert told == [
        ("clock.warning", "response"), ("clock.breached", "response"),
        ("clock.warning", "resolution"), ("clock.breached", "resolution"),
    ]  # fmt: skip
    assert house.clock().warned_at == moment("2026-03-09T12:02+01:00")
    assert house.clock().breached_at == moment("2026-03-09T12:50+01:00")
    assert house.events() == ["started", "warned", "breached"]
    assert house.sent[-1][2]["elapsed"] == "240"
    house.wait("2026-03-20T12:00+01:00")
    assert len(house.sent) == 4


def test_another_priority_counts_anew_and_takes_a_breach_back(house: House) -> None:
    house.agree()
    record = house.incident()
    house.wait("2026-03-09T13:00+01:00")
    assert house.clock().breached_at is not None
    house.write(record, priority="P3")
    assert house.clock().stale is True
    house.wait("2026-03-09T13:01+01:00")
    found = house.clock()
    assert (found.minutes, found.breached_at, found.warned_at) == (960, None, None)
    assert found.due_at == moment("2026-03-10T16:50+01:00")
    house.write(record, priority="P1")
    house.wait("2026-03-09T13:02+01:00")
    assert house.clock().breached_at == moment("2026-03-09T12:50+01:00")
    assert [name for name, target, _ in house.sent if target == "resolution"][-1] == "clock.breached"


def test_a_changed_calendar_and_a_changed_target_reach_the_clocks(house: House) -> None:
    agreement = house.agree()
    house.incident()
    with house.database.transaction() as session:
        longer = {day: [["09:00", "18:00"]] for day in WEEKDAYS[:5]}
        session.execute(update(Calendar).where(Calendar.key == "office").values(hours=longer))
    house.wait("2026-03-06T16:51+01:00")
    assert house.clock().due_at == moment("2026-03-09T11:50+01:00")
    with house.database.transaction() as session:
        found = editing.records.locked(session, "agreement", agreement)
        written = Written(
            "default", found.title, calendar_id=house.ids["office"], targets=(TargetLine("resolution", "P1", 60),)
        )
        editing.change(session, agreement, written, ME, seen=found.updated_at)
    house.wait("2026-03-06T16:52+01:00")
    assert house.clock().due_at == moment("2026-03-06T17:50+01:00")
    # Nothing is promised for the response any more; its clock goes on without a time to be held to.
    response = house.clock("response")
    assert (response.minutes, response.due_at, response.state, response.why) == (None, None, "running", None)


def test_which_agreement_applies_and_why(house: House) -> None:
    everywhere = house.agree(title="For all")
    of_service = house.agree(title="For storage", service_id=house.ids["service"])
    of_customer = house.agree("sla", "Museum", organisation_id=house.ids["museum"])
    of_both = house.agree("sla", "Museum's storage", organisation_id=house.ids["museum"],
                          service_id=house.ids["service"])  # fmt: skip
    house.agree("sla", "Agency", organisation_id=house.ids["agency"])
    house.agree("sla", "Later", organisation_id=house.ids["museum"], valid_from=FRIDAY + timedelta(days=1))

    def best(**subject: Any) -> tuple[int | None, dict[str, str]]:
        given = {
            "service_id": house.ids["service"],
            "organisation_id": house.ids["museum"],
            "priority": "P1",
            **subject,
        }
        with house.database.transaction() as session:
            looked_at = applying.consider(session, "sla", applying.Subject(**given))
        assert [one.applies for one in looked_at].count(True) <= 1
        applies = looked_at[0].agreement.id if looked_at and looked_at[0].applies else None
        return applies, {one.agreement.title: str(one.why) for one in looked_at}

    found, why = best()
    assert found == of_both
    assert why["Museum's storage"] == "agreed with this customer for this service"
    assert why["Agency"] == "agreed with another customer"
    assert why["Later"] == "not in force yet"
    assert why["For all"] == "another one comes first"
    assert best(service_id=house.ids["other"])[0] == of_customer
    assert best(organisation_id=None)[0] == of_service
    assert best(organisation_id=None, service_id=None)[0] == everywhere
    with house.database.transaction() as session:
        editing.end(session, of_both, ME, reason="Replaced", now=clock.now())
    assert best()[0] == of_customer


def test_the_team_that_takes_over_has_promised_something_itself(house: House) -> None:
    house.agree()
    house.agree("ola", "Network", team_id=house.ids["network"], targets=(TargetLine("resolution", "", 120),))
    record = house.incident()
    clock.set_to(moment("2026-03-09T09:00+01:00"))
    house.do(clocks.start, record, ME, level="ola", metrics=["resolution"], team_id=house.ids["network"])
    assert house.clock(level="ola").due_at == moment("2026-03-09T11:00+01:00")
    house.do(clocks.pause, record, "a question", ME)
    assert house.clock(level="ola").state == house.clock().state == "paused"
    house.do(clocks.resume, record, ME)
    house.do(clocks.stop, record, ME, levels=clocks.SUPPORTING)
    assert (house.clock(level="ola").state, house.clock().state) == ("stopped", "running")
    house.do(clocks.start, record, ME, level="ola", metrics=["resolution"], team_id=house.ids["network"])
    assert house.clock(level="ola").started_at == clock.now()


def test_what_is_stopped_too_late_is_missed_even_if_nobody_looked(house: House) -> None:
    house.agree()
    record = house.incident()
    clock.set_to(moment("2026-03-10T12:00+01:00"))
    house.do(clocks.stop, record, ME)
    waking = house.waking()
    while waking.fire():
        pass
    assert {target for name, target, _ in house.sent if name == "clock.breached"} == {"response", "resolution"}
    house.do(clocks.go_on, record, ME, metrics=["resolution"], reason="reopened")
    assert house.clock().state == "running"
    assert waking.fire() == 1
    assert not waking.fire()


def test_a_clock_that_goes_on_takes_the_terms_of_now(house: House) -> None:
    """What changed while it was stopped told it nothing."""
    house.agree()
    record = house.incident()
    house.do(clocks.stop, record, ME)
    house.write(record, priority="P3")
    assert house.clock().minutes == 240
    house.do(clocks.go_on, record, ME, metrics=["resolution"], reason="reopened")
    assert house.waking().fire() == 1
    assert (house.clock().minutes, house.clock().state, house.clock("response").minutes) == (960, "running", 30)


def test_many_nodes_bring_each_thing_about_once(house: House) -> None:
    house.agree()
    for _ in range(12):
        house.incident()
    at = moment("2026-03-09T13:00+01:00")
    failures: list[BaseException] = []

    def node() -> None:
        try:
            with clock.at(at):
                waking = house.waking()
                while waking.fire():
                    pass
        except BaseException as error:
            failures.append(error)

    nodes = [threading.Thread(target=node) for _ in range(4)]
    for one in nodes:
        one.start()
    for one in nodes:
        one.join()
    clock.set_to(at)
    while house.waking().fire():
        pass
    assert failures == []
    breaches = [payload["clock"] for name, _, payload in house.sent if name == "clock.breached"]
    assert len(breaches) == len(set(breaches)) == 24
    with house.database.transaction() as session:
        assert session.scalar(select(func.count()).where(ClockEvent.type == "breached")) == 24


def test_a_hundred_thousand_running_clocks_cost_nothing_while_idle(house: House) -> None:
    """Looking for what is due reads a few pages of an index, however many clocks run."""
    record = house.incident()
    many = text(
        "INSERT INTO target_clock (record_id, level, metric, state, started_at, wake_at, minutes) "
        "SELECT :record, 'ola', 'resolution', 'running', :now, :now + g * interval '1 minute', 60 "
        "FROM generate_series(10, 100009) g"
    )
    with house.database.transaction() as session:
        session.execute(many, {"record": record, "now": clock.now()})
    with house.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE target_clock"))
    asked: list[tuple[str, Any]] = []
    with hearing(house.database.engine, lambda _cursor, statement, values: asked.append((statement, values))):
        assert house.waking().fire() == 0
    assert len(asked) == 2
    url = house.database.engine.url.render_as_string(hide_password=False).replace("+psycopg", "")
    with psycopg.connect(url) as driver:
        for statement, values in asked:
            row = driver.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}".encode(), values).fetchone()
            assert row is not None
            plan = row[0][0]["Plan"]
            assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 20, statement


def test_a_calendar_without_working_time_holds_up_nobody_else(house: House) -> None:
    house.agree()
    house.agree("sla", "Museum", organisation_id=house.ids["museum"], calendar_id=house.ids["long"])
    house.incident()
    with house.database.transaction() as session:
        session.execute(update(Calendar).where(Calendar.key == "long").values(hours={}))
        session.execute(update(TargetClock).values(stale=True))
    waking = house.waking()
    assert waking.fire() == 2
    assert waking.fire() == 0


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"type": "contract"}, "type"),
    ({"title": " "}, "title"),
    ({"calendar_id": None}, "calendar_id"),
    ({"calendar_id": 999_999}, "calendar_id"),
    ({"type": "sla"}, "organisation_id"),
    ({"type": "ola"}, "team_id"),
    ({"service_id": 999_999}, "service_id"),
    ({"review_months": 0}, "review_months"),
    ({"valid_from": FRIDAY, "valid_until": FRIDAY}, "valid_until"),
    ({"targets": (TargetLine("speed", "", 5),)}, "targets.0.metric"),
    ({"targets": (TargetLine("response", "P9", 5),)}, "targets.0.priority"),
    ({"targets": (TargetLine("response", "", 5), TargetLine("response", "", 6))}, "targets.1.priority"),
    ({"targets": (TargetLine("response", "", 0),)}, "targets.0.minutes"),
    ({"targets": (TargetLine("response", "", 5, 101),)}, "targets.0.warn_percent"),
]


def test_what_does_not_fit_is_told_by_field(house: House) -> None:
    good = Written("default", "Standard", calendar_id=house.ids["office"], targets=TARGETS)
    for wrong, name in WRONG:
        with house.database.transaction() as session, pytest.raises(Invalid) as refused:
            editing.add(session, replace(good, **wrong), ME)
        assert list(refused.value.fields) == [name], wrong


def test_two_people_change_an_agreement_and_an_ended_one_stays_as_it_is(house: House) -> None:
    agreement = house.agree()
    written = Written("default", "Better", calendar_id=house.ids["office"], targets=TARGETS)
    with house.database.transaction() as session:
        seen = editing.records.locked(session, "agreement", agreement).updated_at
    clock.advance(timedelta(seconds=1))
    with house.database.transaction() as session:
        editing.change(session, agreement, written, ME, seen=seen)
    with house.database.transaction() as session, pytest.raises(Conflict):
        editing.change(session, agreement, replace(written, title="Best"), ME, seen=seen)
    with house.database.transaction() as session, pytest.raises(Invalid):
        editing.end(session, agreement, ME, reason=" ", now=clock.now())
    with house.database.transaction() as session:
        editing.end(session, agreement, ME, reason="Nobody wants it", now=clock.now())
    with house.database.transaction() as session, pytest.raises(Conflict):
        editing.change(session, agreement, written, ME, seen=None)
    with house.database.transaction() as session, pytest.raises(BusinessError):
        editing.activate(session, agreement, ME, now=clock.now())
