"""The web application: pages and API on the same parts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
from fastapi import FastAPI

from app import __version__
from app.bootstrap import Parts
from app.domain.configuration.in_force import SECONDS_BETWEEN_LOOKS
from app.web.api import include_api
from app.web.pages import include_pages


def create_app(parts: Parts) -> FastAPI:
    """Make the application of one process.

    The interactive API documentation of FastAPI is left out: it loads scripts from elsewhere, which our content
    security policy forbids; the description itself is at `/api/v1/openapi.json`.
    """

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # No more threads than there are connections for them: the others would only wait, and time out.
        anyio.to_thread.current_default_thread_limiter().total_tokens = parts.settings.threads
        # Beside the requests, so that none of them has to ask whether a setting has changed.
        async with anyio.create_task_group() as beside:
            beside.start_soon(_look_again, parts)
            yield
            beside.cancel_scope.cancel()

    app = FastAPI(
        title="Stellwerk", version=__version__, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None,
        lifespan=lifespan,
    )  # fmt: skip
    app.state.parts = parts
    include_api(app)
    include_pages(app, parts)
    return app


async def _look_again(parts: Parts) -> None:
    while True:
        await anyio.sleep(SECONDS_BETWEEN_LOOKS)
        await anyio.to_thread.run_sync(parts.configuration.look_again)
