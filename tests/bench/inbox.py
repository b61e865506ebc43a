"""(d) Pages of the inbox with many open and closed tasks in the database."""

from tests.bench.clients import Job
from tests.bench.served import Measured, web
from tests.bench.world import World

PAGES = {"assigned to me": "/work", "my teams": "/work?tab=teams"}


def inbox(world: World, *, pages: int, clients: list[int]) -> dict[str, Measured]:
    """Measure the first page of each tab, from one web process."""
    found: dict[str, Measured] = {}
    with web(world, 1) as served:
        for title, path in PAGES.items():
            for number in clients:
                job = Job(
                    port=served.port, clients=number, header=f"cookie: stellwerk_session={world.cookie}",
                    path=path, pages=pages, warm=-(-20 // number),
                )  # fmt: skip
                found[f"{title}, {number} client{'s' * (number > 1)}"] = served.load(job)
    return found
