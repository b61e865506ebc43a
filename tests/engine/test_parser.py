"""What cannot run is refused before it is published, with element, line and a way out."""

import pytest

from app.engine.parser import EngineParser
from app.errors import Problem
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
    rounds,
    script,
    service,
    start,
    sub,
    throw,
    timer,
    user,
)


def problems(file: bytes, **others: bytes) -> list[Problem]:
    return EngineParser().check({"walk": file, **others}, "walk")


def around(element: str, name: str = "x", beside: str = "") -> bytes:
    return diagram(start() + "\n\n" + element + end() + flows(f"s {name} e"), beside=beside)


@pytest.mark.parametrize(
    ("element", "told"),
    [
        ('<complexGateway id="x"/>', "is a complexGateway"),
        ('<transaction id="x"/>', "is a transaction"),
        ('<adHocSubProcess id="x"/>', "is a adHocSubProcess"),
        ('<choreographyTask id="x"/>', "is a choreographyTask"),
        ('<subProcess id="x" triggeredByEvent="true"/>', "event sub-process"),
        ('<subProcess id="x"><startEvent id="ps"><timerEventDefinition/></startEvent></subProcess>', "by an event"),
        ('<serviceTask id="x"/>', "calls no operation"),
        ('<businessRuleTask id="x"/>', "no decision table"),
        ('<callActivity id="x"/>', "calls no diagram"),
        ('<sendTask id="x"/>', "sends no message"),
        ('<receiveTask id="x"/>', "waits for no message"),
        ('<receiveTask id="x" messageRef="nope"/>', "'nope', which this file does not define"),
        ('<userTask id="x" isForCompensation="true"/>', "compensation"),
        ('<userTask id="x" startQuantity="2"/>', "startQuantity"),
        ('<intermediateCatchEvent id="x"/>', "none event"),
        ('<intermediateCatchEvent id="x"><conditionalEventDefinition/></intermediateCatchEvent>', "conditional"),
        ('<intermediateThrowEvent id="x"><compensateEventDefinition/></intermediateThrowEvent>', "compensate"),
        ('<intermediateCatchEvent id="x"><timerEventDefinition/></intermediateCatchEvent>', "has no timer"),
        ('<intermediateCatchEvent id="x"><messageEventDefinition/></intermediateCatchEvent>', "has no message"),
        ('<intermediateThrowEvent id="x"><signalEventDefinition/></intermediateThrowEvent>', "has no signal"),
        (catch("x", timer('cron("0 9 * * MON")')), "cron"),
        (catch("x", timer("PT1H") + ref("signal", "a")), "several event definitions"),
        ('<intermediateThrowEvent id="x"><linkEventDefinition name="L"/></intermediateThrowEvent>', "catching link"),
        (user("x", rounds()), "not clear how often"),
        (user("x", rounds(collection="a", cardinality="2")), "not clear how often"),
        (user("x", rounds(collection="a", result="b")), "one half"),
        (user("x", "<standardLoopCharacteristics/>"), "never end"),
        (user("x", '<standardLoopCharacteristics loopMaximum="few"/>'), "maximum"),
        (script("x", "y = "), "script"),
        (script("x", "import os"), "script"),
        (service("x", "a.b", c="1 +"), "parameter 'c'"),
        (catch("x", timer("in an hour")), "timer"),
        (user("x", rounds(cardinality="lambda: 1")), "number of rounds"),
        (user("x", rounds(collection="a", condition="a =")), "condition of its rounds"),
        (throw("x", ref("message", "m"), key="a b"), "message key"),
        (gateway("eventBased", "x"), "which is no event to wait for"),
    ],
)  # fmt: skip
def test_what_cannot_run_is_told_with_element_and_line(element: str, told: str) -> None:
    found = problems(around(element, beside=named("message", "m") + named("signal", "a")))
    assert [problem for problem in found if told in problem.message], found
    for problem in found:
        assert problem.advice and problem.line > 0 and problem.severity == "error"
        assert problem.element in ("x", "ps", "s_x", "x_e")


def test_flows_of_a_gateway_need_conditions_but_one() -> None:
    file = diagram(
        start() + gateway("exclusive", "g") + end("a") + end("b") + end("c") + flows("s g", "g>a: n > 1", "g b", "g c")
    )
    (problem,) = problems(file)
    assert problem.element == "g" and "'g_b', 'g_c'" in problem.message
    assert problems(file.replace(b'id="g"', b'id="g" default="g_b"')) != []
    fine = diagram(start() + gateway("exclusive", "g") + end("a") + end("b") + flows("s g", "g>a: n > 1", "g b"))
    assert problems(fine) == []


def test_a_condition_that_cannot_be_read_names_its_flow() -> None:
    file = diagram(start() + gateway("exclusive", "g") + end("a") + end("b") + flows("s g", "g>a: n >", "g b"))
    (problem,) = problems(file)
    assert problem.element == "g_a" and problem.rule == "expression"


def test_flows_stay_on_their_level() -> None:
    file = diagram(start() + sub("p", start("ps") + user("pu")) + end() + flows("s p", "pu e"))
    assert {problem.element for problem in problems(file)} == {"pu_e"}
    assert problems(diagram(start() + flows("s nowhere")))[0].message.endswith("at nothing.")


def test_a_boundary_event_sits_on_an_activity() -> None:
    file = diagram(start() + boundary("b", "s", timer("PT1H")) + end() + end("x") + flows("s e", "b x"))
    assert "not attached to an activity" in problems(file)[0].message


def test_a_called_diagram_declares_its_data() -> None:
    main = diagram(start() + call("c", "other") + end() + flows("s c e"))
    bare = diagram(start() + end() + flows("s e"), key="other")
    assert "does not say what goes in" in problems(main, other=bare)[0].message
    assert problems(main, other=diagram(start() + end() + flows("s e"), key="other", inputs="a")) == []
    assert problems(main) == []  # whether it exists is for the linter to say


def test_what_cannot_be_read_at_all() -> None:
    assert problems(b"<a/>")[0].rule == "bpmn"
    assert problems(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')[0].line >= 0
    assert problems(b"")[0].message
    assert problems(diagram(""))[0].message == "The diagram has no elements."


def test_everything_wrong_is_told_at_once() -> None:
    file = diagram(start() + script("a", "y = ") + '<serviceTask id="b"/>' + end() + flows("s a b e"))
    assert {problem.element for problem in problems(file)} == {"a", "b"}


def test_names_that_spiffworkflow_uses_itself_are_free() -> None:
    body = start("Start") + user("Root") + user("End") + user("walk.EndJoin") + end("root")
    assert problems(diagram(body + flows("Start Root End walk.EndJoin root"))) == []
