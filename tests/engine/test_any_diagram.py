"""Whatever is drawn of well-formed blocks runs to its end, stored in between or not."""

from itertools import count, cycle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import advance as engine
from tests.engine.drawings import (
    boundary,
    catch,
    diagram,
    end,
    flows,
    gateway,
    rounds,
    script,
    service,
    start,
    sub,
    user,
)
from tests.engine.drawings import timer as timed
from tests.engine.stories import Ports, Story, tell

Block = tuple[Any, ...]

LEAVES = st.sampled_from([("user",), ("script",), ("service",), ("wait",), ("race",)])


def _inside(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    several = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.tuples(st.just("seq"), several),
        st.tuples(st.sampled_from(["exclusive", "parallel", "inclusive"]), several),
        st.tuples(st.just("sub"), inner),
        st.tuples(st.just("rounds"), st.booleans(), st.integers(0, 3), inner),
        st.tuples(st.just("loop"), st.integers(1, 3), inner),
        st.tuples(st.just("timed"), st.booleans(), inner, inner),
    )


BLOCKS = st.recursive(LEAVES, _inside, max_leaves=8)


class Pen:
    """Draws blocks; one pen draws one level."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers
        self.nodes: list[str] = []
        self.flows: list[str] = []

    def name(self, kind: str) -> str:
        return f"{kind}{next(self.numbers)}"

    def level(self, block: Block) -> str:
        first, last = self.name("s"), self.name("e")
        entry, way_out = self.draw(block)
        self.flows += [f"{first} {entry}", f"{way_out} {last}"]
        return start(first) + "".join(self.nodes) + end(last) + flows(*self.flows)

    def draw(self, block: Block) -> tuple[str, str]:
        kind = block[0]
        if kind in ("exclusive", "parallel", "inclusive"):
            return self.parting(kind, block[1])
        return getattr(self, kind)(*block[1:])  # type: ignore[no-any-return]

    def leaf(self, name: str, node: str) -> tuple[str, str]:
        self.nodes.append(node)
        return name, name

    def user(self) -> tuple[str, str]:
        name = self.name("u")
        return self.leaf(name, user(name))

    def script(self) -> tuple[str, str]:
        name = self.name("x")
        return self.leaf(name, script(name, f"n = n + 1\n{name} = n"))

    def service(self) -> tuple[str, str]:
        name = self.name("o")
        return self.leaf(name, service(name, "add.one", result="n", n="n"))

    def wait(self) -> tuple[str, str]:
        name = self.name("t")
        return self.leaf(name, catch(name, timed("PT1H")))

    def race(self) -> tuple[str, str]:
        gate, one, two, merge = (self.name(kind) for kind in ("g", "t", "t", "m"))
        self.nodes += [gateway("eventBased", gate), catch(one, timed("PT1H")), catch(two, timed("PT2H"))]
        self.nodes.append(gateway("exclusive", merge))
        self.flows += [f"{gate} {one} {merge}", f"{gate} {two} {merge}"]
        return gate, merge

    def seq(self, blocks: tuple[Block, ...]) -> tuple[str, str]:
        drawn = [self.draw(block) for block in blocks]
        self.flows += [f"{a[1]} {b[0]}" for a, b in zip(drawn, drawn[1:], strict=False)]
        return drawn[0][0], drawn[-1][1]

    def parting(self, kind: str, blocks: tuple[Block, ...]) -> tuple[str, str]:
        split, join = self.name("g"), self.name("j")
        drawn = [self.draw(block) for block in blocks]
        default = f"{split}_{drawn[-1][0]}" if kind != "parallel" else ""
        self.nodes += [gateway(kind, split, default), gateway(kind, join)]
        for number, (entry, way_out) in enumerate(drawn):
            condition = f": n % 3 >= {number}" if kind != "parallel" and number < len(drawn) - 1 else ""
            self.flows += [f"{split}>{entry}{condition}", f"{way_out} {join}"]
        return split, join

    def sub(self, block: Block, more: str = "") -> tuple[str, str]:
        name = self.name("p")
        return self.leaf(name, sub(name, Pen(self.numbers).level(block), more))

    def rounds(self, sequential: bool, number: int, block: Block) -> tuple[str, str]:
        item = self.name("k")
        return self.sub(block, rounds(cardinality=str(number), item=item, sequential=sequential))

    def loop(self, times: int, block: Block) -> tuple[str, str]:
        more = f'<standardLoopCharacteristics loopMaximum="{times}"/>'
        return self.sub(block, more)

    def timed(self, interrupting: bool, block: Block, late: Block) -> tuple[str, str]:
        (name, _), edge, merge = self.sub(block), self.name("b"), self.name("m")
        entry, way_out = self.draw(late)
        self.nodes += [boundary(edge, name, timed("PT3H"), interrupting=interrupting), gateway("exclusive", merge)]
        self.flows += [f"{name} {merge}", f"{edge} {entry}"]
        if interrupting:
            self.flows.append(f"{way_out} {merge}")
        else:  # a second token must not reach a join
            self.nodes.append(end(f"{edge}e"))
            self.flows.append(f"{way_out} {edge}e")
        return name, merge


def turn(story: Story, choice: int) -> None:
    """Do one of the things that the case waits for."""
    tasks = [work.engine_id for work in engine.open_tasks(story.workflow)]
    timers = [work.engine_id for work, _ in engine.waiting_timers(story.workflow)]
    place = choice % (len(tasks) + len(timers))
    if place < len(tasks):
        engine.complete(story.workflow, tasks[place], {"choice": choice})
    else:
        engine.fire_timer(story.workflow, timers[place - len(tasks)])
    story.go()


@given(BLOCKS, st.lists(st.integers(0, 50), min_size=1, max_size=12), st.integers(0, 5))
@settings(deadline=None, max_examples=150)
def test_blocks_run_to_their_end(block: Block, choices: list[int], n: int) -> None:
    file = diagram(Pen(count(1)).level(block))

    def tale(story: Story) -> None:
        turns = cycle(choices)
        for _ in range(2_000):
            if story.status == "completed":
                break
            assert story.status == "waiting", story.result
            turn(story, next(turns))
        assert story.status == "completed"
        place = engine.place(story.workflow)["walk"]
        assert not place.current and place.done >= {story.result.end_events[0]}
        assert story.workflow.subprocesses == {} and len(story.workflow.tasks) == 1

    tell(tale, file, data={"n": n}, ports=lambda: Ports(operations={"add.one": lambda n: n + 1}))
