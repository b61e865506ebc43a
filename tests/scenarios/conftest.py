"""A database with everything shipped in it, copied for each scenario: scenarios never see one another."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest

from app import clock
from app.bootstrap import Parts, build
from app.database.embedded import Cluster
from app.database.migrate import migrate
from app.domain.demo import make_organisation
from app.processes.publish import publish
from app.settings import Settings

TEMPLATE = "scenario_template"
numbers = count(1)


@pytest.fixture(scope="session")
def shipped_template(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with all shipped diagrams published and the demo organisation in place."""
    with psycopg.connect(plain(cluster.url()), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {TEMPLATE}")
    url = cluster.url(TEMPLATE)
    migrate(url)
    parts = build(Settings(database_url=url, var=tmp_path_factory.mktemp("var")))
    # Roles must be older than the first scenario, which sets its own time.
    with clock.at(datetime(2026, 1, 5, tzinfo=UTC)), parts.database.transaction() as session:
        publish(session, parts.library, parts.library.shipped(), parser=parts.parser, registry=parts.registry, by=None)
        make_organisation(session)
    parts.database.close()
    return TEMPLATE


@pytest.fixture
def stage(cluster: Cluster, shipped_template: str, tmp_path: Path) -> Iterator[Parts]:
    """The parts on a database of the scenario's own."""
    name = f"scenario_{next(numbers)}"
    with psycopg.connect(plain(cluster.url()), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {shipped_template} STRATEGY FILE_COPY")
    parts = build(Settings(database_url=cluster.url(name), var=tmp_path))
    yield parts
    parts.database.close()
    with psycopg.connect(plain(cluster.url()), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def plain(url: str) -> str:
    """Return a SQLAlchemy URL as psycopg reads it."""
    return url.replace("+psycopg", "")
