"""Markdown of notes and guidance, turned into HTML that can hold nothing active."""

from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table").disable("image")


@lru_cache(maxsize=512)
def markdown(text: str, top: int = 3) -> Markup:
    """Return `text` as HTML; raw HTML is shown as text, pictures are left out.

    Args:
        text: CommonMark with tables.
        top: Level of the largest heading (2 to 6), so that the headings fit below those of the page.
    """
    tokens = _MARKDOWN.parse(text)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) - 1 + top)}"
        _harmless(token)
    return Markup(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))  # noqa: S704


def _harmless(token: Token) -> None:
    """Table columns are aligned by a style attribute, which the content security policy does not allow."""
    token.attrs.pop("style", None)
    for child in token.children or ():
        _harmless(child)
