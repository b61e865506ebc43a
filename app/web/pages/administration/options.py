"""Lists: the answers that forms offer, added, renamed, put in order and retired."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from app.domain.options import editing
from app.domain.options.lists import Choices
from app.errors import Invalid
from app.web.dependencies import Visit, posted, text
from app.web.i18n import gettext as _
from app.web.i18n import here, languages, mark
from app.web.pages.administration.sections import administering

router = APIRouter(prefix="/administration/lists")


@router.get("")
def show_all(request: Request) -> Response:
    """List the lists."""
    with administering(request) as it:
        return _all(it)


@router.post("")
def create(request: Request, data: FormData = Depends(posted)) -> Response:
    """Add a list for forms of one's own."""
    with administering(request) as it:
        key, title = text(data, "key")[:200], text(data, "title")[:1000]
        try:
            editing.create_list(it.session, it.parts.lists, key, {"en": title}, actor_id=it.identity.person_id)
        except Invalid as refusal:
            it.undo()
            return _all(it, {"key": key, "title": title}, refusal.fields)
        return it.to(f"/administration/lists/{key}", mark("The list was added."))


@router.get("/{key}")
def show(request: Request, key: str) -> Response:
    """Show a list with its answers."""
    with administering(request) as it:
        return _page(it, key)


@router.post("/{key}")
def add(request: Request, key: str, data: FormData = Depends(posted)) -> Response:
    """Add an answer."""

    def work(it: Visit) -> None:
        editing.add(
            it.session, it.parts.lists, key, text(data, "key")[:200], _labels(data), parent=text(data, "parent"),
            actor_id=it.identity.person_id,
        )  # fmt: skip

    return _done(request, key, "", data, work, mark("The answer was added."))


@router.post("/{key}/{option}")
def change(request: Request, key: str, option: str, data: FormData = Depends(posted)) -> Response:
    """Do with an answer what the button says: rename it, move it, retire it or bring it back."""
    action = text(data, "do")

    def work(it: Visit) -> None:
        place, actor_id = (it.session, it.parts.lists, key, option), it.identity.person_id
        if action in ("up", "down"):
            editing.move(*place, up=action == "up", actor_id=actor_id)
        elif action == "retire":
            editing.retire(*place, replaced_by=text(data, "replaced_by"), actor_id=actor_id)
        elif action == "restore":
            editing.restore(*place, actor_id=actor_id)
        else:
            editing.relabel(*place, _labels(data), actor_id=actor_id)

    return _done(request, key, option, data, work, mark("Saved."))


def _labels(data: FormData) -> dict[str, str]:
    return {language: text(data, f"label_{language}")[:1000] for language in languages()}


def _done(
    request: Request, key: str, option: str, data: FormData, work: Callable[[Visit], None], said: str
) -> Response:
    with administering(request) as it:
        try:
            work(it)
        except Invalid as refusal:
            it.undo()
            typed = {name: value for name, value in data.items() if isinstance(value, str)}
            return _page(it, key, option=option, typed=typed, errors=refusal.fields)
        return it.to(f"/administration/lists/{key}" + (f"#option-{option}" if option else ""), said)


def _all(it: Visit, typed: dict[str, str] | None = None, errors: dict[str, list[str]] | None = None) -> Response:
    found = it.parts.lists.current(it.session)
    rows = [
        {
            "key": key,
            "title": found[key].title(here().language),
            "active": sum(choice.active for choice in found[key].choices),
            "retired": sum(not choice.active for choice in found[key].choices),
        }
        for key in sorted(found)
    ]
    # What is wrong with a title is told at the field for it.
    told = {("title" if name.startswith("label_") else name): said for name, said in (errors or {}).items()}
    return it.page(
        "administration/lists.html", status=422 if errors else 200, rows=rows, values=typed or {}, errors=told
    )


def _page(
    it: Visit,
    key: str,
    *,
    option: str = "",
    typed: dict[str, str] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> Response:
    choices = it.parts.lists.get(it.session, key)
    return it.page(
        "administration/list.html",
        status=422 if errors else 200,
        key=key,
        title=choices.title(here().language),
        rows=[_row(choices, place) for place in range(len(choices.choices))],
        mains=[one for one in choices.choices if not one.parent and one.active],
        names=languages(),
        option=option,
        values=typed or {},
        errors=errors or {},
    )


def _row(choices: Choices, place: int) -> dict[str, Any]:
    one, language = choices.choices[place], here().language
    level = [other.key for other in choices.choices if other.parent == one.parent]
    return {
        "key": one.key,
        "labels": one.labels,
        "name": choices.label(one.key, language),
        "active": one.active,
        "replaced_by": choices.label(one.replaced_by, language) if one.replaced_by else "",
        "first": level[0] == one.key,
        "last": level[-1] == one.key,
        "others": [(other.key, choices.label(other.key, language)) for other in choices.choices
                   if other.active and other.key != one.key],
        "state": _("offered") if one.active else _("retired"),
    }  # fmt: skip
