"""Multi-instance activities and loops."""

import pytest

from app.engine import advance as engine
from tests.engine.drawings import (
    boundary,
    call,
    diagram,
    end,
    flows,
    named,
    ref,
    rounds,
    script,
    service,
    start,
    sub,
    timer,
    user,
)
from tests.engine.stories import Ports, Story, refuse, tell


def walk(activity: str) -> bytes:
    return diagram(start() + activity + script("x", "after = 1") + end() + flows("s m x e"))


VOTES = rounds(collection="people", item="person", result="votes", result_item="vote")


def test_parallel_user_tasks_give_their_results_in_the_order_of_the_list() -> None:
    def tale(story: Story) -> None:
        works = engine.open_tasks(story.workflow)
        assert [(work.data["person"], work.instance) for work in works] == [("Anna", 0), ("Ben", 1), ("Chiara", 2)]
        story.do("m", 2, vote="c").do("m", 0, vote="a").do("m", 0, vote="b")

    story = tell(tale, walk(user("m", VOTES)), data={"people": ["Anna", "Ben", "Chiara"]})
    assert story.data == {"people": ["Anna", "Ben", "Chiara"], "votes": ["a", "b", "c"], "after": 1}
    assert story.ports.passed.count("m") == 3


def test_sequential_user_tasks_come_one_after_the_other_and_see_the_results_so_far() -> None:
    one_by_one = rounds(collection="people", item="person", result="votes", result_item="vote", sequential=True)

    def tale(story: Story) -> None:
        for number, person in enumerate(["Anna", "Ben"]):
            (work,) = engine.open_tasks(story.workflow)
            assert (work.data["person"], work.instance, len(work.data["votes"])) == (person, number, number)
            story.do("m", vote=person.lower())

    story = tell(tale, walk(user("m", one_by_one)), data={"people": ["Anna", "Ben"]})
    assert story.data["votes"] == ["anna", "ben"] and "person" not in story.data


@pytest.mark.parametrize("sequential", [True, False])
def test_a_completion_condition_ends_the_rest(sequential: bool) -> None:
    some = rounds(
        collection="people", item="person", result="votes", result_item="vote", condition="vote == 'no'",
        sequential=sequential,
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("m", vote="yes")
        assert story.status == "waiting"
        story.do("m", vote="no")
        assert story.status == "completed" and story.data["votes"] == ["yes", "no"]

    tell(tale, walk(user("m", some)), data={"people": [1, 2, 3, 4]})


def test_a_number_of_rounds_without_results_keeps_what_each_round_writes() -> None:
    def tale(story: Story) -> None:
        story.do("m", 1, b=2)
        story.do("m", 0, a=1)

    story = tell(tale, walk(user("m", rounds(cardinality="n", item="number"))), data={"n": 2, "a": 0})
    assert story.data == {"n": 2, "a": 1, "b": 2, "after": 1}


def test_results_by_the_keys_of_a_map() -> None:
    def tale(story: Story) -> None:
        story.do("m", 1, vote=2).do("m", 0, vote=1)

    story = tell(tale, walk(user("m", VOTES)), data={"people": {"anna": {}, "ben": {}}})
    assert story.data["votes"] == {"anna": 1, "ben": 2}


@pytest.mark.parametrize("sequential", [True, False])
def test_no_rounds_at_all(sequential: bool) -> None:
    none = rounds(collection="people", item="p", result="votes", result_item="vote", sequential=sequential)
    story = tell(lambda story: None, walk(user("m", none)), data={"people": []})
    assert story.status == "completed" and story.data["votes"] == []


@pytest.mark.parametrize(("n", "told"), [(-1, "whole number"), ("many", "whole number"), (99999, "at most 10,000")])
def test_a_senseless_number_of_rounds_is_told(n: object, told: str) -> None:
    stuck = tell(lambda story: None, walk(user("m", rounds(cardinality="n"))), data={"n": n}).result.stuck
    assert stuck is not None and stuck.element_id == "m" and told in stuck.message


@pytest.mark.parametrize("sequential", [True, False])
def test_rounds_of_a_sub_process_and_of_a_call(sequential: bool) -> None:
    several = rounds(collection="items", item="item", result="sums", result_item="total", sequential=sequential)
    inside = start("ps") + script("px", "total = item * 10") + user("pu") + end("pe") + flows("ps px pu pe")
    called = diagram(
        start("cs") + script("cx", "total = item * 10\nhidden = 1") + user("pu") + end("ce") + flows("cs cx pu ce"),
        key="called", inputs="item", outputs="total",
    )  # fmt: skip

    def tale(story: Story) -> None:
        for _ in range(3):
            story.do("pu")
        assert story.status == "completed"
        assert story.data == {"items": [1, 2, 3], "sums": [10, 20, 30], "after": 1}

    tell(tale, walk(sub("m", inside, several)), data={"items": [1, 2, 3]})
    tell(tale, walk(call("m", "called", several)), called, data={"items": [1, 2, 3]})


def test_automatic_rounds_and_an_error_in_one_of_them() -> None:
    several = rounds(collection="items", item="item", result="sums", result_item="total")

    def world() -> Ports:
        return Ports(operations={"add.up": lambda n: n * 2})

    story = tell(lambda story: None, walk(service("m", "add.up", "total", several, n="item")), ports=world,
                 data={"items": list(range(50))})  # fmt: skip
    assert story.data["sums"] == [n * 2 for n in range(50)]

    file = diagram(
        start() + service("m", "add.up", "total", several, n="item") + boundary("b", "m", ref("error", "full")) + end()
        + end("x") + flows("s m e", "b x"),
        beside=named("error", "full"),
    )  # fmt: skip
    caught = tell(lambda story: None, file, ports=lambda: Ports(operations={"add.up": refuse("full")}),
                  data={"items": [1, 2]})  # fmt: skip
    assert caught.result.end_events == ["x"] and caught.status == "completed"


def test_one_round_may_fail_and_be_tried_again_or_skipped() -> None:
    several = rounds(collection="items", item="item", result="sums", result_item="total")

    def world() -> Ports:
        def add(n: int) -> int:
            return 10 // n

        return Ports(operations={"add.up": add})

    def mended(story: Story) -> None:
        assert story.status == "stuck" and story.result.stuck is not None
        assert "ZeroDivisionError" in story.result.stuck.message and "10 // n" in story.result.stuck.traceback
        story.edit(item=5).retry()
        assert story.data["sums"] == [10, 2, 5]

    def skipped(story: Story) -> None:
        story.skip()
        assert story.data["sums"] == [10, None, 5]

    file = walk(service("m", "add.up", "total", several, n="item"))
    tell(mended, file, ports=world, data={"items": [1, 0, 2]})
    tell(skipped, file, ports=world, data={"items": [1, 0, 2]})


def test_a_timer_on_all_rounds_ends_those_that_are_left_and_keeps_what_is_known() -> None:
    file = diagram(
        start() + user("m", VOTES) + boundary("late", "m", timer("P1D")) + end() + end("x") + flows("s m e", "late x")
    )

    def tale(story: Story) -> None:
        assert list(story.timers) == ["late"]
        story.do("m", vote="a")
        story.fire("late")
        assert story.result.end_events == ["x"] and story.data["votes"] == ["a"]

    tell(tale, file, data={"people": [1, 2, 3]})


def test_the_same_activity_may_run_its_rounds_twice() -> None:
    file = diagram(
        start() + '<exclusiveGateway id="in"/>' + user("m", VOTES) + '<exclusiveGateway id="g"/>' + end()
        + flows("s in m g", "g>in: votes == ['no']", "g>e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("m", vote="no").do("m", vote="yes")
        assert story.status == "completed" and story.data["votes"] == ["yes"]

    tell(tale, file, data={"people": ["Anna"]})


def loop(condition: str = "", maximum: str = "", *, before: bool = False) -> str:
    first = ' testBefore="true"' if before else ""
    most = f' loopMaximum="{maximum}"' if maximum else ""
    inner = f"<loopCondition>{condition}</loopCondition>" if condition else ""
    return f"<standardLoopCharacteristics{first}{most}>{inner}</standardLoopCharacteristics>"


def test_a_loop_runs_while_its_condition_holds() -> None:
    def tale(story: Story) -> None:
        story.do("m", again=True).do("m", again=True).do("m", again=False)
        assert story.status == "completed"

    assert tell(tale, walk(user("m", loop("again")))).data == {"again": False, "after": 1}


def test_a_loop_with_a_maximum_and_one_that_is_tested_before() -> None:
    counted = tell(lambda story: None, walk(script("m", "n = n + 1", loop(maximum="3"))), data={"n": 0})
    assert counted.data["n"] == 3
    never = tell(lambda story: None, walk(script("m", "n = n + 1", loop("n &lt; 0", before=True))), data={"n": 0})
    assert never.data["n"] == 0
    inside = start("ps") + script("px", "n = n + 1") + end("pe") + flows("ps px pe")
    level = tell(lambda story: None, walk(sub("m", inside, loop("n &lt; 5"))), data={"n": 0})
    assert level.data["n"] == 5
