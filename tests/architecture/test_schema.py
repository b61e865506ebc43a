"""The migrations build exactly what the models say, along one line."""

from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from app.database.migrate import configuration
from app.database.transaction import Database
from app.settings import shipped_folder

PROCRASTINATE = "procrastinate-3.10.sql"


def test_models_and_migrations_agree(database: Database) -> None:
    engine = create_engine(database.engine.url)
    with engine.connect() as connection:
        # Raises with the list of differences.
        command.check(configuration(connection))
    engine.dispose()


def test_there_is_one_head() -> None:
    assert len(ScriptDirectory.from_config(configuration()).get_heads()) == 1


def test_migrations_say_what_they_do() -> None:
    for script in ScriptDirectory.from_config(configuration()).walk_revisions():
        assert script.doc and len(script.doc.split()) >= 3, script.path
        assert not script.path.endswith(f"{script.revision}_.py"), "a migration has a name"


def test_every_foreign_key_of_a_big_table_can_be_followed(database: Database) -> None:
    """A person's or case's rows are found through an index, not by reading all tasks there ever were."""
    query = text("""
        SELECT conrelid::regclass::text, attname FROM pg_constraint
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        WHERE contype = 'f' AND confrelid = 'process_case'::regclass AND NOT EXISTS (
            SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1] AND indpred IS NULL)
    """)
    with database.transaction() as session:
        missing = {tuple(row) for row in session.execute(query)}
    assert missing == set()


def test_procrastinates_schema_is_that_of_the_installed_version() -> None:
    """When this fails a new release brought a new schema: add a migration with its statements."""
    import procrastinate.schema

    kept = (shipped_folder() / "migrations" / "sql" / PROCRASTINATE).read_text()
    body = "\n".join(line for line in kept.splitlines() if not line.startswith(("-- From Proc", "-- Unchanged below")))
    installed = procrastinate.schema.SchemaManager.get_schema()
    assert body.strip() == installed.strip()
