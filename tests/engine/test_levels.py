"""Sub-processes and called diagrams."""

from app.engine import advance as engine
from tests.engine.drawings import boundary, call, diagram, end, flows, script, start, sub, timer, user
from tests.engine.stories import Story, tell

LANES = (
    '<laneSet id="lanes"><lane id="{0}" name="{0}"><extensionElements><sw:properties>'
    '<sw:property name="role" value="{1}"/></sw:properties></extensionElements>{2}</lane></laneSet>'
)


def lanes(name: str, role: str, *nodes: str) -> str:
    return LANES.format(name, role, "".join(f"<flowNodeRef>{node}</flowNodeRef>" for node in nodes))


def test_a_sub_process_shares_the_data_around_it_and_the_lane_it_is_drawn_in() -> None:
    inside = start("ps") + script("px", "n = n + 1") + user("pu") + end("pe") + flows("ps px pu pe")
    file = diagram(
        lanes("staff", "incidents.process_staff", "s", "p", "e")
        + start() + sub("p", inside) + script("x", "double = n * 2") + end() + flows("s p x e")
    )  # fmt: skip

    def tale(story: Story) -> None:
        work = engine.open_tasks(story.workflow)[0]
        assert work.data["n"] == 2 and work.element.role == "incidents.process_staff" and work.path == ()
        assert engine.place(story.workflow)["walk"].current == {"p", "pu"}
        story.do("pu", remark="fine")

    assert tell(tale, file, data={"n": 1}).data == {"n": 2, "double": 4, "remark": "fine"}


CALLED = diagram(
    lanes("approver", "management.sms_owner", "cs", "cu", "ce")
    + start("cs") + script("cx", "secret = subject + '!'") + user("cu") + end("ce") + flows("cs cx cu ce"),
    key="approve", inputs="subject", outputs="approved,reason",
)  # fmt: skip


def test_a_called_diagram_gets_its_inputs_and_gives_its_outputs_and_nothing_else_passes() -> None:
    file = diagram(
        start() + call("ask", "approve", role_override="changes.cab") + user("after") + end() + flows("s ask after e")
    )

    def tale(story: Story) -> None:
        work = engine.open_tasks(story.workflow)[0]
        assert dict(work.data) == {"subject": "Move", "secret": "Move!"}
        assert (work.diagram, work.path, work.role_override) == ("approve", ("ask",), "changes.cab")
        assert work.element.role == "management.sms_owner"
        place = engine.place(story.workflow)
        assert place["walk"].current == {"ask"} and place["approve"].current == {"cu"}
        story.do("cu", approved=True, note="private")
        after = engine.open_tasks(story.workflow)[0]
        # An output that was never set is nothing rather than missing.
        assert dict(after.data) == {"subject": "Move", "other": 1, "approved": True, "reason": None}
        assert after.role_override == ""
        story.do("after")

    story = tell(tale, file, CALLED, data={"subject": "Move", "other": 1})
    assert story.status == "completed" and story.result.end_events == ["e"]


def test_scripts_before_and_after_a_call_map_names() -> None:
    extra = (
        "<extensionElements><sw:preScript>subject = title</sw:preScript>"
        "<sw:postScript>granted = approved</sw:postScript></extensionElements>"
    )
    file = diagram(start() + call("ask", "approve", extra) + end() + flows("s ask e"))
    story = tell(lambda story: story.do("cu", approved=False) and None, file, CALLED, data={"title": "Move"})
    assert story.data["granted"] is False


def test_a_missing_input_is_told_at_the_call() -> None:
    file = diagram(start() + call("ask", "approve") + end() + flows("s ask e"))

    def tale(story: Story) -> None:
        stuck = story.result.stuck
        assert stuck is not None and stuck.element_id == "ask" and "needs “subject”" in stuck.message
        story.edit(subject="Now").retry()
        assert story.open == ["cu"]

    tell(tale, file, CALLED)


def test_calls_in_calls_know_their_path_and_the_nearest_role() -> None:
    middle = diagram(
        start("ms") + call("inner", "approve") + end("me") + flows("ms inner me"), key="middle", inputs="subject"
    )
    file = diagram(start() + call("outer", "middle", role_override="changes.cab") + end() + flows("s outer e"))

    def tale(story: Story) -> None:
        work = engine.open_tasks(story.workflow)[0]
        assert work.path == ("outer", "inner") and work.role_override == "changes.cab"
        story.do("cu")

    story = tell(tale, file, middle, CALLED, data={"subject": "x"})
    assert story.status == "completed" and story.data == {"subject": "x"}


def test_a_timer_on_a_call_ends_everything_inside_and_brings_nothing_out() -> None:
    file = diagram(
        start() + call("ask", "approve") + boundary("late", "ask", timer("PT1H")) + user("chase") + end() + end("x")
        + flows("s ask e", "late chase x")
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.fire("late")
        assert story.open == ["chase"]
        assert dict(engine.open_tasks(story.workflow)[0].data) == {"subject": "x"}
        assert list(story.workflow.subprocesses) == []

    tell(tale, file, CALLED, data={"subject": "x"})


def test_a_diagram_may_call_itself() -> None:
    file = diagram(
        start() + script("x", "n = n - 1\nleft = n") + '<exclusiveGateway id="g"/>' + call("again", "walk") + end()
        + flows("s x g", "g>again: n > 0", "g>e", "again e"),
        inputs="n", outputs="left",
    )  # fmt: skip
    story = tell(lambda story: None, file, data={"n": 5})
    assert story.status == "completed" and story.data == {"n": 4, "left": 0}


def test_an_empty_sub_process_is_passed() -> None:
    file = diagram(start() + sub("p", "") + end() + flows("s p e"))
    assert tell(lambda story: None, file).status == "completed"


def test_diagrams_that_call_each_other_for_ever_are_stopped() -> None:
    one = diagram(start("a") + call("b", "two") + end("c") + flows("a b c"), key="one", inputs="n")
    two = diagram(start("a") + call("b", "one") + end("c") + flows("a b c"), key="two", inputs="n")
    stuck = tell(lambda story: None, one, two, data={"n": 1}).result.stuck
    assert stuck is not None and "more than 50 deep" in stuck.message


def test_what_a_sub_process_writes_is_newer_than_what_a_path_beside_it_knew() -> None:
    inside = start("ps") + user("pu") + end("pe") + flows("ps pu pe")
    split, join = '<parallelGateway id="g"/>', '<parallelGateway id="j"/>'
    file = diagram(
        start() + split + sub("p", inside) + user("beside") + join + end() + flows("s g p j e", "g beside j")
    )

    def tale(story: Story) -> None:
        story.do("pu", state="new").do("beside", other=1)

    assert tell(tale, file, data={"state": "old"}).data == {"state": "new", "other": 1}
