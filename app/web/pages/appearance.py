"""Colours and logo of this installation, under addresses that change with them."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.domain.configuration.colours import shades
from app.domain.configuration.in_force import Values
from app.errors import NotFound
from app.web.dependencies import parts_of

router = APIRouter(prefix="/appearance")
FOR_EVER, NOT_KEPT = "public, max-age=31536000, immutable", "no-cache"


@router.get("/{version}/colours.css")
def stylesheet(request: Request, version: str) -> Response:
    """Answer with the colours that differ from those of the stylesheets."""
    known = parts_of(request).configuration.now()
    found = shades(known["accent"], known["navigation"])
    rules = "".join(f"--{name}: {colour}; " for name, colour in found.items())
    return _answer(known, version, f":root {{ {rules}}}\n".encode(), "text/css")


@router.get("/{version}/logo.png")
def logo(request: Request, version: str) -> Response:
    """Answer with the logo.

    Raises:
        NotFound: there is none.
    """
    known = parts_of(request).configuration.now()
    if not known["logo"]:
        raise NotFound
    return _answer(known, version, known.logo, "image/png")


def _answer(known: Values, version: str, content: bytes, media_type: str) -> Response:
    # An old address still gets what is there today, but nobody keeps it.
    kept = FOR_EVER if version == known.look else NOT_KEPT
    return Response(content, media_type=media_type, headers={"cache-control": kept})
