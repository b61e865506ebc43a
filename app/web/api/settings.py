"""Settings over the API: everything in force and where it comes from; changing what pages can change."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from app.domain.configuration.catalogue import ITEMS
from app.domain.configuration.in_force import ruled
from app.errors import Forbidden, Invalid, Message
from app.web import configured
from app.web.api.call import Call, bearer, call, problems
from app.web.api.routing import BASE, ApiRoute
from app.web.api.shapes import Body
from app.web.api.values import Text
from app.web.i18n import tell

router = APIRouter(prefix=f"{BASE}/settings", tags=["settings"], dependencies=[Depends(bearer)], route_class=ApiRoute)


class SettingOut(BaseModel):
    """A setting that is kept in the database, unless the environment of the server rules it."""

    key: str
    title: str
    value: str | None = Field(description="In force; null where it is secret. A picture is a PNG in base64.")
    kept: bool = Field(description="Whether there is a value; of a secret nothing more is told.")
    origin: Literal["default", "environment", "page"]
    changeable: bool = Field(description="By administrators, here and on pages.")


class VariableOut(BaseModel):
    """A variable of the server's environment; what is secret is not shown."""

    name: str
    value: str
    origin: Literal["default", "environment"]


class SettingsOut(BaseModel):
    """All settings in force; `version` goes back with a change."""

    version: int
    items: list[SettingOut]
    environment: list[VariableOut]


class SettingsBody(Body):
    """What is to be changed; what is not named stays as it is."""

    version: int = Field(ge=0, le=2**63 - 1, description="As `GET` gave it; another one now is a conflict.")
    values: dict[Text, Text | None] = Field(
        max_length=len(ITEMS), description="Values by key; null or an empty text leads back to the default."
    )


@contextmanager
def _administering(request: Request) -> Iterator[Call]:
    with call(request) as it:
        if not it.actor.administrator:
            raise Forbidden("Only administrators may see this.")
        yield it


@router.get("", responses=problems())
def read_settings(request: Request) -> SettingsOut:
    """Read every setting in force with where it comes from."""
    with _administering(request) as it:
        return _settings(it)


@router.patch("", responses=problems(409, 413))
def change_settings(request: Request, body: SettingsBody) -> SettingsOut:
    """Change settings, all of the given ones or none; the journal of the system notes who did it."""
    with _administering(request) as it:
        unknown = sorted(body.values.keys() - configured.CHANGEABLE)
        if unknown:
            raise Invalid(
                {key: [Message("There is no setting “{name}” to change.", name=key[:100])] for key in unknown}
            )
        given = {key: value or "" for key, value in body.values.items()}
        configured.change(
            it.session, it.parts.configuration, given, actor_id=it.actor.person_id, seen=body.version
        )  # fmt: skip
        return _settings(it)


def _settings(it: Call) -> SettingsOut:
    known = it.parts.configuration.read(it.session)
    items = [
        SettingOut(
            key=key, title=tell(item.title), value=None if item.secret else known[key], kept=bool(known[key]),
            origin=known.values[key].origin,
            changeable=key in configured.CHANGEABLE and not ruled(it.parts.settings, item),
        )
        for key, item in ITEMS.items()
    ]  # fmt: skip
    environment = [VariableOut.model_validate(one._asdict()) for one in configured.outside(it.parts.settings)]
    return SettingsOut(version=known.generation, items=items, environment=environment)
