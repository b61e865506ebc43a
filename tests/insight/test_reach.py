"""Roles for one service or record, and standing in for who is absent: what is seen and may be done, and no more."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import clock
from app.domain.people import absence, assignments, directory
from app.domain.people.assignments import Wish
from app.domain.records.records import Record
from app.domain.records.writer import Trace
from app.engine import commands, returning
from app.engine.records import Case, Evidence, Task
from app.errors import Forbidden, NotFound
from app.insight import inbox, standing_in
from app.insight.access import Viewer, inner_records, visible_cases, visible_records, visible_tasks
from app.insight.inbox import Filter
from tests.engine.drawings import end, extensions, flows, start, user
from tests.stage import STAFF, Stage, draw, form, text

ANNA, BEN, CHIARA, SOFIA = "Anna Novak", "Ben Osei", "Chiara Ricci", "Sofia Lindqvist"
DAY = timedelta(days=1)


@pytest.fixture
def desk(stage: Stage) -> Stage:
    body = start()
    walk = draw("walk", body + user("look") + user("act") + end() + flows("s look act e"), record="incident")
    stage.publish(walk, form("look", text("diagnosis")), form("act", text("work_done")))
    return stage


def services(stage: Stage) -> dict[str, int]:
    """Two services."""
    with stage.parts.database.transaction() as session:
        return {
            title: stage.parts.records.create(
                session, "service", title=title, requester_id=None, owner_id=None, values={}, actor_id=None,
                case_id=None, element="",
            )[0]
            for title in ("Storage", "Mail")
        }  # fmt: skip


def case_about(stage: Stage, service_id: int) -> int:
    """A case whose record has this service."""
    case_id = stage.start(by=CHIARA, values={"title": "Gone"})
    with stage.parts.database.transaction() as session:
        record = stage.parts.records.locked(session, "incident", stage.case(case_id).record_id or 0)
        stage.parts.records.change(session, record, {"service": str(service_id)}, Trace())
    return case_id


def give(stage: Stage, name: str, **wish: Any) -> int:
    with stage.parts.database.transaction() as session:
        return assignments.assign(session, Wish(STAFF, stage.people[name], **wish), actor_id=None).id


def send_away(stage: Stage, name: str, substitute: str, starts: datetime | None = None) -> None:
    now = clock.now()
    with stage.parts.database.transaction() as session:
        absence.enter(
            session, stage.people[name], starts_at=starts or now, ends_at=(starts or now) + DAY,
            substitute_id=stage.people[substitute], by_id=stage.people[name],
        )  # fmt: skip


def seen(stage: Stage, name: str) -> dict[str, set[int]]:
    """Everything that a person can find, by ids."""
    viewer = Viewer.of(stage.who(name))
    incidents = select(Record.id).where(Record.kind == "incident", visible_records(viewer))
    with stage.parts.database.transaction() as session:
        return {
            "tasks": set(session.scalars(select(Task.id).where(visible_tasks(viewer)))),
            "cases": set(session.scalars(select(Case.id).where(visible_cases(viewer)))),
            "incidents": set(session.scalars(incidents)),
            "inner": set(session.scalars(select(Record.id).where(inner_records(viewer)))),
            "mine": rows(session, viewer, "mine"), "teams": rows(session, viewer, "teams"),
        }  # fmt: skip


def rows(session: Session, viewer: Viewer, tab: Any) -> set[int]:
    now = clock.now()
    listing, counts = inbox.overview(session, viewer, Filter(tab=tab), None, now, now + DAY)
    found = [row.id for row in listing.rows]
    assert len(found) == len(set(found)) == getattr(counts, tab)
    if tab == "mine":
        assert inbox.assigned(session, viewer, now).total == len(found)
    return set(found)


def test_a_role_for_a_service_reaches_its_cases_and_no_others(desk: Stage) -> None:
    known = services(desk)
    lost, late = case_about(desk, known["Storage"]), case_about(desk, known["Mail"])
    before = seen(desk, SOFIA)
    assert before["cases"] == set()
    give(desk, SOFIA, service_id=known["Storage"])
    # Holding it for one of its records too shows nothing twice.
    give(desk, SOFIA, record_id=desk.case(lost).record_id)
    [task] = desk.tasks("open", lost)
    assert seen(desk, SOFIA) == {
        "tasks": {task.id}, "cases": {lost}, "incidents": {desk.case(lost).record_id},
        "inner": {desk.case(lost).record_id}, "mine": set(), "teams": {task.id},
    }  # fmt: skip
    desk.on_task(commands.claim, task.id, SOFIA)
    desk.complete(task.id, SOFIA)
    [other] = desk.tasks("open", late)
    with pytest.raises(NotFound):
        desk.on_task(commands.claim, other.id, SOFIA)


def test_the_web_and_the_api_agree_with_it(desk: Stage) -> None:
    known = services(desk)
    lost, late = case_about(desk, known["Storage"]), case_about(desk, known["Mail"])
    give(desk, SOFIA, service_id=known["Storage"])
    api = desk.api(SOFIA)
    for case_id, status in ((lost, 200), (late, 404)):
        [task] = desk.tasks("open", case_id)
        assert api.get(f"/api/v1/tasks/{task.id}").status_code == status
        assert api.get(f"/api/v1/cases/{desk.case(case_id).number}").status_code == status
        assert api.post(f"/api/v1/tasks/{task.id}/claim").status_code == status
    assert len(api.get("/api/v1/tasks?scope=mine").json()["items"]) == 1


def test_a_substitute_sees_and_does_what_is_assigned(desk: Stage) -> None:
    case_id = desk.start(by=CHIARA, values={"title": "Gone"})
    task = desk.task("look")
    desk.on_task(commands.claim, task.id, ANNA)
    with pytest.raises(NotFound):
        desk.on_task(commands.release, task.id, SOFIA)
    send_away(desk, ANNA, SOFIA)
    found = seen(desk, SOFIA)
    assert (found["mine"], found["cases"], found["tasks"]) == ({task.id}, {case_id}, {task.id})
    desk.complete("look", SOFIA)
    anna, sofia = desk.people[ANNA], desk.people[SOFIA]
    done = desk.task("look", "done")
    assert (done.completed_by_id, done.on_behalf_of_id) == (sofia, anna)
    with desk.parts.database.transaction() as session:
        viewer = Viewer.of(desk.who(SOFIA))
        # What follows is offered to the role, which the substitute does not hold.
        assert rows(session, viewer, "mine") == set() and rows(session, viewer, "teams") == set()
    [line] = [entry for entry in journal(desk, case_id) if entry["event"] == "task.completed"]
    assert line["data"]["on_behalf_of"] == anna


def journal(stage: Stage, case_id: int) -> list[dict[str, Any]]:
    number = stage.case(case_id).number
    return list(stage.api("Paul Okafor").get(f"/api/v1/cases/{number}/journal").json()["items"])


def test_record_and_evidence_name_both(stage: Stage) -> None:
    look = user("look", extensions(requirement="PR9.1", evidence="record"))
    stage.publish(
        draw("walk", start() + look + end() + flows("s look e"), record="incident"), form("look", text("diagnosis"))
    )
    stage.start(by=CHIARA, values={"title": "Gone"})
    task = stage.task("look")
    stage.on_task(commands.claim, task.id, ANNA)
    send_away(stage, ANNA, SOFIA)
    stage.complete("look", SOFIA, diagnosis="A broken disk")
    proofs = stage.rows(Evidence)
    assert proofs
    assert {(one.person_id, one.on_behalf_of_id) for one in proofs} == {(stage.people[SOFIA], stage.people[ANNA])}


def test_nobody_decides_in_anothers_name_what_they_asked_for(desk: Stage) -> None:
    desk.start(by=CHIARA, values={"title": "Gone"})
    task = desk.task("look")
    desk.on_task(commands.claim, task.id, ANNA)
    send_away(desk, ANNA, CHIARA)
    with pytest.raises(Forbidden):
        desk.complete("look", CHIARA)


def test_substitutes_are_told_once_of_each_task(desk: Stage) -> None:
    send_away(desk, ANNA, SOFIA)
    assert tell(desk) == 0
    for _number in range(2):
        desk.start(by=CHIARA, values={"title": "Gone"})
        desk.on_task(commands.claim, desk.tasks("open")[-1].id, ANNA)
        assert tell(desk) == 1
        assert tell(desk) == 0


def tell(stage: Stage) -> int:
    with stage.parts.database.transaction() as session:
        return standing_in.tell_substitutes(stage.parts.engine, stage.parts.notifier, session)


def test_who_loses_a_role_gives_back_what_they_took_by_it(desk: Stage) -> None:
    known = services(desk)
    lost, late = case_about(desk, known["Storage"]), case_about(desk, known["Mail"])
    everywhere, there = give(desk, SOFIA), None
    for case_id in (lost, late):
        [task] = desk.tasks("open", case_id)
        desk.on_task(commands.claim, task.id, SOFIA)
    there = give(desk, SOFIA, service_id=known["Storage"])
    assert end_assignment(desk, everywhere) == [desk.tasks("open", late)[0].id]
    assert [task.assignee_id for task in desk.tasks("open", lost)] == [desk.people[SOFIA]]
    assert "task.returned@look" in desk.events(late)
    assert end_assignment(desk, there) == [desk.tasks("open", lost)[0].id]


def end_assignment(stage: Stage, assignment_id: int) -> list[int]:
    actor, engine = stage.who("Marek Dvorak"), stage.parts.engine
    with stage.parts.database.transaction() as session:
        whom = assignments.concerned_by(session, assignment_id)
        with returning.watching(engine, session, whom, actor) as returned:
            assignments.end(session, assignment_id, actor_id=actor.person_id)
    return returned


def test_a_role_that_ends_by_itself_gives_tasks_back(desk: Stage) -> None:
    case_id = desk.start(by=CHIARA, values={"title": "Gone"})
    give(desk, SOFIA, valid_until=clock.now() + DAY)
    desk.on_task(commands.claim, desk.task("look").id, SOFIA)
    assert settle(desk) == 0
    with clock.at(clock.now() + 2 * DAY):
        assert settle(desk) == 1
        assert settle(desk) == 0
    assert desk.task("look").assignee_id is None
    assert desk.events(case_id).count("task.returned@look") == 1


def settle(stage: Stage) -> int:
    with stage.parts.database.transaction() as session:
        return standing_in.settle_ended(stage.parts.engine, session)


def test_what_was_handed_over_without_the_role_stays(desk: Stage) -> None:
    desk.start(by=CHIARA, values={"title": "Gone"})
    with desk.parts.database.transaction() as session:
        task = session.get_one(Task, desk.task("look").id)
        task.assignee_id = desk.people[SOFIA]
    with desk.parts.database.transaction() as session:
        before = directory.Directory().actor_of(session, desk.people[SOFIA])
        assert before is not None
        assert returning.give_back(desk.parts.engine, session, desk.people[SOFIA], before, None) == []
