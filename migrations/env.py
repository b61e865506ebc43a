"""Alembic's way into our database: a connection that is given, and the tables of every `records.py` under `app/`."""

import importlib
import pkgutil

from alembic import context
from sqlalchemy import MetaData, text

import app
from app.database.base import Base


def all_tables() -> MetaData:
    """Import every module named `records` below `app` and return what they declared."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.endswith(".records") and not module.ispkg:
            importlib.import_module(module.name)
    return Base.metadata


def ours(name: str | None, kind: str, parent: dict[str, str | None]) -> bool:
    """Leave Procrastinate's tables out of comparisons; its own SQL makes them."""
    table = name if kind == "table" else parent.get("table_name")
    return not (table or "").startswith("procrastinate_")


def run() -> None:
    """Migrate on the connection that `app.database.migrate` put into the configuration."""
    connection = context.config.attributes["connection"]
    # Rather fail and be started again than queue behind a long transaction and block everybody who comes after.
    with connection.begin():
        connection.execute(text("SET lock_timeout = '10s'"))
    context.configure(
        connection=connection,
        target_metadata=all_tables(),
        include_name=ours,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
