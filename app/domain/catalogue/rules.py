"""The rules of the catalogue, pure: who may order an item, and who has to approve it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

MANAGER = "service_levels.process_manager"
# What people read for the words that an item holds.
PHASES = {"planned": "Planned", "live": "Offered", "retired": "Retired"}
AUDIENCES = {
    "everybody": "Everybody",
    "organisations": "People of some organisations",
    "roles": "Holders of some roles",
}
APPROVALS = {
    "none": "Not needed",
    "person": "By one person",
    "service_owner": "By the service owner",
    "role": "By holders of a role",
}


@dataclass(frozen=True, slots=True)
class Orderer:
    """Somebody who wants to order: the name of their organisation, and the roles that they hold."""

    organisation: str | None
    roles: Collection[str]


def names(text: str | None) -> list[str]:
    """Take a list of names apart, written one to a line or with commas or semicolons between."""
    return [part.strip() for part in re.split(r"[\n,;]+", text or "") if part.strip()]


def may_order(orderer: Orderer, audience: str, audience_names: str | None) -> bool:
    """Tell whether an item is meant for somebody; one for an unknown audience is for nobody."""
    named = {name.casefold() for name in names(audience_names)}
    if audience == "organisations":
        return (orderer.organisation or "").casefold() in named
    if audience == "roles":
        return any(role.casefold() in named for role in orderer.roles)
    return audience == "everybody"


def approvers(approval: str, person_id: int | None, role: str | None) -> list[str]:
    """Return who is asked for an approval, the first of them who may; nobody where none is needed.

    The process manager comes last: where nobody is named, so that a gap in the catalogue approves nothing, and where
    whoever is named has ordered it.
    """
    if approval == "none":
        return []
    if approval == "person" and person_id is not None:
        return [str(person_id), MANAGER]
    if approval == "role" and role and role.strip():
        return [role.strip(), MANAGER]
    return [MANAGER]
