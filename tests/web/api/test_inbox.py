"""The inbox over the API: what one waits for, workload and moves, canned answers, several tasks at once."""

from typing import Any

import pytest

from app.engine.records import Task
from tests.at_once import at_once
from tests.engine.drawings import end, flows, start, user
from tests.stage import Stage, ask, draw, form, text
from tests.web.api.conftest import number, problem

ANNA, BEN, INES, CHIARA, SOFIA = "Anna Novak", "Ben Osei", "Ines Duarte", "Chiara Ricci", "Sofia Lindqvist"
BULK, MOVES, ANSWERS = "/api/v1/tasks/bulk", "/api/v1/workload/moves", "/api/v1/answers"
HELLO = {"name": "Hello", "area": "incidents", "texts": {"en": "Hello {{me.name}}", "de": "Hallo"}}


@pytest.fixture
def tasks(stage: Stage) -> list[int]:
    """Three tasks that ask for one required answer, offered to the staff."""
    walk = start() + user("look") + end() + flows("s look e")
    stage.publish(draw("small", walk), form("look", text("title", required=True), ask("textarea", "note")))
    return [stage.tasks("open", stage.start("small", by=CHIARA))[0].id for _ in range(3)]


def asked(stage: Stage, action: str, ids: list[int], *, versions: dict[int, int] | None = None, **more: Any) -> Any:
    """The body of a call about several tasks."""
    seen = versions or {task.id: task.version for task in stage.rows(Task)}
    return {"action": action, "tasks": [{"id": str(one), "version": seen.get(one, 1)} for one in ids], **more}


def state(stage: Stage, ids: list[int]) -> list[tuple[str, int | None]]:
    """Status and assignee of these tasks."""
    known = {task.id: (task.status, task.assignee_id) for task in stage.rows(Task)}
    return [known[one] for one in ids]


def test_one_reads_what_ones_own_cases_wait_for(desk: Stage, case_id: int) -> None:
    chiara = desk.api(CHIARA)
    [found] = chiara.get("/api/v1/waiting").json()["items"]
    assert (found["case"], found["requested"], found["more"]) == (number(desk, case_id), True, 0)
    [wait] = found["waits"]
    assert (wait["kind"], wait["role"], wait["assignee"]) == ("task", "incidents.process_staff", None)
    desk.api(ANNA).post(f"/api/v1/tasks/{desk.task('look').id}/claim")
    second = desk.start(by=CHIARA, values={"title": "Once more"})
    page = chiara.get("/api/v1/waiting?limit=1").json()
    assert [one["case"] for one in page["items"]] == [number(desk, second)]
    [found] = chiara.get(f"/api/v1/waiting?limit=1&after={page['next']}").json()["items"]
    assert (found["waits"][0]["assignee"], found["waits"][0]["assignee_name"]) == (str(desk.people[ANNA]), ANNA)
    assert desk.api(BEN).get("/api/v1/waiting").json()["items"] == []


def test_the_workload_and_a_task_moved(stage: Stage, tasks: list[int]) -> None:
    ines, ben = stage.api(INES), str(stage.people[BEN])

    def loads() -> dict[str, int]:
        told = ines.get("/api/v1/workload?role=incidents.process_staff").json()
        return {one["name"]: one["open"] for one in told["shares"]}

    assert loads() == {"": 3, ANNA: 0, BEN: 0}
    seen = stage.rows(Task)[0].version
    move = {"task": str(tasks[0]), "to": ben, "version": seen}
    for _twice in range(2):
        assert ines.post(MOVES, json=move).json()["assignee"] == ben
    assert loads() == {"": 2, ANNA: 0, BEN: 1}
    problem(ines.post(MOVES, json=move | {"to": str(stage.people[ANNA])}), 409)
    wrong = move | {"task": str(tasks[1]), "version": seen}
    for to in (str(stage.people[CHIARA]), "x", ""):
        assert list(problem(ines.post(MOVES, json=wrong | {"to": to}), 422)["fields"]) == ["to"]
    problem(ines.get("/api/v1/workload?role=changes.process_staff"), 403)
    problem(stage.api(ANNA).post(MOVES, json=move), 403)
    assert loads() == {"": 2, ANNA: 0, BEN: 1}


def test_answers_are_written_changed_and_removed_by_who_looks_after_them(desk: Stage) -> None:
    ines = desk.api(INES)
    made = ines.post(ANSWERS, json=HELLO).json()
    place = f"{ANSWERS}/{made['id']}"
    changed = ines.put(place, json=HELLO | {"name": "Good day", "version": made["version"]}).json()
    assert ines.get(ANSWERS).json()["items"] == [changed]
    assert (changed["name"], changed["texts"]) == ("Good day", HELLO["texts"])
    problem(ines.put(place, json=HELLO | {"version": made["version"]}), 409)
    for wrong, field in (
        ({"texts": {"en": "{{me.secret}}"}}, "texts"), ({"texts": {"xx": "Hello"}}, "texts"), ({"texts": {}}, "texts"),
        ({"area": "changes"}, "owner"), ({"area": None, "team": "1"}, "owner"), ({"name": " "}, "name"),
    ):  # fmt: skip
        assert list(problem(ines.post(ANSWERS, json=HELLO | wrong), 422)["fields"]) == [field]
    desk.give_role(SOFIA, "changes.process_manager")
    sofia = desk.api(SOFIA)
    assert sofia.get(ANSWERS).json()["items"] == []
    problem(sofia.put(place, json=HELLO | {"area": "changes", "version": changed["version"]}), 404)
    problem(sofia.delete(place), 404)
    assert ines.delete(place).json() == {"id": made["id"]}
    problem(ines.delete(place), 404)


def test_several_tasks_each_by_itself(stage: Stage, tasks: list[int]) -> None:
    anna, me, ben = stage.api(ANNA), stage.people[ANNA], stage.people[BEN]
    stage.api(BEN).post(f"/api/v1/tasks/{tasks[1]}/claim")
    for _twice in range(2):
        items = anna.post(BULK, json=asked(stage, "claim", [*tasks, 999_999])).json()["items"]
        assert [(one["id"], one["done"]) for one in items] == [
            (str(tasks[0]), True), (str(tasks[1]), False), (str(tasks[2]), True), ("999999", False)
        ]  # fmt: skip
        assert items[1]["problem"] == "Somebody else has taken this task."
        assert items[3]["problem"] == "There is no such task."
    assert state(stage, tasks) == [("open", me), ("open", ben), ("open", me)]
    mine = [tasks[0], tasks[2]]
    body = asked(stage, "reassign", mine, to=str(ben), reason="Holidays")
    for _twice in range(2):
        assert [one["done"] for one in anna.post(BULK, json=body).json()["items"]] == [True, True]
    stale = asked(stage, "reassign", mine, versions=dict.fromkeys(mine, 1), to=str(me))
    assert [one["done"] for one in stage.api(BEN).post(BULK, json=stale).json()["items"]] == [False, False]
    assert state(stage, tasks) == [("open", ben)] * 3
    assert "Somebody" in items[1]["problem"]
    problem(anna.post(BULK, json=asked(stage, "reassign", mine, to=str(stage.people[CHIARA]))), 422)


def test_one_answer_completes_them_and_nothing_beyond_it_is_taken(stage: Stage, tasks: list[int]) -> None:
    anna = stage.api(ANNA)
    problem(anna.post(BULK, json=asked(stage, "complete", tasks, values={"title": "x", "note": "y"})), 422)
    lacking = anna.post(BULK, json=asked(stage, "complete", tasks)).json()["items"]
    assert [one["done"] for one in lacking] == [False] * 3 and all(one["problem"] for one in lacking)
    assert state(stage, tasks) == [("open", None)] * 3
    body = asked(stage, "complete", tasks, values={"title": "All the same"})
    assert [one["done"] for one in anna.post(BULK, json=body).json()["items"]] == [True] * 3
    assert state(stage, tasks) == [("done", stage.people[ANNA])] * 3
    for hostile in ({"tasks": []}, {"action": "drop"}, {"tasks": [{"id": "1", "version": 1}] * 101}, {"until": "soon"}):
        problem(anna.post(BULK, json=body | hostile), 422)
    problem(stage.visitor().post(BULK, json=body), 401)
    outside = stage.api(SOFIA).post(BULK, json=body).json()["items"]
    assert {one["problem"] for one in outside} == {"There is no such task."}


def test_a_call_that_is_sent_again_with_its_key_gets_the_answer_of_the_first(stage: Stage, tasks: list[int]) -> None:
    ines, ben, key = stage.api(INES), str(stage.people[BEN]), {"Idempotency-Key": "click-1"}
    seen = stage.rows(Task)[0].version
    move = {"task": str(tasks[0]), "to": ben, "version": seen}
    first = ines.post(MOVES, json=move, headers=key)
    stage.api(BEN).post(f"/api/v1/tasks/{tasks[0]}/release")
    again = ines.post(MOVES, json=move, headers=key)
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert state(stage, tasks[:1]) == [("open", None)], "it was moved once"
    problem(ines.post(MOVES, json=move | {"version": seen + 1}, headers=key), 409)

    anna = stage.api(ANNA)
    lacking = asked(stage, "complete", tasks, values={"beyond": "x"})
    problem(anna.post(BULK, json=lacking, headers=key), 422)
    body = asked(stage, "complete", tasks, values={"title": "All the same"})
    answers = at_once(*[lambda: anna.post(BULK, json=body, headers=key) for _ in range(3)])
    assert [one.status_code for one in answers] == [200] * 3, "what was refused has not used the key"
    assert [one["done"] for one in answers[0].json()["items"]] == [True] * 3
    assert answers[0].json() == answers[1].json() == answers[2].json()
    assert state(stage, tasks) == [("done", stage.people[ANNA])] * 3
    problem(anna.post(BULK, json=body | {"action": "claim"}, headers=key), 409)
    problem(stage.api(BEN).post(BULK, json=body, headers=key), 422)  # his key is another one
    assert list(problem(anna.post(BULK, json=body, headers={"Idempotency-Key": "k" * 201}), 422)["fields"]) == [
        "Idempotency-Key"
    ]
