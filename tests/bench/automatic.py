"""(c) Cases of five scripts that wait for nothing: bare SpiffWorkflow in memory, our engine, the whole product."""

import gc
from collections.abc import Callable
from time import perf_counter, process_time

from app.engine import advance as engine
from app.engine import commands
from app.engine.serializer import dump, restore
from tests.bench import drawings
from tests.bench.bare import Bare, drawing, read
from tests.bench.figures import Rate
from tests.bench.ports import PORTS
from tests.bench.world import AUTOMATIC, World


def automatic(world: World, cases: int) -> dict[str, Rate]:
    """Measure cases from start to end, in one process and one thread.

    SpiffWorkflow runs the diagram with its default environment, that is in Python. "in memory" is our engine without a
    database; "stored" adds one way through bytes, as of a case that waits in between; "product" is the step that the
    API carries out: a case with number and journal, in a transaction of its own.
    """
    program = world.program(AUTOMATIC)
    spiff = Bare(read(AUTOMATIC, drawing(AUTOMATIC, drawings.scripts())))

    def bare() -> bool:
        workflow = spiff.new()
        return bool(workflow.is_completed()) and workflow.data["sum_5"] == 15

    def ours() -> bool:
        workflow = engine.new_workflow(program, {})
        result = engine.advance(workflow, PORTS)
        return result.status == "completed" and workflow.data["sum_5"] == 15

    def stored() -> bool:
        workflow = restore(program, dump(engine.new_workflow(program, {})))
        return engine.advance(workflow, PORTS).status == "completed" and bool(dump(workflow))

    def product() -> bool:
        with world.parts.database.transaction() as session:
            outcome = commands.start_case(world.parts.engine, session, AUTOMATIC, world.person, {"title": "Measured"})
        return outcome.case.status == "completed"

    runs = {"SpiffWorkflow, in memory": bare, "in memory": ours, "in memory, stored": stored, "product": product}
    return {title: _rate(run, cases) for title, run in runs.items()}


def _rate(case: Callable[[], bool], cases: int) -> Rate:
    for _ in range(20):
        assert case(), "the case must end with the right sum"
    gc.collect()
    wall, cpu = perf_counter(), process_time()
    for _ in range(cases):
        case()
    return Rate(cases, perf_counter() - wall, process_time() - cpu)
