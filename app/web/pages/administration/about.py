"""What is running here, and whose work it stands on."""

from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata

from fastapi import APIRouter, Request
from sqlalchemy import text
from starlette.responses import Response

from app import __version__
from app.database.migrate import revision
from app.schedule import health
from app.web.pages.administration.sections import administering
from app.web.static_files import assets

router = APIRouter(prefix="/administration")
THIRD_PARTY = "dist/THIRD_PARTY.txt"
_CLASSIFIER = "License :: "


@dataclass(frozen=True, slots=True)
class Package:
    """A library that is installed here."""

    name: str
    version: str
    licence: str


@router.get("/about")
def show(request: Request) -> Response:
    """Show version, database and nodes."""
    with administering(request) as it:
        server = it.session.scalar(text("SHOW server_version"))
        size = it.session.scalar(text("SELECT pg_database_size(current_database())"))
        return it.page(
            "administration/about.html",
            version=__version__,
            server=server,
            bytes_used=size,
            revision=revision(it.session.connection()),
            nodes=health.nodes(it.session),
            duties=health.duty_turns(it.session),
            standstills=health.standstills(it.session),
            schedules=health.schedule_figures(it.session),
        )


@router.get("/licences")
def show_licences(request: Request) -> Response:
    """Show the libraries and their licences."""
    with administering(request) as it:
        notices = assets().files[THIRD_PARTY].content.decode()
        return it.page("administration/licences.html", packages=packages(), notices=notices)


@lru_cache
def packages() -> list[Package]:
    """Return the libraries that are installed, by name."""
    found = {}
    for distribution in metadata.distributions():
        about = distribution.metadata
        name = about["Name"]
        if name and name.lower() != "stellwerk":
            found[name.lower()] = Package(name, distribution.version, _licence(about))
    return [found[name] for name in sorted(found)]


def _licence(about: metadata.PackageMetadata) -> str:
    said, named = (" ".join(about.get_all(field) or ()) for field in ("License-Expression", "License"))
    classifiers = [
        one.rpartition(" :: ")[2] for one in about.get_all("Classifier") or () if one.startswith(_CLASSIFIER)
    ]
    # Some put the whole text of the licence where its name belongs.
    first = named.strip().split("\n", 1)[0][:100]
    return said or ", ".join(one for one in classifiers if one != "OSI Approved") or first or "–"
