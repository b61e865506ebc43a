"""(b) Completing tasks through the API, and what each asks of the database."""

from fastapi.testclient import TestClient

from app.main import create_app
from tests.bench.clients import Job
from tests.bench.served import Measured, web
from tests.bench.statements import listening
from tests.bench.world import PLAIN, RECORD, World

WARM_CASES = 3


def completions(world: World, count: int, *, processes: list[int], clients: list[int]) -> dict[str, Measured]:
    """Measure loads of about `count` completions with each number of processes and clients."""
    found: dict[str, Measured] = {}
    for running in processes:
        with web(world, running) as served:
            for number in clients:
                cases = max(count // 10, number) + WARM_CASES * number
                job = Job(
                    port=served.port, clients=number, header=f"authorization: Bearer {world.token}",
                    tasks=world.start(PLAIN, cases), warm=WARM_CASES,
                )  # fmt: skip
                plural = "es" * (running > 1)
                found[f"{running} process{plural}, {number} client{'s' * (number > 1)}"] = served.load(job)
    return found


def statements(world: World) -> dict[str, dict[str, int]]:
    """Count what one completion asks of the database, read from the server's log."""
    found: dict[str, dict[str, int]] = {}
    with TestClient(create_app(world.parts), headers={"authorization": f"Bearer {world.token}"}) as client:
        for title, key in (("without a record", PLAIN), ("with a record", RECORD)):
            task = world.start(key, 1)[0]
            # The first completion of a process also reads the diagram.
            for number in (1, 2):
                with listening(world.cluster, world.parts) as asked:
                    body = {"values": {f"answer_{number}": "Works again"}}
                    answer = client.post(f"/api/v1/tasks/{task}/complete", json=body)
                task = answer.raise_for_status().json()["next_task"]
            found[title] = {"statements": len(asked.statements), "commits": asked.commits}
    return found
