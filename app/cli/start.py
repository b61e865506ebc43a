"""What most commands begin with: settings, log, a database, and the parts built on it."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from app.errors import StellwerkError
from app.settings import Settings

if TYPE_CHECKING:
    from app.bootstrap import Parts
    from app.database.embedded import Cluster


def read_settings() -> Settings:
    """Read the environment and set the log up.

    Raises:
        StellwerkError: a variable has a value that will not do; the message names it.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        lines = [
            f"STELLWERK_{'_'.join(map(str, item['loc'])).upper()}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        ]
        raise StellwerkError("\n".join(lines), code="settings") from error
    logging.basicConfig(
        level=settings.log_level.upper(),
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty in ("alembic", "uvicorn.error"):
        logging.getLogger(chatty).setLevel(max(logging.getLogger().level, logging.WARNING))
    return settings


def embedded_cluster(settings: Settings) -> "Cluster | None":
    """Return the embedded PostgreSQL of these settings, not yet started; None when they name a server."""
    if settings.database_url:
        return None
    from app.database.embedded import Cluster

    return Cluster(settings.var)


@contextmanager
def with_database(settings: Settings) -> Iterator[Settings]:
    """Yield settings that name a running server: the one set, else the embedded one for the length of the block."""
    cluster = embedded_cluster(settings)
    if cluster is None:
        yield settings
        return
    try:
        cluster.start()
        yield settings.model_copy(update={"database_url": cluster.url()})
    finally:
        cluster.stop()


@contextmanager
def with_parts() -> Iterator["Parts"]:
    """Yield all parts, built on a migrated database."""
    from app.bootstrap import build
    from app.database.migrate import migrate
    from app.web.i18n import label_in

    with with_database(read_settings()) as settings:
        migrate(settings.database_url)
        parts = build(settings, say=label_in)
        try:
            yield parts
        finally:
            parts.database.close()
