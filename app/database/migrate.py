"""Brings a database to the newest version of our tables."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from app.errors import Unavailable
from app.settings import shipped_folder, with_driver

# Any number will do, as long as all versions of Stellwerk ask for the same lock.
MIGRATION_LOCK = 0x57E11


def configuration(connection: Connection | None = None, folder: Path | None = None) -> Config:
    """Return Alembic's configuration for a connection; `folder` is that of the migrations."""
    config = Config()
    config.set_main_option("script_location", str(folder or shipped_folder() / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """Return the newest revision that this version of Stellwerk brings."""
    found = ScriptDirectory.from_config(configuration()).get_current_head()
    assert found is not None
    return found


def revision(connection: Connection) -> str | None:
    """Return the revision that the database is at; None before the first migration."""
    if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def migrate(database_url: str) -> None:
    """Apply all migrations that are missing; several starts at once wait for one another.

    Raises:
        Unavailable: the server cannot be reached, or we may not make tables there.
    """
    # A host that swallows everything would otherwise keep us waiting for minutes without a word.
    engine = create_engine(with_driver(database_url), poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as guard, engine.connect() as connection:
            # A lock of the session, on a connection of its own: each migration is a transaction of the other one.
            guard.execution_options(isolation_level="AUTOCOMMIT")
            guard.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
            if revision(connection) != head():
                connection.rollback()
                command.upgrade(configuration(connection), "head")
    except OperationalError as error:
        raise Unavailable(
            f"The database cannot be reached or migrated: {error.orig}\nSTELLWERK_DATABASE_URL says which server it is."
        ) from error
    except ProgrammingError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        raise Unavailable(
            f"The database cannot be migrated: {error.orig}\n"
            "Make the user in STELLWERK_DATABASE_URL the owner of the database (ALTER DATABASE … OWNER TO …)."
        ) from error
    finally:
        engine.dispose()
