"""Timers, messages, signals, errors, escalations: caught on the way, at the border, at a gateway."""

from datetime import UTC, datetime, timedelta

import pytest

from app import clock
from app.engine import advance as engine
from app.errors import Conflict
from tests.engine.drawings import (
    boundary,
    call,
    catch,
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
    throw,
    timer,
    user,
)
from tests.engine.stories import MONDAY, Ports, Story, refuse, tell

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "kind", "due"),
    [
        ('"PT1H"', "timeDuration", MONDAY + HOUR),
        ("PT1H", "timeDuration", MONDAY + HOUR),
        ('duration("P2D")', "timeDuration", MONDAY + 2 * DAY),
        ("working_days(5)", "timeDuration", MONDAY + 5 * DAY),
        ("working_hours(4)", "timeDate", MONDAY + 4 * HOUR),
        ("until", "timeDate", datetime(2026, 5, 1, tzinfo=UTC)),
        ("2026-04-01T09:00:00+02:00", "timeDate", datetime(2026, 4, 1, 7, tzinfo=UTC)),
        ('"R3/PT30M"', "timeCycle", MONDAY + HOUR / 2),
    ],
)
def test_a_timer_waits_until_it_is_fired(text: str, kind: str, due: datetime) -> None:
    file = diagram(start() + catch("t", timer(text, kind)) + end() + flows("s t e"))

    def tale(story: Story) -> None:
        assert story.timers == {"t": due}
        clock.set_to(due + DAY)
        story.go()
        assert story.status == "waiting"  # only the row in the database fires it, not the clock
        story.fire("t")
        assert story.status == "completed"

    tell(tale, file, data={"until": "2026-05-01"})


def test_a_month_from_the_31st_is_the_last_day_of_the_next() -> None:
    file = diagram(start() + catch("t", timer("P1M")) + end() + flows("s t e"))
    for year, day in ((2026, 28), (2028, 29)):
        at = datetime(year, 1, 31, 10, tzinfo=UTC)
        story = tell(lambda story: None, file, at=at)
        with clock.at(at):
            assert story.timers == {"t": datetime(year, 2, day, 10, tzinfo=UTC)}


def test_a_timer_that_cannot_be_set_makes_the_case_stuck_there() -> None:
    file = diagram(start() + catch("t", timer("when")) + end() + flows("s t e"))

    def tale(story: Story) -> None:
        stuck = story.result.stuck
        assert stuck is not None and stuck.element_id == "t" and "timer of “t”" in stuck.message
        story.edit(when="PT5M").retry()
        assert story.timers == {"t": MONDAY + timedelta(minutes=5)}

    tell(tale, file, data={"when": "soon"})


def test_an_interrupting_boundary_timer_ends_the_task() -> None:
    file = diagram(
        start() + user("u") + boundary("late", "u", timer("PT1H")) + user("remind") + end() + end("x")
        + flows("s u e", "late remind x")
    )  # fmt: skip

    def in_time(story: Story) -> None:
        assert story.timers == {"late": MONDAY + HOUR}
        story.do("u")
        assert story.status == "completed" and story.timers == {}

    def late(story: Story) -> None:
        gone = engine.open_tasks(story.workflow)[0].engine_id
        story.fire("late")
        assert story.open == ["remind"]
        with pytest.raises(Conflict):
            engine.complete(story.workflow, gone, {})
        story.do("remind")
        assert story.result.end_events == ["x"]

    tell(in_time, file)
    tell(late, file)


def test_a_boundary_cycle_that_does_not_interrupt_reminds_again_and_again() -> None:
    file = diagram(
        start() + user("u") + boundary("nag", "u", timer("R3/PT1H", "timeCycle"), interrupting=False)
        + script("count", "n = n + 1") + user("read") + end() + end("x") + flows("s u e", "nag count read x")
    )  # fmt: skip

    def tale(story: Story) -> None:
        for number in (1, 2, 3):
            assert story.timers == {"nag": MONDAY + number * HOUR}
            clock.set_to(MONDAY + number * HOUR)
            story.fire("nag")
        assert story.timers == {}
        assert story.open == ["u", "read", "read", "read"]
        story.do("u")
        assert story.status == "waiting"  # the reminders are still open
        for _ in range(3):
            story.do("read")
        assert story.status == "completed"

    tell(tale, file, data={"n": 0})


def test_a_cycle_that_slept_goes_on_without_a_burst() -> None:
    file = diagram(
        start() + user("u") + boundary("nag", "u", timer("R/P1M", "timeCycle"), interrupting=False) + end() + end("x")
        + flows("s u e", "nag x")
    )  # fmt: skip

    def tale(story: Story) -> None:
        clock.set_to(datetime(2026, 7, 20, tzinfo=UTC))
        story.fire("nag")
        assert story.timers == {"nag": datetime(2026, 7, 31, 8, tzinfo=UTC)}

    tell(tale, file, at=datetime(2026, 1, 31, 8, tzinfo=UTC))


MESSAGES = named("message", "asked", "told")


def test_messages_are_sent_and_awaited_by_name_and_key() -> None:
    file = diagram(
        start() + throw("ask", ref("message", "asked"), key="ticket", payload='{"id": ticket, "text": "why?"}')
        + catch("wait", ref("message", "told"), key="ticket") + end("e", ref("message", "told"))
        + flows("s ask wait e"),
        beside=MESSAGES,
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert story.messages == [("wait", "told", "12")]
        story.receive("wait", answer="because")

    story = tell(tale, file, data={"ticket": 12})
    assert story.ports.sent == [("asked", "12", {"id": 12, "text": "why?"}), ("told", "", {})]
    assert story.status == "completed" and story.data["answer"] == "because"


def test_send_and_receive_tasks() -> None:
    from tests.engine.drawings import extensions

    file = diagram(
        start()
        + f'<sendTask id="ask" messageRef="message_asked">{extensions(key="1", payload="{}")}</sendTask>'
        + f'<receiveTask id="wait" messageRef="message_told">{extensions(key="who")}</receiveTask>'
        + boundary("late", "wait", timer("PT1H")) + end() + end("x") + flows("s ask wait e", "late x"),
        beside=MESSAGES,
    )  # fmt: skip

    def told(story: Story) -> None:
        assert story.messages == [("wait", "told", "anna")] and story.timers == {"late": MONDAY + HOUR}
        story.receive("wait", answer=1)
        assert story.result.end_events == ["e"] and story.timers == {}

    def late(story: Story) -> None:
        story.fire("late")
        assert story.result.end_events == ["x"] and story.messages == []

    tell(told, file, data={"who": "anna"})
    tell(late, file, data={"who": "anna"})


def test_a_boundary_message_that_does_not_interrupt_may_come_often() -> None:
    file = diagram(
        start() + user("u") + boundary("more", "u", ref("message", "told"), interrupting=False, key="7")
        + user("reply") + end() + end("x") + flows("s u e", "more reply x"),
        beside=MESSAGES,
    )  # fmt: skip

    def tale(story: Story) -> None:
        for number in range(3):
            assert story.messages == [("more", "told", "7")]
            story.receive("more", question=number)
        assert story.open == ["u", "reply", "reply", "reply"]
        assert [work.data.get("question") for work in engine.open_tasks(story.workflow)] == [None, 0, 1, 2]
        story.do("u")
        assert story.messages == []

    tell(tale, file)


def test_the_first_event_behind_an_event_gateway_wins() -> None:
    file = diagram(
        start() + gateway("eventBased", "g") + catch("yes", ref("message", "told"), key="1")
        + catch("no", ref("message", "asked"), key="1") + catch("soon", timer("PT1H")) + catch("later", timer("P5D"))
        + '<receiveTask id="other" messageRef="message_asked"/>'
        + end("ey") + end("en") + end("es") + end("el") + end("eo")
        + flows("s g yes ey", "g no en", "g soon es", "g later el", "g other eo"),
        beside=MESSAGES,
    )  # fmt: skip

    def waits(story: Story) -> None:
        assert story.timers == {"soon": MONDAY + HOUR, "later": MONDAY + 5 * DAY}
        assert [message[0] for message in story.messages] == ["yes", "no", "other"]

    def story_of(act: str) -> Story:
        def tale(story: Story) -> None:
            waits(story)
            story.fire(act) if act in ("soon", "later") else story.receive(act)
            assert story.status == "completed" and not story.timers and not story.messages

        return tell(tale, file)

    for act, ends in {"yes": "ey", "no": "en", "soon": "es", "later": "el", "other": "eo"}.items():
        assert story_of(act).result.end_events == [ends]


def test_two_passes_of_an_event_gateway_do_not_disturb_each_other() -> None:
    file = diagram(
        start() + gateway("parallel", "split") + gateway("exclusive", "merge") + gateway("eventBased", "g")
        + catch("yes", ref("message", "told"), key="1") + catch("soon", timer("PT1H")) + user("u")
        + flows("s split merge g yes u", "split merge2", "g soon u").replace("merge2", "merge").replace(
            'id="split_merge" sourceRef="split" targetRef="merge"/><sequenceFlow id="g_soon"',
            'id="split_merge_again" sourceRef="split" targetRef="merge"/><sequenceFlow id="g_soon"'),
        beside=MESSAGES,
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert len(story.messages) == 2
        story.receive("yes")
        assert len(story.messages) == 1 and story.open == ["u"] and list(story.timers) == ["soon"]
        story.fire("soon")
        assert story.open == ["u", "u"]

    tell(tale, file)


SIGNALS = named("signal", "stop")


def test_a_signal_reaches_everything_in_the_case_that_waits_for_it() -> None:
    file = diagram(
        start() + gateway("parallel", "split")
        + sub("p", start("ps") + user("inner") + end("pe") + flows("ps inner pe"))
        + boundary("stopped", "p", ref("signal", "stop")) + user("clean")
        + catch("hear", ref("signal", "stop")) + user("heard")
        + user("decide") + throw("stop", ref("signal", "stop")) + end("e1") + end("e2") + end("e3") + end("e4")
        + flows("s split p e1", "stopped clean e2", "split hear heard e3", "split decide stop e4"),
        beside=SIGNALS,
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert sorted(story.open) == ["decide", "inner"]
        story.do("decide")
        assert sorted(story.open) == ["clean", "heard"]
        story.do("clean").do("heard")
        assert story.status == "completed"

    tell(tale, file)


def test_a_signal_that_nothing_can_send_any_more_is_told() -> None:
    file = diagram(start() + catch("hear", ref("signal", "stop")) + end() + flows("s hear e"), beside=SIGNALS)
    stuck = tell(lambda story: None, file).result.stuck
    assert stuck is not None and stuck.element_id == "hear" and "signal “stop”" in stuck.message


ERRORS = named("error", "full", "closed")


def test_a_boundary_catches_the_error_of_an_operation_by_its_code() -> None:
    file = diagram(
        start() + service("open", "case.open") + boundary("all", "open", ref("error"))
        + boundary("full", "open", ref("error", "full")) + end() + end("e_all") + end("e_full")
        + flows("s open e", "all e_all", "full e_full"),
        beside=ERRORS,
    )  # fmt: skip

    def ends(code: str) -> Story:
        return tell(lambda story: None, file, ports=lambda: Ports(operations={"case.open": refuse(code)}))

    assert ends("full").result.end_events == ["e_full"]
    other = ends("strange")
    assert other.result.end_events == ["e_all"]
    assert other.data == {"error": {"code": "strange", "message": "no: strange"}}


def test_the_innermost_scope_catches_first_and_only_its_own_boundary() -> None:
    def scope(name: str) -> str:
        inside = start(f"{name}s") + user(f"{name}u") + end(f"{name}e", ref("error", "full"))
        return (
            sub(name, inside + flows(f"{name}s {name}u {name}e")) + boundary(f"{name}b", name, ref("error", "full"))
            + end(f"{name}x")
        )  # fmt: skip

    file = diagram(
        start() + gateway("parallel", "g") + scope("p") + scope("q") + end()
        + flows("s g p e", "g q e2", "pb px", "qb qx").replace("e2", "e"),
        beside=ERRORS,
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("qu")
        assert story.open == ["pu"] and story.result.end_events == ["qx"]
        story.do("pu")
        assert story.result.end_events == ["qx", "px"] and story.status == "completed"

    tell(tale, file)


def test_an_error_crosses_levels_and_calls_until_somebody_catches_it_and_brings_what_was_known() -> None:
    inner = sub("deep", start("ds") + script("dx", "found = 1") + service("act", "do.it") + flows("ds dx act"))
    called = diagram(start("cs") + inner + end("ce") + flows("cs deep ce"), key="called", inputs="given")
    main = diagram(
        start() + sub("wide", start("ws") + script("wx", "seen = 2") + call("c", "called") + flows("ws wx c"))
        + boundary("b", "wide", ref("error", "closed")) + end("x") + flows("s wide", "b x"),
        beside=ERRORS,
    )  # fmt: skip
    story = tell(
        lambda story: None, main, called, data={"given": 0},
        ports=lambda: Ports(operations={"do.it": refuse("closed")}),
    )  # fmt: skip
    assert story.result.end_events == ["x"]
    # What the embedded level knew is kept; what the called diagram knew stays with it.
    assert story.data == {"given": 0, "seen": 2, "error": {"code": "closed", "message": "no: closed"}}


def test_an_error_that_nobody_catches_makes_the_case_stuck_with_the_element() -> None:
    file = diagram(
        start() + service("open", "case.open") + boundary("full", "open", ref("error", "full")) + end() + end("x")
        + flows("s open e", "full x"),
        beside=ERRORS,
    )  # fmt: skip

    def tale(story: Story) -> None:
        stuck = story.result.stuck
        assert story.status == "stuck" and stuck is not None and stuck.element_id == "open"
        assert stuck.message == "no: other"
        story.ports.operations["case.open"] = lambda: None
        story.retry()
        assert story.result.end_events == ["e"]

    tell(tale, file, ports=lambda: Ports(operations={"case.open": refuse("other")}))


def test_an_error_end_that_nobody_catches_names_itself() -> None:
    file = diagram(start() + end("e", ref("error", "full")) + flows("s e"), beside=ERRORS)

    def tale(story: Story) -> None:
        stuck = story.result.stuck
        assert stuck is not None and stuck.element_id == "e" and "the error “full”" in stuck.message
        story.skip()
        assert story.status == "completed"

    tell(tale, file)


def test_the_job_of_an_operation_may_fail_with_an_error_that_is_caught() -> None:
    file = diagram(
        start() + service("mail", "mail.send") + boundary("b", "mail", ref("error", "full")) + end() + end("x")
        + flows("s mail e", "b x"),
        beside=ERRORS,
    )  # fmt: skip
    from app.errors import BusinessError

    def later() -> Ports:
        return Ports(operations={"mail.send": lambda: engine.Waiting()})

    def caught(story: Story) -> None:
        story.fail("mail", BusinessError("full", "mailbox full"))
        assert story.result.end_events == ["x"]

    def stuck(story: Story) -> None:
        story.fail("mail", RuntimeError("server gone"))
        assert story.status == "stuck" and story.result.stuck is not None
        assert "server gone" in story.result.stuck.message
        story.retry().answer("mail", None)
        assert story.result.end_events == ["e"]

    tell(caught, file, ports=later)
    tell(stuck, file, ports=later)


ESCALATIONS = named("escalation", "up")


@pytest.mark.parametrize("interrupting", [True, False])
def test_an_escalation_reaches_the_boundary_around_it(interrupting: bool) -> None:
    inside = start("ps") + user("a") + throw("t", ref("escalation", "up")) + user("b") + end("pe")
    file = diagram(
        start() + sub("p", inside + flows("ps a t b pe"))
        + boundary("up", "p", ref("escalation", "up"), interrupting=interrupting) + user("boss") + end() + end("x")
        + flows("s p e", "up boss x"),
        beside=ESCALATIONS,
    )  # fmt: skip

    def tale(story: Story) -> None:
        story.do("a", found=3)
        assert sorted(story.open) == (["boss"] if interrupting else ["b", "boss"])
        boss = next(work for work in engine.open_tasks(story.workflow) if work.element_id == "boss")
        assert boss.data["found"] == 3
        for name in list(story.open):
            story.do(name)
        assert story.status == "completed"

    tell(tale, file)


def test_an_escalation_end_event_and_one_that_nobody_hears() -> None:
    file = diagram(start() + end("e", ref("escalation", "up")) + flows("s e"), beside=ESCALATIONS)
    stuck = tell(lambda story: None, file).result.stuck
    assert stuck is not None and stuck.element_id == "e" and "escalation “up”" in stuck.message


def test_terminate_ends_its_level_and_nothing_around_it() -> None:
    inside = (
        start("ps") + gateway("parallel", "g") + user("a") + user("b") + end("stop", "<terminateEventDefinition/>")
        + end("pe") + flows("ps g a stop", "g b pe")
    )  # fmt: skip
    file = diagram(
        start() + gateway("parallel", "h") + sub("p", inside) + boundary("late", "p", timer("PT1H")) + user("after")
        + user("c") + end("e1") + end("e2") + end("x") + flows("s h p after e1", "h c e2", "late x")
    )  # fmt: skip

    def tale(story: Story) -> None:
        assert sorted(story.open) == ["a", "b", "c"]
        story.do("a", known=1)
        assert sorted(story.open) == ["after", "c"] and story.timers == {}
        story.do("after").do("c")
        assert story.status == "completed" and story.data["known"] == 1

    tell(tale, file)


def test_starting_by_a_message_or_a_timer_leaves_the_other_starts_alone() -> None:
    file = diagram(
        start("plain") + start("told", ref("message", "told")) + start("nightly", timer("R/P1D", "timeCycle"))
        + user("u") + user("v") + user("w") + flows("plain u", "told v", "nightly w"),
        beside=MESSAGES,
    )  # fmt: skip
    for chosen, opened in (("told", "v"), ("nightly", "w"), (None, "u")):
        story = tell(lambda story: None, file, start=chosen, payload={"from": "mail"} if chosen else None)
        assert story.open == [opened] and story.timers == {} and story.messages == []
        if chosen:
            assert engine.open_tasks(story.workflow)[0].data == {"from": "mail"}
