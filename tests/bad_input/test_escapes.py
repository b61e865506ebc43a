"""What people try to get out of a diagram: published, run through the API, and nothing of it reaches the process."""

from typing import Any

import pytest

from app.engine.records import Case
from app.errors import Refused
from app.operations import OperationContext
from tests.engine.drawings import (
    catch,
    end,
    extensions,
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
from tests.stage import Stage, draw, form, text

ESCAPES = [
    "9**9**9", "9**9**9**9", "(10**1000)**1000", "1 << 10**9", "'x' * 10**10", "[0] * 10**10",
    "'x'.join(['y'] * 10**9)", "().__class__.__base__.__subclasses__()", "().__class__",
    "''.__class__.__mro__[1].__subclasses__()", "__import__('os').system('id')", "open('/etc/passwd').read()",
    "eval('1')", "exec('1')", "globals()", "vars()", "[x for x in (1).__class__.__bases__]", "(lambda: 1)()",
    "getattr(title, 'upper')()", "title.__class__", "f'{title.__class__}'", "'{0.__class__}'.format(title)",
    "'%s' % title", "title.format(1)", "record.__dict__", "case.__class__", "now.__globals__", "now().__class__",
    "lower.__globals__", "len.__self__", "title['__class__']", "{}.__class__", "(x := 1)", "[].append(1)",
    "breakpoint()", "print(1)", "compile('1', '', 'eval')", "type(title)", "random._os.popen('id')",
    "json.codecs.open('/etc/passwd')", "a\\u0062s(1).__class__", "e" * 200_000, "(" * 5000 + "1" + ")" * 5000,
    "1" + "+1" * 50_000, "not " * 5000 + "1", "[" * 3000 + "]" * 3000, "9" * 100_000, "min([[]] * 3).__class__",
]  # fmt: skip
PLACES = ("script", "condition", "parameter", "due", "assignee", "timer", "key", "payload", "rounds", "title")


def run(stage: Stage, body: str, **properties: str) -> str:
    """Publish a diagram and work through a case of it; says what became of it."""
    try:
        stage.publish(
            draw("walk", body, beside=named("message", "information.provided"), **properties),
            form("look", text("title")),
        )
    except Refused as refused:
        assert all(problem.message and len(problem.message) < 2000 for problem in refused.problems)
        return "refused"
    client = stage.api("Anna Novak")
    answer = client.post("/api/v1/diagrams/walk/cases", json={})
    assert answer.status_code == 201, answer.text
    for task in answer.json()["new_tasks"]:
        answer = client.post(f"/api/v1/tasks/{task}/complete", json={"values": {"title": "x"}})
        assert answer.status_code == 200, answer.text
    case = stage.rows(Case)[-1]
    assert case.stuck_message is None or len(case.stuck_message) < 2000
    return str(case.status)


def with_escape(place: str, escape: str) -> tuple[str, dict[str, str]]:
    """Return the body of a diagram that holds an escape at a place, behind the task `look` and before `act`."""
    parameters, process = {}, {}
    inner = flows("look act")
    match place:
        case "script":
            inner = script("x", f"value = {escape}") + flows("look x act")
        case "condition":
            inner = gateway("exclusive", "g", default="g_act") + end("f") + flows("look g", f"g>f: {escape}", "g>act:")
        case "parameter":
            parameters = {"name": escape}
        case "due" | "assignee":
            inner = user("more", extensions(form="look", **{place: escape})) + flows("look more act")
        case "timer":
            inner = catch("t", timer(escape)) + flows("look t act")
        case "key":
            inner = catch("m", ref("message", "information.provided"), key=escape) + flows("look m act")
        case "payload":
            sent = f'<sendTask id="m" messageRef="message_information.provided">{extensions(key="1", payload=escape)}'
            inner = f"{sent}</sendTask>" + flows("look m act")
        case "rounds":
            several = f"<multiInstanceLoopCharacteristics><loopCardinality>{html(escape)}</loopCardinality>"
            inner = (
                f'<userTask id="more">{extensions(form="look")}{several}</multiInstanceLoopCharacteristics></userTask>'
            )
            inner += flows("look more act")
        case "title":
            process = {"title": escape}
    act = service("act", "probe.act", **parameters)
    return start() + user("look") + inner + act + end() + flows("s look", "act e"), process


def html(text_: str) -> str:
    return text_.replace("&", "&amp;").replace("<", "&lt;")


@pytest.mark.parametrize("place", PLACES)
def test_nothing_escapes_from_a_diagram(stage: Stage, place: str) -> None:
    reached: list[Any] = []

    def act(context: OperationContext) -> None:
        reached.append(dict(context.data))

    stage.acts["act"] = act
    for escape in ESCAPES:
        body, process = with_escape(place, escape)
        outcome = run(stage, body, **process)
        # A title that cannot be found out is none; everything else stops the case, or is not even published.
        assert outcome in (("refused", "stuck") if place != "title" else ("refused", "completed")), (escape, outcome)
    if place != "title":
        assert reached == []
    assert all(case.title == "Walk" for case in stage.rows(Case))


@pytest.mark.parametrize(
    "body",
    [
        script("a", "n = 1") + script("b", "n = n + 1") + flows("look a b a"),
        gateway("exclusive", "g") + gateway("exclusive", "h") + flows("look g h g"),
        script("a", "t = title") + script("b", "t = t + t") + script("c", "t = t + t") + flows("look a b c b"),
        script("a", "items = [1]") + script("b", "items = items + items") + script("c", "items = items + items")
        + flows("look a b c b"),
        script("a", "n = 2") + script("b", "n = n * n") + script("c", "n = n * n") + flows("look a b c b"),
        script("a", "n = {}") + script("b", "n = {'n': n, 'm': n}") + script("c", "n = {'n': n, 'm': n}")
        + flows("look a b c b"),
        gateway("parallel", "g") + gateway("parallel", "h") + flows("look g", "g h", "g h2 h", "h g") + script("h2",
        "n = 1"),
    ],
    ids=["scripts", "gateways", "texts that double", "lists that double", "numbers that square", "maps that double",
         "tokens that double"],
)  # fmt: skip
def test_what_never_ends_is_ended(stage: Stage, body: str) -> None:
    outcome = run(stage, start() + user("look") + body + end() + flows("s look"))
    assert outcome in ("refused", "stuck"), outcome


def test_a_loop_with_a_way_out_that_nobody_takes_is_ended(stage: Stage) -> None:
    body = (
        start() + user("look") + script("a", "n = 0") + gateway("exclusive", "g", default="g_b")
        + script("b", "n = n + 1") + end() + flows("s look a g", "g>e: n < 0", "g>b:", "b g")
    )  # fmt: skip
    assert run(stage, body) == "stuck"
    [case] = stage.rows(Case)
    assert "Is there a loop that cannot end?" in str(case.stuck_message)
    # The person's work is kept, and nothing else suffers from it.
    assert stage.task("look", "done").completed_by_id == stage.people["Anna Novak"]
    assert stage.api("Anna Novak").get("/healthz").status_code == 200
