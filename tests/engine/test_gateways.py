"""How paths part and meet."""

import pytest

from tests.engine.drawings import diagram, end, flows, gateway, script, start, sub, user
from tests.engine.stories import Story, tell


def test_parallel_paths_meet_and_the_newest_value_wins_whoever_comes_last() -> None:
    file = diagram(
        start() + script("init", "state = 'old'") + gateway("parallel", "split") + user("change") + user("linger")
        + gateway("parallel", "join") + end()
        + flows("s init split change join e", "split linger join")
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert story.open == ["change", "linger"]
        story.do("change", state="new")
        assert story.open == ["linger"]
        story.do("linger", remark="late")

    assert tell(tale, file).data == {"state": "new", "remark": "late"}


def test_the_parallel_join_takes_one_token_from_each_flow() -> None:
    # Two tokens come along one flow; the second must not stand in for the missing other flow.
    file = diagram(
        start() + gateway("parallel", "split") + user("a") + user("b") + user("c") + gateway("exclusive", "merge")
        + gateway("parallel", "join") + user("after") + end()
        + flows("s split a merge join after e", "split b merge", "split c join")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("a").do("b")
        assert story.open == ["c"]
        story.do("c")
        assert story.open == ["after"]
        story.do("after")
        assert story.status == "stuck"  # the second token of a and b waits for another c that never comes
        assert story.result.stuck is not None and story.result.stuck.element_id == "join"

    tell(tale, file)


@pytest.mark.parametrize(
    ("amount", "opened"), [(1, ["d"]), (5, ["a"]), (15, ["a", "b"]), (25, ["a", "b", "c"])], ids=str
)
def test_an_inclusive_gateway_takes_all_that_hold_and_its_join_waits_for_them(amount: int, opened: list[str]) -> None:
    file = diagram(
        start() + gateway("inclusive", "split", default="split_d") + user("a") + user("b") + user("c") + user("d")
        + gateway("inclusive", "join") + user("after") + end()
        + flows("s split", "split>a: n > 2", "split>b: n > 10", "split>c: n > 20", "split d join", "a join", "b join",
                "c join", "join after e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert story.open == opened
        for element in opened:
            assert "after" not in story.open
            story.do(element)
        assert story.open == ["after"]
        story.do("after")
        assert story.status == "completed"

    tell(tale, file, data={"n": amount})


def test_an_inclusive_join_waits_for_a_path_that_is_still_far_away_and_not_for_one_that_went_elsewhere() -> None:
    file = diagram(
        start() + gateway("parallel", "split") + user("near") + user("far") + gateway("exclusive", "g")
        + user("more") + end("gone") + gateway("inclusive", "join") + user("after") + end()
        + flows("s split near join after e", "split far g", "g>more: stay", "g>gone", "more join")
    )  # fmt: skip

    def stays(story: Story) -> None:
        story.do("near")
        assert story.open == ["far"]
        story.do("far", stay=True)
        assert story.open == ["more"]
        story.do("more")
        assert story.open == ["after"]

    def leaves(story: Story) -> None:
        story.do("near").do("far", stay=False)
        assert story.open == ["after"]

    tell(stays, file)
    tell(leaves, file)


def test_an_inclusive_join_in_a_loop_opens_again_in_each_round() -> None:
    file = diagram(
        start() + gateway("exclusive", "merge") + gateway("inclusive", "split", default="split_b") + user("a")
        + user("b") + gateway("inclusive", "join") + gateway("exclusive", "again") + end()
        + flows("s merge split", "split>a: both", "split b", "a join", "b join", "join again", "again>merge: more",
                "again>e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        for _ in range(3):
            story.do("a", more=True)
        story.do("a", more=False)
        assert story.status == "completed"

    tell(tale, file, data={"both": True})


def test_flows_are_tried_in_the_order_of_the_drawing() -> None:
    file = diagram(
        start() + gateway("exclusive", "g") + end("first") + end("second")
        + flows("s g", "g>second: n > 1", "g>first: n > 0")
    )  # fmt: skip
    assert tell(lambda story: None, file, data={"n": 5}).result.end_events == ["second"]


def test_no_condition_that_holds_is_told_with_the_element() -> None:
    file = diagram(
        start() + user("u") + gateway("exclusive", "g") + end("a") + end("b")
        + flows("s u g", "g>a: n == 1", "g>b: n == 2")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("u", n=3)
        stuck = story.result.stuck
        assert story.status == "stuck" and stuck is not None and stuck.element_id == "g"
        assert "None of the conditions of the flows out of “g” holds" in stuck.message
        story.edit(n=2).retry()
        assert story.result.end_events == ["b"]

    tell(tale, file)


def test_several_and_conditional_flows_may_leave_a_task() -> None:
    file = diagram(
        start() + '<userTask id="u" default="u_d"/>' + user("always") + user("x") + user("y") + user("d")
        + flows("s u always", "u>x: k > 1", "u>y: k > 2", "u d")
    )  # fmt: skip

    def both(story: Story) -> None:
        story.do("u", k=3)
        assert story.open == ["always", "x", "y"]

    def neither(story: Story) -> None:
        story.do("u", k=0)
        assert story.open == ["always", "d"]

    tell(both, file)
    tell(neither, file)


def test_a_level_without_start_or_end_events_runs() -> None:
    file = diagram(sub("p", user("a") + user("b")) + user("c") + flows("p c"))

    def tale(story: Story) -> None:
        assert story.open == ["a", "b"]
        story.do("b").do("a").do("c")
        assert story.status == "completed" and story.result.end_events == []

    tell(tale, file)


def test_a_decision_before_a_join_is_told_instead_of_waiting_for_ever() -> None:
    file = diagram(
        start() + gateway("exclusive", "g") + user("a") + user("b") + gateway("parallel", "join") + end()
        + flows("s g", "g>a: n == 1", "g>b", "a join", "b join e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("a")
        stuck = story.result.stuck
        assert story.status == "stuck" and stuck is not None and stuck.element_id == "join"
        assert "waits for a path that will never come" in stuck.message
        story.retry()
        assert story.status == "stuck"
        story.skip()
        assert story.status == "completed"

    tell(tale, file, data={"n": 1})


def test_links_lead_on() -> None:
    link = '<linkEventDefinition name="L"/>'
    file = diagram(
        start() + user("u") + f'<intermediateThrowEvent id="out">{link}</intermediateThrowEvent>'
        + f'<intermediateCatchEvent id="in">{link}</intermediateCatchEvent>' + user("v") + end()
        + flows("s u out", "in v e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("u")
        assert story.open == ["v"]
        story.do("v")
        assert story.result.end_events == ["e"]

    tell(tale, file)
