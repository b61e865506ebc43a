"""A step ends, a case does not grow, and nothing written in a diagram is run as Python."""

import sys

import pytest

from app.engine import advance as engine
from app.engine.serializer import dump, restore
from app.errors import Refused
from tests.engine.drawings import diagram, end, flows, gateway, rounds, script, service, start, user
from tests.engine.stories import Ports, Story, program_of, tell

REWORK = diagram(
    start() + gateway("exclusive", "in") + user("work") + script("x", "n = n + 1") + gateway("exclusive", "g") + end()
    + flows("s in work x g", "g>in: again", "g>e")
)  # fmt: skip


def test_two_thousand_rounds_of_rework_cost_no_more_at_the_end_than_at_the_beginning() -> None:
    program = program_of(REWORK)
    workflow = engine.new_workflow(program, {"n": 0})
    engine.advance(workflow, Ports())
    sizes = []
    for number in range(2_000):
        (work,) = engine.open_tasks(workflow)
        engine.complete(workflow, work.engine_id, {"again": number < 1_999})
        engine.advance(workflow, Ports())
        state = dump(workflow)
        sizes.append(len(state))
        workflow = restore(program, state)
    assert workflow.completed and workflow.data["n"] == 2_000
    assert max(sizes) - min(sizes[:10]) < 40  # only the counters have more digits
    assert engine.place(workflow)["walk"].done == {"s", "in", "work", "x", "g", "e"}


def test_a_loop_without_a_way_out_ends_with_a_word() -> None:
    file = diagram(start() + gateway("exclusive", "in") + script("x", "n = n + 1") + flows("s in x in"))
    program = program_of(file)
    workflow = engine.new_workflow(program, {"n": 0})
    result = engine.advance(workflow, Ports(), max_steps=1_000, max_seconds=60)
    assert result.status == "stuck" and result.stuck is not None
    assert "1,000 elements" in result.stuck.message and "loop" in result.stuck.message
    restored = restore(program, dump(workflow))
    assert engine.stuck_at(restored) == result.stuck.engine_id
    engine.retry(restored, result.stuck.engine_id)
    assert engine.advance(restored, Ports(), max_steps=10, max_seconds=60).status == "stuck"


def test_a_step_is_bounded_in_time() -> None:
    file = diagram(start() + gateway("exclusive", "in") + script("x", "n = n + 1") + flows("s in x in"))
    workflow = engine.new_workflow(program_of(file), {"n": 0})
    result = engine.advance(workflow, Ports(), max_steps=10**9, max_seconds=0.02)
    assert result.stuck is not None and "its time was up" in result.stuck.message


def test_a_thousand_rounds_and_a_long_chain_do_not_exhaust_the_stack() -> None:
    names = [f"t{number}" for number in range(1_500)]
    chain = diagram(
        start() + "".join(script(name, "n = n + 1") for name in names) + end() + flows(" ".join(["s", *names, "e"]))
    )
    assert sys.getrecursionlimit() < 1_500
    workflow = engine.new_workflow(program_of(chain), {"n": 0})
    assert engine.advance(workflow, Ports(), max_seconds=60).status == "completed"
    assert workflow.data["n"] == 1_500

    several = rounds(cardinality="1000", item="k", result="all", result_item="one")
    file = diagram(start() + user("m", several) + end() + flows("s m e"))
    program = program_of(file)
    workflow = engine.new_workflow(program, {"text": "x" * 1_000})
    engine.advance(workflow, Ports())
    state = dump(workflow)
    assert len(state) < 80_000  # what all rounds share is stored once
    workflow = restore(program, state)
    for work in engine.open_tasks(workflow):
        engine.complete(workflow, work.engine_id, {"one": work.instance})
    assert engine.advance(workflow, Ports(), max_seconds=60).status == "completed"
    assert workflow.data["all"] == list(range(1_000))


ESCAPES = [
    "__import__('os').system('id')",
    "().__class__.__base__.__subclasses__()",
    "open('/etc/passwd').read()",
    "exec('import os')",
    "eval('1')",
    "(lambda: 1)()",
    "[x for x in (1, 2)]",
    "random._os.popen('id')",
    "json.codecs.open('x')",
    "''.format.__globals__",
    "f'{().__class__}'",
    "'{0.__class__}'.format(1)",
    "globals()",
    "getattr(1, '__class__')",
    "x.__class__",
    "(x := 1)",
    "9**9**9**9",
    "'a' * 10**10",
]


@pytest.mark.parametrize("text", ESCAPES)
def test_no_python_gets_out_of_a_diagram(text: str) -> None:
    """Each escape, at each place where a diagram holds an expression, is refused or gives an error, never a value."""
    places = [
        diagram(start() + script("x", f"y = {text}") + end() + flows("s x e")),
        diagram(start() + gateway("exclusive", "x") + end() + end("f") + flows("s x", f"x>e: {text}", "x>f")),
        diagram(start() + service("x", "do.it", "y", a=text) + end() + flows("s x e")),
        diagram(start() + user("x", rounds(collection="c").replace(">c<", ">" + text.replace("&", "&amp;")
                .replace("<", "&lt;") + "<")) + end() + flows("s x e")),
    ]  # fmt: skip
    for file in places:
        try:
            program = program_of(file)
        except Refused as refused:
            assert refused.problems[0].element in ("x", "x_e") and refused.problems[0].line
            continue
        ports = Ports(operations={"do.it": lambda a: a})
        workflow = engine.new_workflow(program, {"x": 1})
        result = engine.advance(workflow, ports)
        assert result.status == "stuck" and result.stuck is not None and result.stuck.element_id == "x", file
        assert ports.called == []


@pytest.mark.parametrize(
    "text",
    ["import os", "import os\nx = 1", "while True: pass", "x += 1", "del x", "def f(): pass", "x.y = 1", "print(1)"],
)
def test_a_script_is_assignments_alone(text: str) -> None:
    with pytest.raises(Refused) as refused:
        program_of(diagram(start() + script("x", text) + end() + flows("s x e")))
    assert refused.value.problems[0].element == "x"


def test_spiffworkflow_itself_finds_no_python_to_run() -> None:
    from app.engine.scripting import ENGINE
    from app.expressions import ExpressionError

    with pytest.raises(ExpressionError):
        ENGINE.environment.evaluate("__import__('os')", {})
    with pytest.raises(ExpressionError):
        ENGINE.environment.execute("import os", {})
    with pytest.raises(NotImplementedError):
        ENGINE.environment.call_service({})
    context = {"n": 1}
    assert ENGINE.environment.execute("m = n + 1", context) and context == {"n": 1, "m": 2}


def test_an_interrupted_rework_loop_is_the_same() -> None:
    def tale(story: Story) -> None:
        for number in range(5):
            story.do("work", again=number < 4)
        assert story.status == "completed"

    tell(tale, REWORK, data={"n": 0})
