"""The migration that gives prefixes their numbers."""

import psycopg
from alembic import command
from sqlalchemy import create_engine, text

from app.database.embedded import Cluster
from app.database.migrate import configuration


def test_prefixes_published_before_they_meant_anything_get_their_numbers(cluster: Cluster) -> None:
    with psycopg.connect(cluster.url("postgres").replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE DATABASE older")
    engine = create_engine(cluster.url("older"))
    with engine.connect() as connection:
        command.upgrade(configuration(connection), "0001")
        for key, prefix in (("a", "OLD"), ("b", "MAJ"), ("c", "C"), ("d", "it's"), ("e", "")):
            connection.execute(
                text(
                    "INSERT INTO definition (kind, key, number, hash, name, area, content, meta, published_at) VALUES"
                    " ('diagram', :key, 1, '', '', '', '', jsonb_build_object('number_prefix', :prefix ::text), now())"
                ),
                {"key": key, "prefix": prefix},
            )
        connection.commit()
        command.upgrade(configuration(connection), "head")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT nextval('record_number_old_seq')")) == 1
        assert connection.scalar(text("SELECT to_regclass('record_number_c_seq')")) is None
    engine.dispose()
