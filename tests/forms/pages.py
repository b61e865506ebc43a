"""What a browser makes of a rendered form: its inputs, and the pairs that it would post."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import etree, html

from app.forms import Form
from app.web.forms import install, render

TEMPLATES = Path(__file__).parents[2] / "app/web/templates"


def environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, extensions=["jinja2.ext.i18n"]
    )
    made.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    install(made)
    return made


ENVIRONMENT = environment()


def page(form: Form, values: dict[str, Any], errors: Any = None, **options: Any) -> Any:
    """Render and parse."""
    return html.fromstring(str(render(ENVIRONMENT, form, values, errors, **options)))


def pairs(root: Any) -> list[tuple[str, str]]:
    """Return what pressing the main button posts."""
    found: list[tuple[str, str]] = []
    for element in root.iter("input", "select", "textarea"):
        name, kind = element.get("name"), element.get("type")
        if not name or kind == "file" or (kind in ("radio", "checkbox") and element.get("checked") is None):
            continue
        if element.tag == "select":
            chosen = element.xpath("option[@selected]") or element.xpath("option")[:1]
            found += [(name, option.get("value")) for option in chosen]
        elif element.tag == "textarea":
            found.append((name, (element.text or "").replace("\n", "\r\n")))
        else:
            found.append((name, element.get("value", "on")))
    return found


def words(element: Any) -> str:
    return " ".join(element.text_content().split())


def one(root: Any, path: str) -> Any:
    found: Sequence[Any] = root.xpath(path)
    assert len(found) == 1, f"{path}: {len(found)} in {etree.tostring(root, pretty_print=True).decode()}"
    return found[0]
