"""Templates, and what they may call."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.domain import demo
from app.web import formats, forms, i18n, static_files
from app.web.markdown import markdown

TEMPLATES = Path(__file__).parent / "templates"


@lru_cache
def environment() -> Environment:
    """Make the one environment: everything is escaped, an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals.update(
        _=translate,
        icon=icon,
        static=static_files.address,
        due=formats.due,
        mark=i18n.mark,
        demo=demo,
    )
    made.filters.update(
        day=formats.day,
        when=formats.when,
        full=formats.full,
        decimal=formats.number,
        size=formats.size,
        span=formats.span,
        initials=initials,
        markdown=markdown,
        capped=capped,
    )
    forms.install(made)
    return made


def render(template: str, values: dict[str, Any]) -> str:
    """Fill a template in the language and time zone of the current request."""
    return environment().get_template(template).render(values)


def translate(message: str, **values: Any) -> Markup:
    """Say a text in the current language, as `_("…", name=value)` in templates; values are escaped."""
    text = _translated(i18n.here().language, message)
    return text % values if values else text


@lru_cache(maxsize=4096)
def _translated(language: str, message: str) -> Markup:
    # A page says some fifty things; looking each up again would cost more than the rest of its frame.
    # Escaped, because names that come from data are looked up as well.
    return escape(i18n.translations(language).gettext(message)) if message else Markup("")


@lru_cache(maxsize=512)
def icon(name: str, style: str = "") -> Markup:
    """Return an icon of the sprite; icons say nothing to screen readers, the words beside them do."""
    href = f"{static_files.address('dist/icons.svg')}#{name}"
    return Markup('<svg class="ic {}" aria-hidden="true"><use href="{}"/></svg>').format(style, href)


@lru_cache(maxsize=2048)
def initials(name: str) -> str:
    """Return first and last initial of a person's name."""
    words = re.findall(r"\w+", name)
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words[:1])).upper() or "?"


def capped(count: int, limit: int = 1000) -> str:
    """Write a count that was not carried on beyond `limit`."""
    return formats.number(count) if count < limit else f"{formats.number(limit)}+"
