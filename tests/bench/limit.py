"""(a) The in-process limit: restore, complete, advance, dump and save one row, with no product around it."""

import gc
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter, process_time
from typing import Any

import psycopg
from sqlalchemy import select

from app.engine import advance as engine
from app.engine.loading import locked_case
from app.engine.records import Task
from app.engine.serializer import dump, restore
from tests.bench import drawings
from tests.bench.bare import Bare, drawing, read
from tests.bench.drawings import TASKS
from tests.bench.figures import Rate
from tests.bench.ports import PORTS
from tests.bench.world import PLAIN, World

ROWS = 100
TABLE = "CREATE TABLE IF NOT EXISTS bench_row (id int PRIMARY KEY, state bytea NOT NULL, version int NOT NULL)"
FILL = "INSERT INTO bench_row SELECT g, '', 1 FROM generate_series(0, %s) g ON CONFLICT DO NOTHING"
SAVE = "UPDATE bench_row SET state = %s, version = version + 1 WHERE id = %s"


@dataclass(frozen=True, slots=True)
class Machine:
    """How one engine completes a task: the state of a case that has just begun, and a way from state to state."""

    first: bytes
    complete: Callable[[bytes, dict[str, Any]], bytes]


def limit(world: World, completions: int) -> dict[str, Rate]:
    """Measure one process with one connection.

    "engine alone" has no database, "limit" saves one row per completion by psycopg. For comparison, "through
    SQLAlchemy" locks, reads and saves the row as a step of the product does, and "with SpiffWorkflow" is the limit
    with bare SpiffWorkflow in the place of our engine.
    """
    ours, bare = _ours(world), _bare()
    with psycopg.connect(world.url) as connection:
        connection.execute(TABLE)
        connection.execute(FILL, (ROWS,))
        connection.commit()

        def saved(machine: Machine) -> Callable[[bytes, dict[str, Any], int], bytes]:
            def one(state: bytes, values: dict[str, Any], number: int) -> bytes:
                after = machine.complete(state, values)
                connection.execute(SAVE, (after, number // TASKS % ROWS))
                connection.commit()
                return after

            return one

        found = {
            "engine alone": _measure(ours, lambda state, values, _: ours.complete(state, values), completions),
            "limit": _measure(ours, saved(ours), completions),
            "limit with SpiffWorkflow": _measure(bare, saved(bare), completions // 4),
        }
    found["limit through SQLAlchemy"] = _measure(ours, _through_sqlalchemy(world, ours), completions // 2)
    return found


def _ours(world: World) -> Machine:
    program = world.program(PLAIN)
    begun = engine.new_workflow(program, {})
    engine.advance(begun, PORTS)

    def complete(state: bytes, values: dict[str, Any]) -> bytes:
        workflow = restore(program, state)
        engine.complete(workflow, engine.open_tasks(workflow)[0].engine_id, values)
        engine.advance(workflow, PORTS)
        return dump(workflow)

    return Machine(dump(begun), complete)


def _bare() -> Machine:
    spiff = Bare(read(PLAIN, drawing(PLAIN, drawings.tasks_and_scripts())))

    def complete(state: bytes, values: dict[str, Any]) -> bytes:
        workflow = spiff.restore(state)
        spiff.complete(workflow, values)
        return spiff.dump(workflow)

    return Machine(spiff.dump(spiff.new()), complete)


def _through_sqlalchemy(world: World, machine: Machine) -> Callable[[bytes, dict[str, Any], int], bytes]:
    with world.parts.database.transaction() as session:
        tasks = select(Task.case_id).where(Task.id.in_(world.start(PLAIN, ROWS)))
        cases = list(session.scalars(tasks))

    def one(state: bytes, values: dict[str, Any], number: int) -> bytes:
        with world.parts.database.transaction() as session:
            case = locked_case(session, cases[number // TASKS % ROWS])
            case.state = machine.complete(state, values)
            return case.state

    return one


def _measure(machine: Machine, one: Callable[[bytes, dict[str, Any], int], bytes], completions: int) -> Rate:
    """Complete tasks one after the other, case after case; the first case is not measured."""
    state = machine.first
    wall = cpu = 0.0
    for number in range(-TASKS, completions):
        if number % TASKS == 0:
            state = machine.first
        if number == 0:
            gc.collect()
            wall, cpu = perf_counter(), process_time()
        state = one(state, {f"answer_{number % TASKS + 1}": "Works again"}, number)
    return Rate(completions, perf_counter() - wall, process_time() - cpu)
