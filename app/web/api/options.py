"""Shared lists of answers over the API: keys, labels in all languages, what may be chosen now."""

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from app.domain.options.lists import Choices
from app.web.api.call import bearer, call, problems
from app.web.api.routing import BASE

router = APIRouter(prefix=f"{BASE}/option-lists", tags=["option lists"], dependencies=[Depends(bearer)])


class OptionOut(BaseModel):
    """One answer of a list."""

    key: str
    labels: dict[str, str] = Field(description="What people read, by language.")
    active: bool = Field(description="May be chosen; records keep what was retired.")
    parent: str | None
    replaced_by: str | None


class ListOut(BaseModel):
    """A list of answers, in order."""

    key: str
    titles: dict[str, str]
    options: list[OptionOut]

    @classmethod
    def of(cls, choices: Choices) -> "ListOut":
        """Show a list."""
        options = [
            OptionOut(
                key=one.key, labels=dict(one.labels), active=one.active, parent=one.parent or None,
                replaced_by=one.replaced_by or None,
            )
            for one in choices.choices
        ]  # fmt: skip
        return cls(key=choices.key, titles=dict(choices.titles), options=options)


class ListsOut(BaseModel):
    """All lists."""

    items: list[ListOut]


@router.get("", responses=problems())
def list_lists(request: Request) -> ListsOut:
    """List the shared lists that forms take their answers from."""
    with call(request) as it:
        found = it.parts.lists.current(it.session)
        return ListsOut(items=[ListOut.of(found[key]) for key in sorted(found)])


@router.get("/{key}", responses=problems(404))
def read_list(request: Request, key: str) -> ListOut:
    """Read one list."""
    with call(request) as it:
        return ListOut.of(it.parts.lists.get(it.session, key))
