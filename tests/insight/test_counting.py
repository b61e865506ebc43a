"""Which calendar counts and why; asked for in one statement, and only when something is counted."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.calendars.records import Calendar
from app.domain.calendars.week import CalendarError
from app.domain.people.records import Person, Team
from app.engine.records import Case
from app.insight.counting import CountedTime, which
from tests.engine.drawings import end, flows, start, user
from tests.sent import sent
from tests.stage import Stage, draw, form

FRIDAY = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
ROUND_THE_CLOCK = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


def add(session: Session, key: str) -> int:
    row = Calendar(key=key, name=key.title(), time_zone="UTC", hours=ROUND_THE_CLOCK, region="", exceptions=[])
    session.add(row)
    session.flush()
    return row.id


def test_the_nearest_calendar_counts_and_says_why(stage: Stage) -> None:
    stage.publish(draw("walk", start() + user("look") + end() + flows("s look e"), record="incident"), form("look"))
    record_id = stage.case(stage.start()).record_id
    with stage.parts.database.transaction() as session:
        anna = session.get_one(Person, stage.people["Anna Novak"])
        network = session.scalars(select(Team).where(Team.key == "network")).one()
        other = Team(key="desk", name="Desk")
        session.add(other)
        session.flush()

        def chosen(person: int | None = None, role: str = "") -> tuple[str, str]:
            choice = which(session, "office", record_id, person_id=person, role=role)
            return choice.key, str(choice.why).split(" of ", 1)[-1].partition(" ")[2].rstrip(".")

        assert chosen()[0] == "office" and chosen(anna.id, "team.network")[0] == "office"
        add(session, "office")
        assert chosen(anna.id)[0] == "office"
        stage.parts.records.write(
            session, "incident", record_id or 0, {"team": other.id}, actor_id=None, case_id=None, element=""
        )  # fmt: skip
        other.calendar_id = add(session, "desk")
        session.flush()
        assert chosen(anna.id, "team.network") == ("desk", "team in charge")
        network.calendar_id = add(session, "network")
        session.flush()
        assert chosen(anna.id, "team.network") == ("network", "team whose task it is")
        assert chosen(anna.id, "incidents.process_staff") == ("desk", "team in charge")
        anna.calendar_id = add(session, "anna")
        session.flush()
        assert chosen(anna.id, "team.network") == ("anna", "person whose task it is")
        assert chosen() == ("desk", "team in charge")
        time = CountedTime(session, "office", lambda: record_id)
        task = time.of_task(anna.id, "team.network")
        with sent(stage.parts.database.engine) as statements:
            assert time.add(FRIDAY, hours=50) == FRIDAY + timedelta(hours=50)
            assert time.of_task(None, "incidents.process_staff").add(FRIDAY, days=1) == FRIDAY + timedelta(days=1)
        assert len(statements) == 1
        task.add(FRIDAY, hours=1)
        assert ("person", anna.id) in task.on and ("team", network.id) not in task.on
        assert time.on == {("record", record_id), ("team", other.id), ("calendar", other.calendar_id)}
        task.add(FRIDAY, hours=1, calendar="network")
        assert ("calendar", network.calendar_id) in task.on
        with pytest.raises(CalendarError, match="lighthouse"):
            CountedTime(session, "lighthouse", lambda: None).add(FRIDAY, hours=1)
    assert stage.rows(Case)[0].status == "running"
