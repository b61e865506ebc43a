"""The roles that diagrams may name: fixed ones, one triple per area, and families such as `record.<field>`."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.errors import Message

_FILE = Path(__file__).with_name("roles.json")
ANYONE = "shared.anyone"


@dataclass(frozen=True, slots=True)
class Role:
    """A role with its key, title, what it answers for and its tasks; `pattern` marks a family as `team.<key>`."""

    key: str
    title: str
    description: str
    pattern: str = ""
    tasks: tuple[str, ...] = ()


@cache
def fixed_roles() -> dict[str, Role]:
    """Return the roles that are known by name, those of all areas included, by their keys."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    roles = {
        key: Role(key, part["title"], part["description"], tasks=tuple(part.get("tasks", ())))
        for key, part in data["roles"].items()
    }
    for area, area_title in data["areas"].items():
        for role, part in data["area_roles"].items():
            key = f"{area}.{role}"
            title = part["title"].format(area=area_title)
            tasks = [*part["tasks"], *(data["manager_tasks"][area] if role == "process_manager" else ())]
            roles[key] = Role(key, title, part["description"].format(area=area_title), tasks=tuple(tasks))
    return roles


@cache
def role_families() -> tuple[Role, ...]:
    """Return the families of roles whose last part is free (`team.<key>`, `record.<field>`)."""
    data = json.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Role(key, part["title"], part["description"], rf"{re.escape(key.split('<')[0])}([a-z][a-z0-9_]{{0,63}})")
        for key, part in data["families"].items()
    )


@cache
def assignable() -> dict[str, Role]:
    """Return the roles that persons and teams can be given, by their keys; the others follow from case and record."""
    not_given = ("case.", "record.", "service.", "external.", "shared.")
    return {key: role for key, role in fixed_roles().items() if not key.startswith(not_given)}


def known_role(key: str) -> bool:
    """Tell whether a diagram may name this role; whether a team or a field exists shows at run time."""
    return key in fixed_roles() or any(re.fullmatch(family.pattern, key) for family in role_families())


def title(key: str) -> str:
    """Return a role's title in English (a `Message` for a family's); the key itself when the role is unknown."""
    role = fixed_roles().get(key)
    if role is not None:
        return role.title
    for family in role_families():
        match = re.fullmatch(family.pattern, key)
        if match:
            return Message(family.title, name=match[1].replace("_", " "))
    return key


def tasks_of(key: str) -> tuple[str, ...]:
    """Return what somebody with this role does, in English; nothing for teams and roles that are unknown."""
    role = fixed_roles().get(key)
    return role.tasks if role is not None else ()


def is_personal(key: str) -> bool:
    """Tell whether the role stands for one person of the case, record or service rather than for a group.

    Nobody holds such a role: a task of it is its assignee's alone, and cannot go back to anybody.
    """
    return key.startswith(("case.", "record.", "service."))
