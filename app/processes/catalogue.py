"""The identifiers of FitSM (areas, activities, interfaces, outputs and so on) with labels of our own."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).with_name("catalogue.json")

kinds = ("area", "group", "activity", "interface", "input", "output", "setup", "requirement")


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier: `parent` is the group of an activity, otherwise the area (`PR9`).

    `direction` (`in` or `out`) and `other` (an area's code such as `PM`, or `any`) are those of an interface.
    """

    id: str
    kind: str
    parent: str
    label: str
    direction: str = ""
    other: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """One process or general aspect: `PR9`, code `ISRM`, folder `incidents`; all aspects share `management`."""

    id: str
    code: str
    folder: str
    kind: str


@cache
def identifiers() -> dict[str, Identifier]:
    """Return everything in the catalogue, in the order of the standard."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return {key: Identifier(id=key, **part) for key, part in data["identifiers"].items()}


@cache
def areas() -> tuple[Area, ...]:
    """Return the processes and aspects in the order of the standard."""
    return tuple(Area(**part) for part in json.loads(_FILE.read_text(encoding="utf-8"))["areas"])


@cache
def folders() -> frozenset[str]:
    """Return the folder names of all areas and of what they share."""
    return frozenset(area.folder for area in areas()) | {"shared"}


def known(identifier: str, kind: str = "") -> bool:
    """Tell whether the catalogue has the identifier (of that kind, when one is given)."""
    found = identifiers().get(identifier)
    return found is not None and kind in ("", found.kind)


def label(identifier: str) -> str:
    """Return the label of an identifier; the identifier itself when it is unknown."""
    found = identifiers().get(identifier)
    return found.label if found else identifier


def folder_of(code: str) -> str:
    """Return the folder of an area's code or id (`ISRM` or `PR9` is `incidents`).

    Raises:
        KeyError: there is no such area.
    """
    for area in areas():
        if code in (area.code, area.id):
            return area.folder
    raise KeyError(code)


def codes_of(folder: str) -> tuple[str, ...]:
    """Return the codes of a folder's areas (`incidents` is `ISRM`; `management` has seven); empty when unknown."""
    return tuple(area.code for area in areas() if area.folder == folder)
