"""The work list: for whom a task is, until when and how urgent; who may claim, give back, hand over and complete it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app import clock
from app.domain.people.records import Team
from app.domain.records.writer import Trace
from app.engine import commands
from app.engine.records import Case, Task
from app.engine.repair import cancel, edit_data
from app.errors import Conflict, Forbidden, Invalid, NotFound
from tests.engine.drawings import call, end, extensions, flows, rounds, script, start, user
from tests.stage import MANAGER, STAFF, Stage, ask, draw, form, text

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def look(stage: Stage, before: str = "known = 1", **properties: str) -> int:
    """Start a case whose task `look` has these properties; a script before it sets what they may name."""
    body = start() + script("x", before) + user("look", extensions(**properties)) + end() + flows("s x look e")
    stage.publish(draw("walk", body, record="incident"), form("look"))
    return stage.start()


# Until when, how urgent, for whom ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text_", "due"),
    [
        ("working_hours(4)", datetime(2026, 3, 2, 12, 0, tzinfo=UTC)),
        ("duration('PT90M')", MONDAY + timedelta(minutes=90)),
        ("'P2D'", MONDAY + timedelta(days=2)),
        ("datetime('2026-03-05T10:00:00+01:00')", datetime(2026, 3, 5, 9, 0, tzinfo=UTC)),
        ("case.started_at + duration('PT1H')", MONDAY + timedelta(hours=1)),
        ("duration('PT1H') if known > 1 else None", None),
        ("", None),
    ],
)
def test_a_task_is_due_when_its_property_says(stage: Stage, text_: str, due: datetime | None) -> None:
    with clock.at(MONDAY):
        look(stage, due=text_)
    assert stage.task("look").due_at == due


@pytest.mark.parametrize(
    ("text_", "priority"), [("1", 1), ("'P2'", 2), ("known + 3", 4), ("9", 6), ("2.0", 2), ("", 3), ("None", 3)]
)
def test_a_task_is_as_urgent_as_its_property_says(stage: Stage, text_: str, priority: int) -> None:
    look(stage, priority=text_)
    assert stage.task("look").priority == priority


def test_without_a_property_the_priority_of_the_record_counts(stage: Stage) -> None:
    body = start() + user("set") + user("look") + end() + flows("s set look e")
    stage.publish(draw("walk", body, record="incident"), form("set", ask("textfield", "priority")), form("look"))
    stage.start()
    stage.complete("set", priority="P1")
    assert stage.task("look").priority == 1


@pytest.mark.parametrize(
    ("text_", "role", "person"),
    [
        ("'ben.osei'", STAFF, "Ben Osei"),
        ("case.requester", STAFF, "Anna Novak"),
        ("'network'", "team.network", None),
        ("'team.network'", "team.network", None),
        ("''", STAFF, None),
        ("None", STAFF, None),
    ],
)
def test_a_task_may_be_given_to_a_person_or_a_team(stage: Stage, text_: str, role: str, person: str | None) -> None:
    look(stage, assignee=text_)
    task = stage.task("look")
    assert (task.role, task.assignee_id) == (role, stage.people[person] if person else None)
    assert (task.claimed_at is not None) == (person is not None)


@pytest.mark.parametrize(
    ("name", "text_", "told"),
    [
        ("due", "'tomorrow'", "The property 'due' of 'look' gives no point in time: 'tomorrow'."),
        ("due", "[1]", "gives no point in time"),
        ("due", "known / 0", "The property 'due' of 'look' cannot be evaluated"),
        ("priority", "'high'", "The property 'priority' of 'look' gives no priority like P2 or 2: 'high'."),
        ("priority", "True", "gives no priority"),
        ("priority", "missing", "The property 'priority' of 'look' cannot be evaluated"),
        ("assignee", "'nobody.here'", "The property 'assignee' of 'look' names no person or team: 'nobody.here'."),
        ("assignee", "'99999999'", "names no person or team"),
        ("assignee", "9 * 10 ** 17", "names no person or team"),
        ("assignee", "'9999999999999999999999'", "names no person or team"),
        ("assignee", "[known]", "names no person or team"),
    ],
)
def test_a_property_that_has_no_value_makes_the_case_stuck_and_can_be_mended(
    stage: Stage, name: str, text_: str, told: str
) -> None:
    case_id = look(stage, **{name: text_})
    case = stage.case(case_id)
    assert (case.status, case.stuck_element) == ("stuck", "look")
    assert case.stuck_message is not None and told in case.stuck_message
    assert stage.open() == []
    assert "case.stuck@look" in stage.events(case_id)


def test_a_property_that_could_not_be_evaluated_is_tried_again_with_other_data(stage: Stage) -> None:
    case_id = look(stage, before="days = 'many'", due="duration('P' + days + 'D')")
    assert stage.case(case_id).status == "stuck"
    with clock.at(MONDAY):
        stage.mend(edit_data, case_id, "Ines Duarte", {"days": "3"}, "A number is wanted here")
    assert stage.case(case_id).status == "running"
    assert stage.task("look").due_at == MONDAY + timedelta(days=3)


# Lanes and roles -----------------------------------------------------------------------------------------------------


def test_lanes_say_who_is_asked(stage: Stage) -> None:
    body = (
        start() + user("look") + user("check") + user("ask") + user("fix") + user("lead") + end()
        + flows("s look check ask fix lead e")
    )  # fmt: skip
    lanes = {MANAGER: "check", "case.requester": "ask", "record.team": "fix", "record.coordinator": "lead"}
    stage.publish(
        draw("walk", body, record="incident", lanes=lanes),
        form("look", {"type": "reference", "key": "team", "label": "Team", "properties": {"entity": "team"}}),
        *[form(name) for name in ("check", "ask", "fix", "lead")],
    )
    [team] = stage.rows(Team)
    stage.start(by="Chiara Ricci")
    assert stage.task("look").role == STAFF
    stage.complete("look", "Anna Novak", team=str(team.id))
    assert stage.task("check").role == MANAGER
    stage.complete("check", "Ines Duarte")
    assert (stage.task("ask").role, stage.task("ask").assignee_id) == ("case.requester", stage.people["Chiara Ricci"])
    stage.complete("ask", "Chiara Ricci")
    assert (stage.task("fix").role, stage.task("fix").assignee_id) == ("team.network", None)
    stage.complete("fix", "Sofia Lindqvist")
    # Nobody stands in the field, so it is the manager's turn.
    assert (stage.task("lead").role, stage.task("lead").assignee_id) == (MANAGER, None)


@pytest.mark.parametrize("value", ["77", "99999999999999999999", "Ben Osei", ""])
def test_a_field_that_names_nobody_leaves_the_task_to_the_manager(stage: Stage, value: str) -> None:
    body = start() + user("look") + user("help") + end() + flows("s look help e")
    stage.publish(
        draw("walk", body, record="incident", lanes={"record.helper": "help"}),
        form("look", ask("textfield", "helper")), form("help"),
    )  # fmt: skip
    stage.start()
    stage.complete("look", helper=value)
    assert (stage.task("help").role, stage.task("help").assignee_id) == (MANAGER, None)


def test_a_call_may_replace_the_role_of_the_called_diagram(stage: Stage) -> None:
    called = draw("part", start() + user("look") + end() + flows("s look e"), inputs="")
    caller = draw("walk", start() + call("c", "part", role_override=MANAGER) + user("look") + end()
                  + flows("s c look e"))  # fmt: skip
    stage.publish(called, caller, form("look"))
    stage.start()
    assert stage.task("look").role == MANAGER
    assert stage.task("look").diagram == "part"
    with pytest.raises(NotFound):
        stage.complete("look", "Anna Novak")
    stage.complete("look", "Ines Duarte")
    assert stage.task("look").role == STAFF


def test_a_new_role_takes_effect_on_open_tasks(stage: Stage) -> None:
    look(stage)
    with pytest.raises(NotFound):
        stage.complete("look", "Chiara Ricci")
    stage.give_role("Chiara Ricci", STAFF)
    stage.complete("look", "Chiara Ricci")


def test_rounds_make_one_task_each(stage: Stage) -> None:
    people = rounds(collection="people", item="person")
    body = (
        start() + script("x", "people = ['anna.novak', 'ben.osei']")
        + user("look", extensions(assignee="person") + people) + end() + flows("s x look e")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look"))
    case_id = stage.start()
    assert [task.assignee_id for task in stage.tasks()] == [stage.people["Anna Novak"], stage.people["Ben Osei"]]
    stage.complete(stage.tasks()[0].id, "Anna Novak")
    assert stage.case(case_id).status == "running"
    stage.complete(stage.tasks()[0].id, "Ben Osei")
    assert stage.case(case_id).status == "completed"


# Claim, release, reassign, draft, complete ---------------------------------------------------------------------------


@pytest.fixture
def task(stage: Stage) -> Task:
    """A task for the staff that nobody has taken."""
    body = start() + user("look") + end() + flows("s look e")
    stage.publish(draw("walk", body), form("look", text("title")))
    stage.start(by="Chiara Ricci")
    return stage.task("look")


def test_claim_and_release(stage: Stage, task: Task) -> None:
    anna, ben = stage.people["Anna Novak"], stage.people["Ben Osei"]
    assert stage.on_task(commands.claim, "look", "Anna Novak").assignee_id == anna
    version = stage.task("look").version
    assert stage.on_task(commands.claim, "look", "Anna Novak").version == version  # taking it twice is no error
    for command in (commands.claim, commands.release):
        with pytest.raises(Conflict, match="Somebody else has taken this task"):
            stage.on_task(command, "look", "Ben Osei")
    with pytest.raises(Conflict, match="Somebody else has taken this task"):
        stage.complete("look", "Ben Osei")
    assert stage.on_task(commands.release, "look", "Anna Novak").assignee_id is None
    assert stage.on_task(commands.release, "look", "Anna Novak").assignee_id is None
    assert stage.on_task(commands.claim, "look", "Ben Osei").assignee_id == ben
    stage.complete("look", "Ben Osei")
    assert stage.events(task.case_id)[-5:] == [
        "task.released@look", "task.claimed@look", "task.completed@look", "element.completed@e", "case.completed@e"
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["claim", "release", "save_draft", "reassign", "complete"])
def test_a_task_of_others_does_not_exist_for_you(stage: Stage, task: Task, name: str) -> None:
    rest: dict[str, tuple[Any, ...]] = {
        "save_draft": ({"title": "x"},), "reassign": (1, frozenset([STAFF])), "complete": ({},)
    }  # fmt: skip
    for person, error in (("Chiara Ricci", NotFound), ("Sofia Lindqvist", NotFound), ("Paul Okafor", NotFound)):
        with pytest.raises(error):
            stage.on_task(getattr(commands, name), task.id, person, *rest.get(name, ()))
        with pytest.raises(NotFound):
            stage.on_task(getattr(commands, name), 999_999, person, *rest.get(name, ()))
    if name != "reassign":
        with pytest.raises(Forbidden, match="offered to another role"):
            stage.on_task(getattr(commands, name), task.id, "Ines Duarte", *rest.get(name, ()))
    after = stage.task("look")
    assert (after.version, after.assignee_id, after.status) == (task.version, None, "open")


def test_a_task_is_handed_over(stage: Stage, task: Task) -> None:
    ben = stage.people["Ben Osei"]
    stage.on_task(commands.claim, "look", "Anna Novak")
    with pytest.raises(Conflict, match="Somebody else has taken"):
        stage.on_task(commands.reassign, "look", "Ben Osei", ben)  # not by whoever would like to have it
    stage.on_task(commands.reassign, "look", "Anna Novak", ben, "I am away tomorrow")
    assert stage.task("look").assignee_id == ben
    with pytest.raises(Conflict):
        stage.complete("look", "Anna Novak")
    assert stage.payload(task.case_id, "task.reassigned") == {"reason": "I am away tomorrow"}
    # Whoever manages the process may do it any time.
    stage.on_task(commands.reassign, "look", "Ines Duarte", stage.people["Anna Novak"])
    with pytest.raises(Forbidden, match="does not hold the role"):
        stage.on_task(commands.reassign, "look", "Ines Duarte", stage.people["Chiara Ricci"])
    stage.complete("look", "Anna Novak")
    for by in ("Anna Novak", "Ines Duarte"):
        with pytest.raises((Conflict, Forbidden)):
            stage.on_task(commands.reassign, task.id, by, ben)


def test_a_draft_is_kept_and_claims_the_task(stage: Stage, task: Task) -> None:
    saved = stage.on_task(commands.save_draft, "look", "Anna Novak", {"title": "half a sen"})
    assert (saved.draft, saved.assignee_id) == ({"title": "half a sen"}, stage.people["Anna Novak"])
    stage.on_task(commands.save_draft, "look", "Anna Novak", {"title": "half a sentence"})
    with pytest.raises(Conflict):
        stage.on_task(commands.save_draft, "look", "Ben Osei", {"title": "mine"})
    stage.on_task(commands.release, "look", "Anna Novak")
    stage.complete("look", "Ben Osei", title="whole")
    with stage.parts.database.transaction() as session:
        assert session.get_one(Task, task.id).draft is None
    with pytest.raises(Conflict, match="completed before"):
        stage.on_task(commands.save_draft, task.id, "Anna Novak", {"title": "late"})


def test_a_task_is_completed_once(stage: Stage, task: Task) -> None:
    stage.complete("look", "Anna Novak", title="first")
    for person in ("Anna Novak", "Ben Osei"):
        with pytest.raises(Conflict, match="completed before you sent"):
            stage.complete(task.id, person, title="second")
        for command in (commands.claim, commands.release):
            with pytest.raises(Conflict, match="completed before you sent"):
                stage.on_task(command, task.id, person)
    assert stage.payload(task.case_id, "task.completed")["values"] == {"title": "first"}


def test_a_stale_page_is_told_so(stage: Stage, task: Task) -> None:
    seen = task.version
    stage.on_task(commands.claim, "look", "Anna Novak")
    with pytest.raises(Conflict, match="changed after you opened it"):
        stage.complete("look", "Anna Novak", seen, title="x")
    stage.complete("look", "Anna Novak", stage.task("look").version, title="x")


def test_a_task_of_a_cancelled_case_is_withdrawn(stage: Stage, task: Task) -> None:
    stage.mend(cancel, task.case_id, "Ines Duarte", "Reported twice")
    assert stage.task("look", "cancelled").id == task.id
    with pytest.raises(Conflict, match="withdrawn"):
        stage.complete(task.id, "Anna Novak", title="x")
    for command in (commands.claim, commands.release):
        with pytest.raises(Conflict, match="withdrawn"):
            stage.on_task(command, task.id, "Anna Novak")
    with pytest.raises(NotFound):
        stage.on_task(commands.release, task.id, "Sofia Lindqvist")


@pytest.mark.parametrize("role", ["case.requester", "case.owner", "record.coordinator", "service.owner"])
def test_a_task_meant_for_one_person_cannot_be_given_back(stage: Stage, role: str) -> None:
    body = start() + user("first") + user("look") + end() + flows("s first look e")
    stage.publish(draw("walk", body, lanes={role: "look"}, record="incident"), form("look"), form("first"))
    case_id = stage.start()
    chiara = str(stage.people["Chiara Ricci"])
    with stage.parts.database.transaction() as session:
        records, trace = stage.parts.records, Trace()
        service, _ = records.create(
            session, "service", title="Storage", requester_id=None, owner_id=stage.people["Chiara Ricci"], values={},
            actor_id=None, case_id=None, element="",
        )  # fmt: skip
        record_id = stage.case(case_id).record_id
        assert record_id is not None
        values = {"requester": chiara, "owner": chiara, "coordinator": chiara, "service": service}
        records.change(session, records.locked(session, "incident", record_id), values, trace)
        case = session.get_one(Case, case_id)
        case.owner_id = case.requester_id = stage.people["Chiara Ricci"]
    stage.complete("first")
    task = stage.task("look")
    assert (task.role, task.assignee_id) == (role, stage.people["Chiara Ricci"])
    with pytest.raises(Conflict, match="meant for you alone"):
        stage.on_task(commands.release, "look", "Chiara Ricci")
    with pytest.raises(NotFound):
        stage.complete("look", "Sofia Lindqvist")
    anna = stage.who("Anna Novak")
    stage.on_task(commands.reassign, "look", "Chiara Ricci", anna.person_id)
    with pytest.raises(Conflict, match="meant for you alone"):
        stage.on_task(commands.release, "look", "Anna Novak")
    with pytest.raises(NotFound):
        stage.complete("look", "Chiara Ricci")
    stage.complete("look", "Anna Novak")


def test_the_answer_names_the_task_to_go_on_with(stage: Stage) -> None:
    body = start() + user("look") + user("next") + user("check") + end() + flows("s look next check e")
    stage.publish(draw("walk", body, lanes={MANAGER: "check"}), form("look"), form("next"), form("check"))
    stage.start()
    outcome = stage.complete("look")
    assert outcome.next_task_id == stage.task("next").id
    outcome = stage.complete("next")
    assert (outcome.next_task_id, outcome.fresh_task_ids) == (None, [stage.task("check").id])


def test_a_task_without_a_form_is_asked_nothing(stage: Stage) -> None:
    body = start() + '<manualTask id="look"/>' + end() + flows("s look e")
    stage.publish(draw("walk", body, record="incident"))
    case_id = stage.start(values={"title": "Storage is gone"})
    with pytest.raises(Invalid) as refused:
        stage.complete("look", title="Renamed by the way")
    assert list(refused.value.fields) == ["title"]
    assert stage.record(case_id)["title"] == "Storage is gone"
    stage.complete("look")
    assert stage.rows(Case)[0].status == "completed"
