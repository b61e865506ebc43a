"""The search over the API: the same groups as on the page."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from app.errors import Invalid, Message
from app.insight.search import BEGIN, END, LONGEST, MOST_PAGES, groups_of, search
from app.web.api.call import bearer, call, problems
from app.web.api.routing import BASE
from app.web.api.values import Text
from app.web.i18n import here, meant_by

router = APIRouter(prefix=f"{BASE}/search", tags=["search"], dependencies=[Depends(bearer)])


class HitOut(BaseModel):
    """One thing that was found; `path` is its page, `excerpt` a piece of its text around the words."""

    path: str
    label: str
    title: str
    detail: str
    excerpt: str


class GroupOut(BaseModel):
    """What was found of one sort, best first; `more` tells that `page` leads on where `kind` asks for it alone."""

    kind: str = Field(description="A kind of records, `cases`, `tasks`, `comments`, `files` or `people`.")
    hits: list[HitOut]
    more: bool


class FoundOut(BaseModel):
    """The groups in which something was found."""

    groups: list[GroupOut]


@router.get("", responses=problems())
def find(
    request: Request,
    q: Annotated[Text, Query(max_length=LONGEST, description="Words, their beginnings or forms, or a number.")],
    kind: Annotated[Text, Query(max_length=100, description="One group alone, page by page.")] = "",
    page: Annotated[int, Query(ge=1, le=MOST_PAGES)] = 1,
) -> FoundOut:
    """Search everything that you may know of."""
    with call(request) as it:
        kinds = it.parts.records.catalogue
        if kind and kind not in groups_of(kinds):
            raise Invalid({"kind": [Message("There is no such group.")]})
        found = search(it.session, kinds, it.viewer, q, meant_by(q), language=here().language, only=kind, page=page)
        groups = [
            GroupOut(
                kind=group.key,
                more=group.more,
                hits=[
                    HitOut(
                        path=hit.path, label=hit.label, title=_plain(hit.title), detail=hit.detail,
                        excerpt=_plain(hit.excerpt),
                    )
                    for hit in group.hits
                ],
            )
            for group in found.groups
        ]  # fmt: skip
        return FoundOut(groups=groups)


def _plain(text: str) -> str:
    return text.replace(BEGIN, "").replace(END, "")
