"""A stuck case is mended by hand: tried again, with other data, past the element, or ended; always with a reason."""

from collections.abc import Callable
from typing import Any

import pytest

from app.engine import repair
from app.engine.records import Case, Subscription, Task, Timer
from app.engine.step import Outcome
from app.errors import BusinessError, Conflict, Forbidden, Invalid, Message, NotFound, StellwerkError
from app.operations import OperationContext
from tests.engine.drawings import (
    catch,
    end,
    flows,
    gateway,
    named,
    ref,
    script,
    service,
    start,
    timer,
    user,
)
from tests.stage import Stage, draw, form, make_stage, text

# Beside the element that fails a timer and a message are waited for, and a person is asked.
WALK = draw(
    "walk",
    start() + user("look") + gateway("parallel", "g") + service("act", "probe.act", "answer")
    + script("x", "seen = answer") + user("next") + user("beside") + catch("soon", timer("PT1H"))
    + catch("reply", ref("message", "information.provided"), key="case.number") + end()
    + flows("s look g act x next e", "g beside e", "g soon e", "g reply e"),
    beside=named("message", "information.provided"),
)  # fmt: skip
REMEDIES: dict[str, tuple[Callable[..., Outcome], tuple[Any, ...]]] = {
    "retry": (repair.retry, ()), "skip": (repair.skip, ()), "edit_data": (repair.edit_data, ({"a": 1},)),
    "cancel": (repair.cancel, ()),
}  # fmt: skip


def broken(context: OperationContext) -> None:
    raise RuntimeError("disk full")


@pytest.fixture
def stuck(stage: Stage) -> Stage:
    """A case that is stuck at an operation, with other work open beside it."""
    stage.publish(WALK, form("look", text("title")), form("next"), form("beside"))
    stage.acts["act"] = broken
    stage.start()
    stage.complete("look", title="Storage is gone")
    assert stage.case(1).status == "stuck"
    return stage


def test_why_it_is_stuck_stays_a_sentence_with_values(stage: Stage) -> None:
    def fail(context: OperationContext) -> None:
        raise StellwerkError(Message("{name} has {count} of {most}.", name=Message("Storage"), count=1200, most=0.5))

    stage.publish(WALK, form("look", text("title")), form("next"), form("beside"))
    stage.acts["act"] = fail
    stage.start()
    stage.complete("look", title="Storage is gone")
    for _ in range(2):
        kept = stage.case(1).stuck_message
        assert isinstance(kept, Message) and kept == "Storage has 1,200 of 0.5."
        assert isinstance(kept.values["name"], Message) and kept.values["count"] == 1200
        # The next step knows it from the state of the case alone.
        if stage.case(1).version < 3:
            stage.complete("beside")
    assert stage.payload(1, "case.stuck") == {"message": "Storage has 1,200 of 0.5."}


def test_retry_goes_on_where_it_failed(stuck: Stage) -> None:
    stuck.acts["act"] = lambda context: context.data["title"]
    outcome = stuck.mend(repair.retry, 1, "Ines Duarte", "The disk was replaced")
    case = stuck.case(1)
    assert outcome.case.status == case.status == "running"
    assert (case.stuck_element, case.stuck_message, case.stuck_traceback) == (None, None, None)
    assert stuck.open() == ["beside", "next"]
    assert stuck.payload(1, "case.retried") == {"reason": "The disk was replaced"}
    assert "case.retried@act" in stuck.events(1)


def test_retry_that_fails_again_stays_stuck(stuck: Stage) -> None:
    stuck.mend(repair.retry, 1, "Ines Duarte", "Perhaps it works now")
    assert (stuck.case(1).status, stuck.case(1).stuck_element) == ("stuck", "act")
    assert stuck.events(1).count("case.stuck@act") == 2
    assert stuck.events(1)[-2:] == ["case.retried@act", "case.stuck@act"]


def test_edit_data_then_try_again(stuck: Stage) -> None:
    def picky(context: OperationContext) -> Any:
        return context.data["colour"]

    stuck.acts["act"] = picky
    stuck.mend(repair.retry, 1, "Ines Duarte", "Perhaps it works now")
    assert stuck.case(1).status == "stuck"
    with stuck.parts.database.transaction() as session:
        case = session.get_one(Case, 1)
        assert repair.stuck_data(stuck.parts.engine, session, case) == {"title": "Storage is gone"}
    stuck.mend(repair.edit_data, 1, "Ines Duarte", {"colour": "red"}, "It was forgotten")
    assert stuck.case(1).status == "running"
    assert stuck.payload(1, "case.data_edited") == {"reason": "It was forgotten", "data": {"colour": "red"}}


def test_skip_goes_on_behind_it(stuck: Stage) -> None:
    stuck.mend(repair.skip, 1, "Ines Duarte", "Done by hand")
    assert stuck.open() == ["beside", "next"]
    assert stuck.payload(1, "case.skipped") == {"reason": "Done by hand"}


def test_cancel_withdraws_all_work(stuck: Stage) -> None:
    assert (stuck.count(Timer), stuck.count(Subscription)) == (1, 1)
    stuck.mend(repair.cancel, 1, "Ines Duarte", "Reported twice")
    case = stuck.case(1)
    assert (case.status, case.stuck_element, case.stuck_message) == ("cancelled", None, None)
    assert case.ended_at is not None
    assert stuck.open() == []
    assert [task.element for task in stuck.tasks("cancelled")] == ["beside"]
    assert (stuck.count(Timer), stuck.count(Subscription)) == (0, 0)
    assert stuck.payload(1, "case.cancelled") == {"reason": "Reported twice"}


def test_a_running_case_can_be_cancelled_but_not_mended(stage: Stage) -> None:
    stage.publish(draw("walk", start() + user("look") + end() + flows("s look e")), form("look"))
    case_id = stage.start()
    for name in ("retry", "skip", "edit_data"):
        command, rest = REMEDIES[name]
        with pytest.raises(Conflict, match="not stuck"):
            stage.mend(command, case_id, "Ines Duarte", *rest, "because")
    stage.mend(repair.cancel, case_id, "Ines Duarte", "because")
    assert stage.case(case_id).status == "cancelled"


@pytest.mark.parametrize("name", REMEDIES)
def test_who_may_mend_and_what_is_asked(stuck: Stage, name: str) -> None:
    command, rest = REMEDIES[name]
    before = stuck.case(1).version
    for person in ("Anna Novak", "Chiara Ricci", "Sofia Lindqvist", "Paul Okafor"):
        with pytest.raises(Forbidden, match="owner or manager of this process"):
            stuck.mend(command, 1, person, *rest, "because")
    for nothing in ("", "  \n "):
        with pytest.raises(Invalid) as refused:
            stuck.mend(command, 1, "Ines Duarte", *rest, nothing)
        assert "reason" in refused.value.fields
    with pytest.raises(NotFound):
        stuck.mend(command, 99, "Ines Duarte", *rest, "because")
    assert stuck.case(1).version == before
    stuck.mend(command, 1, "Marek Dvorak", *rest, "because")  # an administrator may


@pytest.mark.parametrize("name", REMEDIES)
@pytest.mark.parametrize("end_by", ["cancel", "complete"])
def test_an_ended_case_cannot_be_changed_any_more(stage: Stage, name: str, end_by: str) -> None:
    stage.publish(draw("walk", start() + user("look") + end() + flows("s look e")), form("look"))
    case_id = stage.start()
    if end_by == "cancel":
        stage.mend(repair.cancel, case_id, "Ines Duarte", "because")
    else:
        stage.complete("look")
    command, rest = REMEDIES[name]
    with pytest.raises(Conflict, match="has ended"):
        stage.mend(command, case_id, "Ines Duarte", *rest, "because")


def test_work_beside_the_stuck_element_goes_on(stuck: Stage) -> None:
    stuck.complete("beside")
    assert stuck.case(1).status == "stuck"
    assert stuck.events(1).count("case.stuck@act") == 1  # still the same trouble: it is told once
    stuck.acts["act"] = lambda context: "done"
    stuck.mend(repair.retry, 1, "Ines Duarte", "The disk was replaced")
    assert stuck.open() == ["next"]


def test_a_gateway_without_a_way_on_can_be_mended_by_data_alone(stage: Stage) -> None:
    body = (
        start() + user("look") + gateway("exclusive", "g") + user("a") + user("b") + end()
        + flows("s look g", "g>a: title == 'a'", "g>b: title == 'b'", "a e", "b e")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look", text("title")), form("a"), form("b"))
    case_id = stage.start()
    stage.complete("look", title="c")
    case = stage.case(case_id)
    assert case.status == "stuck" and "None of the conditions" in str(case.stuck_message)
    with pytest.raises(Exception, match="edit the data") as refused:
        stage.mend(repair.skip, case_id, "Ines Duarte", "because")
    assert not isinstance(refused.value, AssertionError)
    stage.mend(repair.edit_data, case_id, "Ines Duarte", {"title": "b"}, "because")
    assert stage.open() == ["b"]


def test_a_business_error_that_nobody_catches_while_mending_leaves_it_stuck(stuck: Stage) -> None:
    def refuse(context: OperationContext) -> None:
        raise BusinessError("no", "The rule says no.")

    stuck.acts["act"] = refuse
    stuck.mend(repair.retry, 1, "Ines Duarte", "Perhaps it works now")
    assert stuck.case(1).stuck_message == "The rule says no."


def test_two_elements_are_mended_one_after_the_other(stage: Stage) -> None:
    body = (
        start() + gateway("parallel", "g") + service("one", "probe.act", name="'one'")
        + service("two", "probe.act", name="'two'") + gateway("parallel", "j") + user("look") + end()
        + flows("s g one j look e", "g two j")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look"))
    stage.acts |= {"one": broken, "two": broken}
    case_id = stage.start()
    assert stage.case(case_id).stuck_element == "one"
    stage.acts["one"] = lambda context: None
    stage.mend(repair.retry, case_id, "Ines Duarte", "because")
    assert (stage.case(case_id).status, stage.case(case_id).stuck_element) == ("stuck", "two")
    stage.mend(repair.skip, case_id, "Ines Duarte", "because")
    assert stage.open() == ["look"]


def test_steps_are_bounded_and_a_loop_is_found(database_url: str, tmp_path: Any) -> None:
    stage = make_stage(database_url, tmp_path, step_limit=100)
    body = (
        start() + user("look") + script("x", "n = n + 1") + gateway("exclusive", "g", default="g_x") + end()
        + flows("s look x g x", "g>e: n > 1000000")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look", {**text("n"), "type": "number"}))
    case_id = stage.start()
    stage.complete("look", n=0)
    case = stage.case(case_id)
    assert case.status == "stuck"
    assert case.stuck_message is not None and "after 100 elements" in case.stuck_message
    # It was nobody's fault: with another figure it ends.
    stage.mend(repair.edit_data, case_id, "Ines Duarte", {"n": 999_990}, "It need not count that far")
    assert stage.case(case_id).status == "completed"
    stage.parts.database.close()


def test_a_step_may_not_take_long(database_url: str, tmp_path: Any) -> None:
    stage = make_stage(database_url, tmp_path, step_seconds=0.05, step_limit=10_000_000)
    body = (
        start() + user("look") + script("x", "n = n + 1") + gateway("exclusive", "g", default="g_x") + end()
        + flows("s look x g x", "g>e: n < 0")
    )  # fmt: skip
    stage.publish(draw("walk", body), form("look", {**text("n"), "type": "number"}))
    case_id = stage.start()
    stage.complete("look", n=0)
    assert "its time was up" in str(stage.case(case_id).stuck_message)
    assert [task.status for task in stage.rows(Task)] == ["done"]
    stage.parts.database.close()
