"""A database with everything shipped in it, copied for each scenario: scenarios never see one another."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import clock
from app.bootstrap import Parts, build
from app.database.embedded import Cluster
from app.domain.demo import make_organisation
from app.processes.publish import publish
from app.settings import Settings
from tests.databases import copied, copy_database


@pytest.fixture(scope="session")
def shipped_template(cluster: Cluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with all shipped diagrams published and the demo organisation in place."""
    url = copy_database(cluster, migrated, "scenario")
    parts = build(Settings(database_url=url, var=tmp_path_factory.mktemp("var")))
    # Roles must be older than the first scenario, which sets its own time.
    with clock.at(datetime(2026, 1, 5, tzinfo=UTC)), parts.database.transaction() as session:
        publish(session, parts.library, parts.library.shipped(), parser=parts.parser, registry=parts.registry, by=None)
        make_organisation(session)
    parts.database.close()
    return "scenario"


@pytest.fixture
def stage(cluster: Cluster, shipped_template: str, tmp_path: Path) -> Iterator[Parts]:
    """The parts on a database of the scenario's own."""
    with copied(cluster, shipped_template) as url:
        parts = build(Settings(database_url=url, var=tmp_path))
        yield parts
        parts.database.close()
