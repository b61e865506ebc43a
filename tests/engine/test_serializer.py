"""State is stored as it is, small, and never with the diagrams in it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine import advance as engine
from app.engine.program import Program
from app.engine.serializer import dump, restore
from app.engine.storable import storable
from app.engine.work import ElementError
from app.expressions import CalendarDuration
from tests.engine.drawings import diagram, end, flows, script, start, user
from tests.engine.stories import Bundle, Ports, program_of

WALK = diagram(start() + user("u") + script("x", "n = n + 1") + user("v") + end() + flows("s u x v e"))

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**63), st.floats(allow_nan=False), st.text(max_size=20),
    st.dates(), st.datetimes(timezones=st.just(UTC)), st.times(), st.timedeltas(), st.decimals(allow_nan=False),
    st.uuids(),
    st.builds(CalendarDuration, st.integers(1, 99), st.timedeltas(timedelta(0), timedelta(9)).map(
        lambda d: timedelta(days=d.days, seconds=d.seconds))),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)


@given(st.dictionaries(st.text(max_size=10), VALUES, max_size=6))
@settings(deadline=None)
def test_every_value_comes_back_as_it_was(data: dict[str, Any]) -> None:
    program = program_of(WALK)
    workflow = engine.new_workflow(program, data)
    engine.advance(workflow, Ports())
    (work,) = engine.open_tasks(restore(program, dump(workflow)))
    assert dict(work.data) == data
    assert [type(value) for value in work.data.values()] == [type(value) for value in data.values()]


@pytest.mark.parametrize(
    "value", [{"~": 1}, {"~": ["date"]}, {"~": ["date", "never"]}, {"~": ["what", "x"]}, {"~": [[], {}]}, {"~": None}]
)
def test_a_map_that_merely_looks_like_ours_stays_what_it_is(value: dict[str, Any]) -> None:
    program = program_of(WALK)
    workflow = engine.new_workflow(program, {"odd": value, "when": date(2026, 1, 1)})
    engine.advance(workflow, Ports())
    (work,) = engine.open_tasks(restore(program, dump(workflow)))
    assert work.data["odd"] == value


class Priority(StrEnum):
    HIGH = "high"


def test_what_cannot_be_kept_is_refused_and_what_is_close_is_made_plain() -> None:
    assert storable((1, (2,)), "x") == [1, [2]]
    kept = storable({"p": Priority.HIGH}, "x")
    assert kept == {"p": "high"} and type(kept["p"]) is str
    for value in ({1, 2}, object(), {1: 2}, b"bytes", lambda: 1):
        with pytest.raises(ElementError, match="'x'"):
            storable(value, "x")
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ElementError, match="nested too deep"):
        storable(deep, "x")


def test_the_state_holds_no_diagram_and_does_not_grow_with_it() -> None:
    names = [f"t{number}" for number in range(200)]
    big = diagram(start() + "".join(user(name) for name in names) + end() + flows(" ".join(["s", *names, "e"])))
    sizes = []
    for file in (WALK, big):
        workflow = engine.new_workflow(program_of(file), {})
        engine.advance(workflow, Ports())
        sizes.append(len(dump(workflow)))
    assert max(sizes) < 400 and sizes[1] - sizes[0] < 30


def test_a_state_of_another_codec_or_bundle_is_not_read() -> None:
    program = program_of(WALK)
    state = dump(engine.new_workflow(program, {}))
    assert state[:1] == b"\x01"
    with pytest.raises(ValueError, match="unknown codec"):
        restore(program, b"\x00" + state[1:])
    other = Program(99, "walk", program.diagrams)
    with pytest.raises(ValueError, match="does not fit"):
        restore(other, state)


def test_many_threads_share_one_program() -> None:
    program = program_of(WALK)

    def run(number: int) -> tuple[Any, Any]:
        workflow = engine.new_workflow(program, {"n": number, "at": datetime(2026, 1, 1, tzinfo=UTC)})
        engine.advance(workflow, Ports())
        for name in ("u", "v"):
            workflow = restore(program, dump(workflow))
            (work,) = engine.open_tasks(workflow)
            assert work.element_id == name
            engine.complete(workflow, work.engine_id, {name: number})
            engine.advance(workflow, Ports())
        return workflow.data, workflow.completed

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(run, range(400)))
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert results == [({"n": n + 1, "at": at, "u": n, "v": n}, True) for n in range(400)]


def test_a_program_is_compiled_once_per_bundle() -> None:
    diagrams = program_of(WALK).diagrams
    bundle, other = Bundle(diagrams, "walk"), Bundle(diagrams, "walk")
    assert Program.of(bundle) is Program.of(bundle)
    assert Program.of(bundle) is not Program.of(other)


def test_types_that_stay_apart() -> None:
    data = {
        "a": Decimal("1.10"),
        "b": time(9, 30),
        "c": UUID(int=5),
        "d": timedelta(days=-1, microseconds=3),
        "e": True,
    }
    program = program_of(WALK)
    workflow = engine.new_workflow(program, data)
    engine.advance(workflow, Ports())
    (work,) = engine.open_tasks(restore(program, dump(workflow)))
    assert str(work.data["a"]) == "1.10" and dict(work.data) == data and work.data["e"] is True
