"""Open tasks are reminded of and overdue ones escalated: in time, once, and only while they are open."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app import clock
from app.domain.notifications.records import Notification
from app.domain.people.records import Person
from app.engine import background, commands, reminding
from app.engine.records import Case, Notice, Task
from app.engine.repair import cancel, edit_data
from app.errors import Conflict, Forbidden, NotFound
from tests.engine.drawings import boundary, end, extensions, flows, rounds, script, start, timer, user
from tests.sent import sent
from tests.stage import MANAGER, Stage, ask, draw, form, text

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OVERDUE = {"due": "duration('PT4H')", "escalate_to": MANAGER}


def look(stage: Stage, before: str = "known = 1", by: str = "Chiara Ricci", **properties: str) -> int:
    """Start a case whose task `look` has these properties; a script before it sets what they may name."""
    body = (
        start() + script("x", before) + user("look", extensions(**properties)) + user("after") + end()
        + flows("s x look after e")
    )  # fmt: skip
    stage.publish(draw("walk", body, record="incident"), form("look", text("found")), form("after"))
    return stage.start(by=by)


def mails(stage: Stage) -> list[tuple[str, str, str]]:
    """Text, address and state of all mails, oldest first."""
    rows = stage.rows(Notification)
    return [(row.template.removeprefix("task."), row.address.partition("@")[0], row.status) for row in rows]


def said(stage: Stage, case_id: int) -> list[str]:
    """What the journal says of reminders and escalations."""
    return [event for event in stage.events(case_id) if event.startswith(("task.remind", "task.escal"))]


# Reminders -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("remind", "due"),
    [
        ("duration('P1D')", [MONDAY + DAY]),
        ("'PT3H'", [MONDAY + 3 * HOUR]),
        ("working_days(1)", None),
        ("datetime('2026-03-05T10:00:00+01:00')", [datetime(2026, 3, 5, 9, 0, tzinfo=UTC)]),
        ("[duration('P2D'), duration('P1D'), None, duration('P1D')]", [MONDAY + DAY, MONDAY + 2 * DAY]),
        ("[duration('P1D') if known > 1 else None]", []),
        ("date('2026-03-01')", []),  # past already: nobody is reminded of what has only just begun
        ("now()", []),
        ("None", []),
        ("", []),
    ],
)
def test_a_reminder_is_set_when_the_task_opens(stage: Stage, remind: str, due: list[datetime] | None) -> None:
    with clock.at(MONDAY):
        case_id = look(stage, remind=remind)
    found = [row.due_at for row in stage.rows(Notice)]
    assert found == due if due is not None else len(found) == 1
    assert ("notices" in stage.case(case_id).waits) is bool(found)


@pytest.mark.parametrize(
    ("remind", "told"),
    [
        ("known", "The property 'remind' of 'look' gives no point in time: 1."),
        ("[duration('P1D'), known]", "gives no point in time: 1."),
        ("missing", "The property 'remind' of 'look' cannot be evaluated"),
        ("many", "The property 'remind' of 'look' gives 21 times; at most 20 are possible."),
    ],
)
def test_what_is_no_time_leaves_the_case_stuck_and_can_be_mended(stage: Stage, remind: str, told: str) -> None:
    many = "[" + ", ".join(f"duration('P{n}D')" for n in range(1, 22)) + "]"
    case_id = look(stage, before=f"known = 1\nmany = {many}", remind=remind)
    case = stage.case(case_id)
    assert (case.status, case.stuck_element, stage.open(), stage.count(Notice)) == ("stuck", "look", [], 0)
    assert told in str(case.stuck_message)
    mended: dict[str, Any] = {"known": "P3D", "missing": "P1D", "many": ["P1D"]}
    stage.mend(edit_data, case_id, "Ines Duarte", mended, "A time is wanted here")
    assert (stage.open(), stage.count(Notice)) == (["look"], 2 if remind.startswith("[") else 1)


def test_those_to_whom_a_task_is_offered_are_reminded_each_in_their_language(stage: Stage) -> None:
    with stage.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == "Ben Osei").values(locale="de"))
    with clock.at(MONDAY):
        case_id = look(stage, remind="duration('P1D')", due="duration('P2D')")
        assert stage.work() == 0
        clock.advance(DAY - timedelta(seconds=1))
        assert (stage.work(), mails(stage)) == (0, [])
        clock.advance(timedelta(seconds=1))
        assert stage.work() == 1
        clock.advance(10 * DAY)
        assert stage.work() == 0
    assert mails(stage) == [("reminder", "anna.novak", "sent"), ("reminder", "ben.osei", "sent")]
    task, (english, german) = stage.task("look"), stage.rows(Notification)
    assert english.subject.endswith("Reminder: look") and german.subject.endswith("Erinnerung: look")
    assert english.case_id == case_id and english.record_id == stage.case(case_id).record_id
    for mail, due in ((english, "4 March 2026"), (german, "4. März 2026")):
        assert f"/work/tasks/{task.id}\n" in mail.body and due in mail.body
    assert said(stage, case_id) == ["task.reminded@look"]
    assert (stage.count(Notice), task.version, task.escalated_to) == (0, 1, None)


def test_whoever_has_taken_the_task_is_reminded_alone(stage: Stage) -> None:
    with clock.at(MONDAY):
        look(stage, remind="[duration('P1D'), duration('P2D')]")
        stage.on_task(commands.claim, "look", "Ben Osei")
        clock.advance(DAY)
        assert stage.work() == 1
        stage.on_task(commands.reassign, "look", "Ben Osei", stage.people["Anna Novak"])
        clock.advance(DAY)
        assert stage.work() == 1
    assert mails(stage) == [("reminder", "ben.osei", "sent"), ("reminder", "anna.novak", "sent")]


def test_where_nobody_holds_the_role_whoever_stands_above_is_reminded(stage: Stage) -> None:
    body = start() + user("look", extensions(remind="duration('PT1H')")) + end() + flows("s look e")
    stage.publish(draw("walk", body, lane="team.network"), form("look"))
    with stage.parts.database.transaction() as session:
        session.execute(update(Person).where(Person.name == "Sofia Lindqvist").values(active=False))
        session.execute(update(Person).where(Person.name == "Marek Dvorak").values(email=None))
    stage.give_role("Marek Dvorak", "management.sms_manager")
    with clock.at(MONDAY + 3000 * DAY):
        stage.start()
        clock.advance(HOUR)
        stage.work()
    # Without an address nothing can be sent; it stands there as failed, for somebody to see to it.
    assert mails(stage) == [("reminder", "", "failed")]


def test_reminders_that_were_slept_through_come_as_one(stage: Stage) -> None:
    with clock.at(MONDAY):
        case_id = look(stage, remind="[duration('P1D'), duration('P2D'), duration('P9D')]")
        stage.on_task(commands.claim, "look", "Anna Novak")
        clock.advance(5 * DAY)
        assert stage.work() == 1
        assert (len(mails(stage)), said(stage, case_id)) == (1, ["task.reminded@look"])
        clock.advance(5 * DAY)
        assert stage.work() == 1
    assert len(mails(stage)) == 2


def complete(stage: Stage, case_id: int) -> None:
    stage.complete("look")


def withdraw(stage: Stage, case_id: int) -> None:
    stage.mend(cancel, case_id, "Ines Duarte", "Reported twice")


@pytest.mark.parametrize("ending", [complete, withdraw])
def test_nothing_is_said_of_a_task_that_has_ended(stage: Stage, ending: Any) -> None:
    with clock.at(MONDAY):
        case_id = look(stage, remind="[duration('PT1H'), duration('PT2H')]", **OVERDUE)
        assert stage.count(Notice) == 3
        clock.advance(HOUR)
        stage.work()
        ending(stage, case_id)
        assert stage.count(Notice) == 0
        clock.advance(10 * DAY)
        assert stage.work() == 0
    assert said(stage, case_id) == ["task.reminded@look"]
    assert stage.case(case_id).waits.get("notices") == []


def test_a_task_that_a_timer_ends_just_then_is_not_spoken_of(stage: Stage) -> None:
    body = (
        start() + user("look", extensions(remind="duration('PT1H')")) + boundary("late", "look", timer("PT1H")) + end()
        + end("x") + flows("s look e", "late x")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look"))
    with clock.at(MONDAY):
        case_id = stage.start()
        clock.advance(HOUR)
        assert stage.work() == 1
    assert (stage.case(case_id).status, mails(stage), said(stage, case_id)) == ("completed", [], [])


def test_each_round_is_reminded_of_for_itself(stage: Stage) -> None:
    more = extensions(assignee="person", remind="duration('PT1H')") + rounds(collection="people", item="person")
    body = (
        start() + script("x", "people = ['anna.novak', 'ben.osei']") + user("look", more) + end() + flows("s x look e")
    )
    stage.publish(draw("walk", body), form("look"))
    with clock.at(MONDAY):
        stage.start()
        stage.complete(stage.tasks()[0].id, "Anna Novak")
        assert stage.count(Notice) == 1
        clock.advance(HOUR)
        stage.work()
    assert mails(stage) == [("reminder", "ben.osei", "sent")]


def test_a_stuck_case_is_still_reminded_of_and_gets_no_step(stage: Stage) -> None:
    with clock.at(MONDAY):
        case_id = look(stage, remind="duration('PT1H')")
        with stage.parts.database.transaction() as session:
            session.execute(update(Case).values(status="stuck"))
        clock.advance(HOUR)
        assert stage.work() == 1
    assert said(stage, case_id) == ["task.reminded@look"]
    assert stage.case(case_id).status == "stuck"


def test_what_cannot_be_written_waits_an_hour_and_holds_up_nobody(stage: Stage) -> None:
    with clock.at(MONDAY):
        first = look(stage, remind="duration('PT1H')")
        second = stage.start()
        stage.on_task(commands.claim, stage.tasks("open", first)[0].id, "Ben Osei")
        stage.on_task(commands.claim, stage.tasks("open", second)[0].id, "Anna Novak")
        with stage.parts.database.transaction() as session:
            session.execute(update(Person).where(Person.name == "Ben Osei").values(time_zone="Nowhere/Else"))
            session.execute(update(Task).values(due_at=MONDAY))
        clock.advance(HOUR)
        stage.work()
        assert mails(stage) == [("reminder", "anna.novak", "sent")]
        assert (said(stage, first), said(stage, second)) == ([], ["task.reminded@look"])
        with stage.parts.database.transaction() as session:
            session.execute(update(Person).values(time_zone="Europe/Berlin"))
        assert stage.work() == 0
        clock.advance(HOUR)
        assert stage.work() == 1
    assert said(stage, first) == ["task.reminded@look"]


def test_workers_at_once_give_each_notice_once(stage: Stage) -> None:
    cases = 20
    with clock.at(MONDAY):
        look(stage, remind="duration('PT1H')", **OVERDUE)
        for _ in range(cases - 1):
            stage.start()
    gate = threading.Barrier(6)

    def worker() -> None:
        gate.wait()
        while background.fire_due(stage.parts.engine):
            pass

    workers = [threading.Thread(target=worker) for _ in range(6)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    for case in stage.rows(Case):
        assert said(stage, case.id) == ["task.reminded@look", "task.escalated@look"]
    assert stage.count(Notice) == 0
    assert len(mails(stage)) == cases * 3  # two who are reminded, one to whom it is escalated


def test_completing_while_workers_look_leaves_either_one_or_none(stage: Stage) -> None:
    with clock.at(MONDAY):
        look(stage, remind="duration('PT1H')", **OVERDUE)
        for _ in range(11):
            stage.start()
    gate, failures = threading.Barrier(3), list[BaseException]()

    def finish(place: int) -> None:
        gate.wait()
        try:
            for task in tasks[place::2]:
                stage.complete(task.id)
        except BaseException as error:
            failures.append(error)

    def remind() -> None:
        gate.wait()
        while background.fire_due(stage.parts.engine):
            pass

    tasks = stage.tasks()
    threads = [threading.Thread(target=finish, args=(place,)) for place in (0, 1)] + [threading.Thread(target=remind)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    for case in stage.rows(Case):
        events = stage.events(case.id)
        done = events.index("task.completed@look")
        assert [event for event in events[done:] if event.startswith(("task.remind", "task.escal"))] == []
        assert len(said(stage, case.id)) == len(set(said(stage, case.id)))
    assert stage.count(Notice) == 0


@pytest.mark.parametrize(
    ("properties", "asked"),
    [({}, [0, 0]), ({"due": "duration('PT4H')"}, [0, 0]), ({"remind": "['P1D', 'P2D']", **OVERDUE}, [1, 1])],
)
def test_only_who_uses_notices_pays_for_them(stage: Stage, properties: dict[str, str], asked: list[int]) -> None:
    """One statement stores all notices of a task, one takes them away; without any there is none."""

    def of_notices() -> int:
        return sum(one.startswith(("INSERT INTO notice", "DELETE FROM notice", "SELECT notice")) for one in texts)

    with sent(stage.parts.database.engine) as texts:
        look(stage, **properties)
        counts = [of_notices()]
        stage.complete("look")
        counts.append(of_notices() - counts[0])
        stage.complete("after")
        assert counts == asked and of_notices() == sum(asked)


# Escalation ----------------------------------------------------------------------------------------------------------


def test_an_overdue_task_is_escalated_once_and_stays_open(stage: Stage) -> None:
    with clock.at(MONDAY):
        case_id = look(stage, **OVERDUE)
        stage.on_task(commands.claim, "look", "Anna Novak")
        version = stage.task("look").version
        clock.advance(4 * HOUR)
        assert stage.work() == 1
        clock.advance(9 * DAY)
        assert stage.work() == 0
    task = stage.task("look")
    assert (task.escalated_to, task.assignee_id) == (MANAGER, stage.people["Anna Novak"])
    assert mails(stage) == [("escalated", "ines.duarte", "sent")]
    [mail] = stage.rows(Notification)
    assert "Assigned to: Anna Novak" in mail.body and f"/work/tasks/{task.id}\n" in mail.body
    assert said(stage, case_id) == ["task.escalated@look"]
    # Whoever was just filling in the form is not sent back to the beginning.
    stage.complete("look", "Anna Novak", version, found="It")


@pytest.mark.parametrize(
    ("escalate_to", "whom"),
    [
        ("record.boss", "person:Ben Osei"),
        ("record.team", "team.network"),
        ("record.coordinator", MANAGER),  # nobody stands there
        ("case.owner", MANAGER),
        ("case.requester", "person:Chiara Ricci"),
        ("management.sms_owner", "management.sms_owner"),
    ],
)
def test_it_goes_to_whom_the_record_or_case_names_by_then(stage: Stage, escalate_to: str, whom: str) -> None:
    fields = ask("textfield", "boss"), {"type": "reference", "key": "team", "label": "Team",
                                        "properties": {"entity": "team"}}  # fmt: skip
    properties = extensions(due="duration('PT1H')", escalate_to=escalate_to)
    body = (
        start() + user("first") + f"<parallelGateway id='g'/>{user('look', properties)}" + user("name") + end()
        + end("f") + flows("s first g look e", "g name f")
    )  # fmt: skip
    stage.publish(draw("walk", body, record="incident"), form("look"), form("first"), form("name", *fields))
    with clock.at(MONDAY):
        stage.start(by="Chiara Ricci")
        stage.complete("first")
        stage.complete("name", boss=str(stage.people["Ben Osei"]), team="1" if "team" in escalate_to else None)
        clock.advance(HOUR)
        stage.work()
    kind, _, name = whom.partition(":")
    assert stage.task("look").escalated_to == (f"person:{stage.people[name]}" if kind == "person" else whom)
    assert len(mails(stage)) == (0 if escalate_to.startswith("management") else 1)


def escalated(stage: Stage, **more: str) -> Task:
    """A task that Anna Novak has claimed and that was escalated to the managers of changes: to Paul Okafor."""
    with clock.at(MONDAY):
        stage.give_role("Paul Okafor", "changes.process_manager")
        look(stage, **{**OVERDUE, "escalate_to": "changes.process_manager", **more})
        stage.on_task(commands.claim, "look", "Anna Novak")
        clock.advance(4 * HOUR)
        stage.work()
    return stage.task("look")


def test_whoever_it_is_escalated_to_may_take_it_from_whoever_has_it(stage: Stage) -> None:
    task = escalated(stage)
    with pytest.raises(Conflict, match="Somebody else has taken this task"):
        stage.complete("look", "Paul Okafor")  # not in passing, though
    with pytest.raises(Conflict, match="Somebody else has taken this task"):
        stage.on_task(commands.save_draft, "look", "Paul Okafor", {"found": "mine"})
    taken = stage.on_task(reminding.take_over, "look", "Paul Okafor")
    assert (taken.assignee_id, taken.version) == (stage.people["Paul Okafor"], task.version + 1)
    assert stage.on_task(reminding.take_over, "look", "Paul Okafor").version == taken.version
    with pytest.raises(Conflict, match="Somebody else has taken this task"):
        stage.complete("look", "Anna Novak")
    stage.complete("look", "Paul Okafor", found="It")
    assert "task.taken_over@look" in stage.events(task.case_id)
    with pytest.raises(Conflict, match="finished"):
        stage.on_task(reminding.take_over, task.id, "Paul Okafor")


def test_others_may_not_take_it_over(stage: Stage) -> None:
    task = escalated(stage)
    for person in ("Ben Osei", "Chiara Ricci", "Sofia Lindqvist", "Ines Duarte", "Marek Dvorak"):
        with pytest.raises(NotFound):
            stage.on_task(reminding.take_over, task.id, person)
    with pytest.raises(NotFound):
        stage.on_task(reminding.take_over, 999_999, "Paul Okafor")
    assert stage.task("look").version == task.version


def test_whoever_it_is_escalated_to_may_hand_it_over_claim_it_and_give_it_back(stage: Stage) -> None:
    escalated(stage)
    ben = stage.people["Ben Osei"]
    stage.on_task(commands.reassign, "look", "Paul Okafor", ben, "You are free")
    assert stage.task("look").assignee_id == ben
    with pytest.raises(Forbidden, match="does not hold the role"):
        stage.on_task(commands.reassign, "look", "Paul Okafor", stage.people["Chiara Ricci"])
    stage.on_task(commands.release, "look", "Ben Osei")
    stage.on_task(commands.claim, "look", "Paul Okafor")
    stage.on_task(commands.release, "look", "Paul Okafor")
    stage.complete("look", "Anna Novak")


def test_without_a_due_time_nothing_is_escalated(stage: Stage) -> None:
    look(stage, due="None", escalate_to=MANAGER)
    assert stage.count(Notice) == 0


def test_a_reminder_and_an_escalation_of_one_moment_both_come(stage: Stage) -> None:
    with clock.at(MONDAY):
        case_id = look(stage, remind="duration('PT4H')", **OVERDUE)
        clock.advance(4 * HOUR)
        assert stage.work() == 2
    assert said(stage, case_id) == ["task.reminded@look", "task.escalated@look"]


def test_the_next_task_is_not_escalated_with_it(stage: Stage) -> None:
    escalated(stage)
    stage.complete("look", "Anna Novak", found="It")
    with stage.parts.database.transaction() as session:
        assert session.scalars(select(Task.escalated_to).where(Task.element == "after")).one() is None
