"""Turns templates into pages that run no script but ours; answers the style and script that go with them."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The address of the success page holds the session's id: no referrer takes it elsewhere."""
DOLLAR = 1_000_000


def page(template: str, status_code: int = 200, **values: object) -> HTMLResponse:
    """A page for a person."""
    text = _environment().get_template(template).render(**values)
    return HTMLResponse(text, status_code, headers=HEADERS)


async def style(request: Request) -> Response:
    """How the pages look."""
    del request
    return _file("page.css", "text/css")


async def script(request: Request) -> Response:
    """What the buttons of the pages do."""
    del request
    return _file("page.js", "text/javascript")


def day(moment: datetime) -> str:
    """'1 December 2026', in UTC as the books are."""
    return f"{moment.day} {moment:%B %Y}"


def amount(number: int) -> str:
    """'1,400'."""
    return f"{number:,}"


def dollars(micros: int) -> str:
    """'$27' for whole dollars, else '$26.94'; what is less than a cent is left out."""
    cents = micros * 100 // DOLLAR
    return f"${cents // 100:,}" + (f".{cents % 100:02d}" if cents % 100 else "")


def _file(name: str, media_type: str) -> Response:
    kept = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
    return Response((STATIC / name).read_bytes(), media_type=media_type, headers=kept)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # on first use

    made = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    made.filters |= {"day": day, "amount": amount, "dollars": dollars}
    return made
