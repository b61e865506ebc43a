"""What goes wrong stays where it happened, with words; retry, skip, edit, cancel."""

import pytest

from app.engine import advance as engine
from app.engine.serializer import dump, restore
from app.errors import BusinessError, Conflict
from tests.engine.drawings import (
    boundary,
    diagram,
    end,
    flows,
    gateway,
    named,
    ref,
    script,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.engine.stories import Ports, Story, program_of, tell


def broken(**parameters: object) -> None:
    raise RuntimeError("disk full")


def test_a_fault_keeps_all_else_and_can_be_tried_again() -> None:
    file = diagram(
        start() + user("u") + gateway("parallel", "g") + service("act", "do.it", "done") + user("beside")
        + gateway("parallel", "j") + end() + flows("s u g act j e", "g beside j")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("u", kept=1)
        stuck = story.result.stuck
        assert story.status == "stuck" and stuck is not None
        assert (stuck.element_id, stuck.message) == ("act", "RuntimeError: disk full")
        assert "in broken" in stuck.traceback
        assert story.open == ["beside"]  # the other path goes on
        story.do("beside")
        assert story.status == "stuck"
        story.ports.operations["do.it"] = lambda: "yes"
        story.retry()
        assert story.status == "completed" and story.data == {"kept": 1, "done": "yes"}

    tell(tale, file, ports=lambda: Ports(operations={"do.it": broken}))


def test_the_error_itself_is_known_in_the_step_in_which_it_happened() -> None:
    def no() -> None:
        raise BusinessError("case.closed", "It is closed.")

    program = program_of(diagram(start() + service("act", "do.it") + end() + flows("s act e")))
    workflow = engine.new_workflow(program, {})
    result = engine.advance(workflow, Ports(operations={"do.it": no}))
    assert result.stuck is not None and isinstance(result.stuck.error, BusinessError)
    later = engine.advance(restore(program, dump(workflow)), Ports())
    assert later.status == "stuck" and later.stuck is not None
    assert (later.stuck.message, later.stuck.error) == ("It is closed.", None)


def test_skipping_goes_on_without_a_result() -> None:
    file = diagram(
        start() + service("act", "do.it", "done") + script("x", "after = done is None") + end() + flows("s act x e")
    ).replace(b"done is None", b"done == None")

    def tale(story: Story) -> None:
        story.skip()
        assert story.status == "completed" and story.data == {"done": None, "after": True}

    tell(tale, file, ports=lambda: Ports(operations={"do.it": broken}))


def test_a_decision_cannot_be_skipped() -> None:
    file = diagram(
        start() + gateway("exclusive", "g") + end("a") + end("b") + flows("s g", "g>a: n == 1", "g>b: n == 2")
    )

    def tale(story: Story) -> None:
        with pytest.raises(engine.ElementError, match="edit the data"):
            story.skip()
        assert story.stuck_id
        story.edit(n=1).retry()
        assert story.result.end_events == ["a"]

    tell(tale, file, data={"n": 0})


def test_a_missing_name_and_values_that_do_not_go_together_are_told() -> None:
    file = diagram(start() + script("x", "a = 1\nb = a + nothing") + end() + flows("s x e"))

    def tale(story: Story) -> None:
        stuck = story.result.stuck
        assert stuck is not None and stuck.element_id == "x" and "nothing" in stuck.message
        story.edit(nothing="text").retry()
        assert story.status == "stuck"
        assert engine.data_of(story.workflow, story.stuck_id) == {"a": 1, "nothing": "text"}
        story.edit(nothing=2).retry()
        assert story.data == {"a": 1, "b": 3, "nothing": 2}

    tell(tale, file)


def test_an_answer_that_cannot_be_kept_is_told() -> None:
    file = diagram(start() + service("act", "do.it", "done") + end() + flows("s act e"))
    stuck = tell(lambda story: None, file, ports=lambda: Ports(operations={"do.it": lambda: {1, 2}})).result.stuck
    assert stuck is not None and "The value of 'done' is a set" in stuck.message


def test_editing_the_data_of_a_boundary_timer_edits_what_its_activity_knows() -> None:
    file = diagram(
        start() + user("u") + boundary("late", "u", timer("patience")) + end() + end("x") + flows("s u e", "late x")
    )

    def tale(story: Story) -> None:
        assert story.status == "stuck" and story.open == ["u"]
        story.edit(patience="PT1H").retry()
        assert list(story.timers) == ["late"] and story.status == "waiting"
        story.do("u")
        assert story.data == {"patience": "PT1H"}

    tell(tale, file)


def test_a_stuck_sub_process_is_left_by_its_timer_or_skipped_inside() -> None:
    inside = start("ps") + service("act", "do.it") + user("pu") + end("pe") + flows("ps act pu pe")
    file = diagram(
        start() + sub("p", inside) + boundary("late", "p", timer("PT1H")) + end() + end("x") + flows("s p e", "late x")
    )

    def skipped(story: Story) -> None:
        story.skip()
        assert story.open == ["pu"] and story.status == "waiting"

    def late(story: Story) -> None:
        story.fire("late")
        assert story.status == "completed" and story.result.end_events == ["x"]

    for tale in (skipped, late):
        tell(tale, file, ports=lambda: Ports(operations={"do.it": broken}))


def test_cancelling_leaves_nothing_open() -> None:
    inside = start("ps") + user("pu") + end("pe") + flows("ps pu pe")
    file = diagram(
        start() + gateway("parallel", "g") + sub("p", inside) + boundary("late", "p", timer("PT1H"))
        + service("mail", "mail.send") + user("u") + end() + end("x")
        + flows("s g p e", "late x", "g mail", "g u")
    )  # fmt: skip

    def tale(story: Story) -> None:
        engine.cancel(story.workflow)
        story.go()
        assert story.open == [] and story.timers == {} and engine.pending_operations(story.workflow) == []
        assert list(story.workflow.subprocesses) == []

    tell(tale, file, ports=lambda: Ports(operations={"mail.send": lambda: engine.Waiting()}))


def test_what_is_gone_cannot_be_moved() -> None:
    file = diagram(start() + user("u") + user("v") + end() + flows("s u v e"))
    program = program_of(file)
    workflow = engine.new_workflow(program, {})
    engine.advance(workflow, Ports())
    (work,) = engine.open_tasks(workflow)
    engine.complete(workflow, work.engine_id, {})
    with pytest.raises(Conflict):
        engine.complete(workflow, work.engine_id, {})  # before the step goes on
    engine.advance(workflow, Ports())
    for act in (
        lambda: engine.complete(workflow, work.engine_id, {}),
        lambda: engine.fire_timer(workflow, work.engine_id),
        lambda: engine.receive(workflow, work.engine_id, {}),
        lambda: engine.answer(workflow, work.engine_id, 1),
        lambda: engine.retry(workflow, work.engine_id),
        lambda: engine.skip(workflow, work.engine_id),
    ):
        with pytest.raises(Conflict):
            act()


def test_a_work_list_that_cannot_take_a_task_makes_the_case_stuck_at_it() -> None:
    file = diagram(start() + user("u") + end() + flows("s u e"))

    def tale(story: Story) -> None:
        (work,) = engine.open_tasks(story.workflow)
        engine.fail(story.workflow, work.engine_id, engine.ElementError("no due date"))
        story.go()
        assert story.status == "stuck" and story.open == []
        story.retry()
        assert story.open == ["u"]
        story.do("u")
        assert story.status == "completed"

    tell(tale, file)


DECIDED = diagram(
    start()
    + '<businessRuleTask id="rule"><extensionElements><sw:calledDecisionId>priority</sw:calledDecisionId>'
    + "</extensionElements></businessRuleTask>" + end() + flows("s rule e")
)  # fmt: skip


def test_a_decision_table_gives_variables() -> None:
    def decide(scope: object) -> dict[str, str]:
        assert scope["impact"] == "site" and scope["record"] == {"urgency": "now"}  # type: ignore[index]
        assert "unknown" not in scope  # type: ignore[operator]
        return {"priority": "P1"}

    story = tell(lambda story: None, DECIDED, data={"impact": "site"},
                 ports=lambda: Ports(decisions={"priority": decide}, record={"urgency": "now"}))  # fmt: skip
    assert story.data == {"impact": "site", "priority": "P1"}
    listed = tell(lambda story: None, DECIDED, ports=lambda: Ports(decisions={"priority": lambda scope: [1, 2]}))
    assert listed.data == {"priority": [1, 2]}


def test_a_business_error_of_a_decision_is_caught_too() -> None:
    def no(scope: object) -> None:
        raise BusinessError("none", "no row")

    file = DECIDED.replace(
        b'<endEvent id="e">',
        (boundary("b", "rule", ref("error", "none")) + end("x") + flows("b x") + '<endEvent id="e">').encode(),
    ).replace(b"<process", named("error", "none").encode() + b"<process")
    story = tell(lambda story: None, file, ports=lambda: Ports(decisions={"priority": no}))
    assert story.result.end_events == ["x"]


def test_a_script_before_a_user_task_runs_when_the_task_opens_and_one_behind_it_when_it_is_done() -> None:
    scripts = (
        "<extensionElements><sw:preScript>hint = 'about ' + topic</sw:preScript>"
        "<sw:postScript>answer = hint + ': ' + said</sw:postScript></extensionElements>"
    )
    file = diagram(start() + user("u", scripts) + end() + flows("s u e"))

    def tale(story: Story) -> None:
        assert story.status == "stuck" and story.open == []
        story.edit(topic="disks").retry()
        (work,) = engine.open_tasks(story.workflow)
        assert work.data["hint"] == "about disks"
        story.do("u", said="fine")
        assert story.data["answer"] == "about disks: fine"

    tell(tale, file)


def test_the_answer_of_an_operation_that_was_interrupted_is_not_awaited() -> None:
    file = diagram(
        start() + service("mail", "mail.send") + boundary("late", "mail", timer("PT1H")) + end() + end("x")
        + flows("s mail e", "late x")
    )  # fmt: skip

    def tale(story: Story) -> None:
        asked = story.pending("mail")
        assert engine.is_pending(story.workflow, asked)
        story.fire("late")
        assert story.result.end_events == ["x"]
        assert not engine.is_pending(story.workflow, asked)

    tell(tale, file, ports=lambda: Ports(operations={"mail.send": lambda: engine.Waiting()}))


def test_an_answer_from_later_that_cannot_be_kept_makes_the_case_stuck() -> None:
    file = diagram(start() + service("mail", "mail.send", "got") + end() + flows("s mail e"))

    def tale(story: Story) -> None:
        story.answer("mail", {"raw": b"bytes"})
        assert story.status == "stuck" and story.result.stuck is not None
        assert "'got' is a bytes" in story.result.stuck.message
        story.skip()
        assert story.data == {"got": None}

    tell(tale, file, ports=lambda: Ports(operations={"mail.send": lambda: engine.Waiting()}))


def test_two_paths_may_be_stuck_at_once_and_are_mended_one_after_the_other() -> None:
    file = diagram(
        start() + gateway("parallel", "g") + service("a", "do.it") + service("b", "do.it") + end()
        + flows("s g a e", "g b e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert story.result.stuck is not None and story.result.stuck.element_id == "a"
        story.skip()
        assert story.status == "stuck" and story.result.stuck.element_id == "b"
        story.skip()
        assert story.status == "completed"

    tell(tale, file, ports=lambda: Ports(operations={"do.it": broken}))


def test_data_that_is_handed_out_cannot_be_changed() -> None:
    program = program_of(diagram(start() + user("u") + end() + flows("s u e")))
    workflow = engine.new_workflow(program, {"n": 1})
    engine.advance(workflow, Ports())
    (work,) = engine.open_tasks(workflow)
    with pytest.raises(TypeError):
        work.data["n"] = 2  # type: ignore[index]
    copy = engine.data_of(workflow, work.engine_id)
    copy["n"] = 2
    assert work.data["n"] == 1
