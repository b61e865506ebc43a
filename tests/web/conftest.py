"""The office that page tests happen in."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.database.embedded import Cluster
from tests.sent import sent
from tests.web.house import Places, settle
from tests.web.office import Office, furnish, open_office

TEMPLATE = "office"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def furnished(cluster: Cluster, migrated_url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """A database with the people and the shipped processes, to be copied; returns ids of people by name."""
    _run(migrated_url, f"CREATE DATABASE {TEMPLATE} TEMPLATE stellwerk")
    return furnish(cluster.url(TEMPLATE), tmp_path_factory.mktemp("template"))


@pytest.fixture
def office(cluster: Cluster, furnished: dict[str, int], migrated_url: str, tmp_path: Path) -> Iterator[Office]:
    """An organisation with the shipped processes and nothing going on yet, in a database of its own."""
    name = f"office_{next(_numbers)}"
    _run(migrated_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    office = open_office(cluster.url(name), tmp_path, furnished)
    yield office
    office.parts.database.close()
    _run(migrated_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def house(office: Office) -> Office:
    """The office with more kinds of people, and processes that need several of them."""
    settle(office)
    return office


@pytest.fixture
def places(house: Office) -> Places:
    """A case of Chiara Ricci's and what belongs to it."""
    return Places(house)


@pytest.fixture
def statements(office: Office) -> Iterator[list[str]]:
    """The statements sent to the database while the test runs."""
    with sent(office.parts.database.engine) as texts:
        yield texts


def _run(url: str, statement: str) -> None:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(statement)  # type: ignore[call-overload]
