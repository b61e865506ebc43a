"""Pages put together from their own part and the frame around it, which is the same for a person's every page."""

from functools import lru_cache
from typing import Any

from app.web.rendering import environment

# Two texts that no page contains, in whose places title and content are put.
_TITLE, _CONTENT = "\x00title\x00", "\x00content\x00"


def render_page(template: str, values: dict[str, Any]) -> str:
    """Fill a template; of one that extends base.html only its own blocks, the frame is remembered.

    A page's frame says some fifty things in the person's language: most of the work of a small page.
    """
    found = environment().get_template(template)
    if "content" not in found.blocks:
        return found.render(values)
    place = _place(values["path"])
    before, between, after = _frame(
        values["language"], place, values["badge"], values["me"], values["csrf"], values["organisation"],
        values["look"], _Menu(values["menu"]),
    )  # fmt: skip
    context = found.new_context(values)
    # What base.html imports for all blocks.
    context.vars["pieces"] = environment().get_template("parts/pieces.html").make_module(values)
    title = "".join(found.blocks["title"](context))
    content = "".join(found.blocks["content"](context))
    return f"{before}{title}{between}{content}{after}"


class _Menu(tuple[Any, ...]):
    """The entries of the navigation, which are the same for everybody: no part of what frames differ by."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Menu)

    def __hash__(self) -> int:
        return 0


# The arguments are everything that base.html shows beside title and content.
@lru_cache(maxsize=2048)
def _frame(
    language: str, place: str, badge: Any, me: Any, csrf: str, organisation: str, look: Any, menu: _Menu
) -> tuple[str, str, str]:
    page = environment().get_template("frame.html").render(
        language=language, path=place, badge=badge, me=me, csrf=csrf, organisation=organisation, look=look,
        menu=list(menu), title_mark=_TITLE, content_mark=_CONTENT, flash=None,
    )  # fmt: skip
    before, rest = page.split(_TITLE)
    between, after = rest.split(_CONTENT)
    return before, between, after


def _place(path: str) -> str:
    """Return as much of an address as the navigation marks."""
    parts = path.split("/")
    return "/".join(parts[:3]) if parts[1] == "records" else "/".join(parts[:2])
