"""The two kinds of process that Stellwerk consists of: web and worker."""

import gc
import logging
import os
import socket
import time
from typing import TYPE_CHECKING

from app.cli.start import read_settings, with_database
from app.cli.supervisor import end_with
from app.settings import Settings

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

GRACE_SECONDS = 20


def run_web(*, listener: int | None, alive: int | None) -> None:
    """Serve pages and API until SIGTERM or SIGINT.

    Args:
        listener: descriptor of an inherited listening socket; without one we open our own.
        alive: reading end of the supervisor's pipe.
    """
    import uvicorn

    from app.bootstrap import build
    from app.cli.serve import listen
    from app.main import create_app
    from app.web.i18n import label_in

    settings = _settings(alive)
    with with_database(settings) as settings:
        sock = socket.socket(fileno=listener) if listener is not None else listen(settings.host, settings.port)
        parts = build(settings, say=label_in)
        try:
            config = web_config(settings, create_app(parts))
            # What start-up has made stays for good. Looking through it again and again for garbage took up to 40 ms
            # in the middle of a request.
            gc.collect()
            gc.freeze()
            # Each request makes some thousand objects and drops them again without any circle.
            gc.set_threshold(20_000, 50, 100)
            uvicorn.Server(config).run(sockets=[sock])
        finally:
            parts.database.close()


def web_config(settings: Settings, app: "FastAPI") -> "uvicorn.Config":
    """Return how a web process serves: whose `X-Forwarded-*` headers it believes, how long it waits at its end."""
    import uvicorn

    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def run_worker(*, alive: int | None) -> None:
    """Carry out jobs, timers and duties until SIGTERM or SIGINT."""
    from app.bootstrap import build
    from app.domain.configuration.in_force import SECONDS_BETWEEN_LOOKS
    from app.engine.background import fire_due
    from app.schedule.health import node_name
    from app.web.i18n import label_in
    from app.worker.loop import run

    with with_database(_settings(alive)) as settings:
        parts, node = build(settings, say=label_in), node_name()
        looked = time.monotonic()

        def fire() -> int:
            nonlocal looked
            if time.monotonic() - looked > SECONDS_BETWEEN_LOOKS:
                looked = time.monotonic()
                parts.configuration.look_again()
            return fire_due(parts.engine)

        try:
            run(
                queue=parts.queue,
                database=parts.database,
                fire=fire,
                fire_schedules=parts.schedules.fire,
                duties=parts.duties(node),
                node=node,
                concurrency=settings.worker_concurrency,
                tick_seconds=settings.tick_seconds,
            )
        finally:
            parts.database.close()


def _settings(alive: int | None) -> Settings:
    settings = read_settings()
    if alive is not None:
        os.set_inheritable(alive, False)
        end_with(alive)
        if settings.log_level == "info":
            # That the worker comes and goes is no news where the supervisor says when everything is there.
            logging.getLogger("app.worker.loop").setLevel(logging.WARNING)
    return settings
