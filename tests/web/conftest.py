"""The office that page tests happen in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database.embedded import Cluster
from tests.databases import copied, copy_database
from tests.sent import sent
from tests.web.house import Places, settle
from tests.web.office import Office, furnish, open_office


@pytest.fixture(scope="session")
def furnished(cluster: Cluster, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Make `office`, a database with people and the shipped processes; returns ids of people by name."""
    return furnish(copy_database(cluster, migrated, "office"), tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def settled(cluster: Cluster, furnished: dict[str, int], tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Make `house`, an office with more people and processes; returns ids of people by name."""
    url = copy_database(cluster, "office", "house")
    house = open_office(url, tmp_path_factory.mktemp("template"), furnished)
    settle(house)
    house.parts.database.close()
    return house.people


@pytest.fixture
def office(request: pytest.FixtureRequest, cluster: Cluster, tmp_path: Path) -> Iterator[Office]:
    """An organisation with the shipped processes and nothing going on yet, in a database of its own."""
    template, people = ("house", "settled") if "house" in request.fixturenames else ("office", "furnished")
    ids: dict[str, int] = request.getfixturevalue(people)
    with copied(cluster, template) as url:
        office = open_office(url, tmp_path, ids)
        yield office
        office.parts.database.close()


@pytest.fixture
def house(office: Office) -> Office:
    """The office with more kinds of people, and processes that need several of them."""
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
