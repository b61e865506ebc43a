"""The search over everything that a person may know of."""

import re
from dataclasses import replace

from fastapi import APIRouter, Request
from markupsafe import Markup, escape
from starlette.responses import RedirectResponse, Response

from app.domain.records.kinds import Kinds
from app.insight.search import BEGIN, EACH, END, LONGEST, MOST_PAGES, Group, groups_of, number_path, search
from app.web.dependencies import query, visit
from app.web.i18n import gettext as _
from app.web.i18n import here, label, meant_by

router = APIRouter()
FOUND = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")


@router.get("/search")
def find(request: Request, q: str = "", kind: str = "", page: str = "") -> Response:
    """Show what was found; a number typed in full leads straight to its page."""
    q = q.strip()[:LONGEST]
    with visit(request) as it:
        kinds = it.parts.records.catalogue
        if q and not kind and (path := number_path(it.session, kinds, it.viewer, q)):
            return RedirectResponse(path, status_code=303)
        only = kind if kind in groups_of(kinds) else ""
        number = int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 4 else 1
        found = search(it.session, kinds, it.viewer, q, meant_by(q), language=here().language, only=only, page=number)
        return it.page(
            "search.html",
            q=q,
            only=only,
            found=found,
            groups=[(title_of(kinds, group), _said(group)) for group in found.groups],
            link=lambda **values: "/search" + query({"q": q, **values}),
            page_number=number,
            last=number >= MOST_PAGES,
            each=EACH,
            marked=marked,
        )


def title_of(kinds: Kinds, group: Group) -> str:
    """Return what pages call a group."""
    if group.kind:
        return _(kinds.get(group.kind).plural)
    names = {
        "tasks": _("Tasks"), "cases": _("Cases"), "comments": _("Comments"), "files": _("Files"), "people": _("People"),
    }  # fmt: skip
    return names[group.name]


def marked(text: str) -> Markup:
    """Return a text as HTML with what was found in it marked."""
    safe = FOUND.sub(r"<mark>\1</mark>", str(escape(text)))
    # Somebody may have written a mark of ours, without its partner.
    return Markup(safe.replace(BEGIN, "").replace(END, ""))  # noqa: S704


def _said(group: Group) -> Group:
    return replace(group, hits=[replace(hit, title=label(hit.title)) for hit in group.hits]) if group.name == "tasks" \
        else group  # fmt: skip
