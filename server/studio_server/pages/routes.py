"""The pages a browser comes back to from the payment provider. They show; the books are moved elsewhere."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from studio_server.accounts.identity import Identity
from studio_server.payments.orders import OrderNotFound
from studio_server.payments.provider import PaymentFailure
from studio_server.payments.showing import shown_pack, shown_purchase, status
from studio_server.settings import Settings

if TYPE_CHECKING:
    from jinja2 import Environment

    from studio_server.services import Services

TEMPLATES = Path(__file__).parent / "templates"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The address of the success page holds the session's id: no referrer takes it elsewhere."""


def pages(settings: Settings) -> list[Route]:
    """The pages, where payments are taken."""
    if not settings.stripe_secret_key:
        return []
    return [
        Route("/billing/success", success, name="page_success"),
        Route("/billing/cancel", cancel, name="page_cancel"),
        Route("/billing/credits", credits_page, name="page_credits"),
    ]


async def success(request: Request) -> HTMLResponse:
    """After paying: how the payment stands, credited at once if it is paid. Others' payments are unknown."""
    server = _services(request)
    identity = request.scope.get("state", {}).get("identity")
    if server.payments is None or not isinstance(identity, Identity):
        return _page("success.html", found=None)
    user, packs = await server.user(identity), server.payments.packs
    try:
        order = await server.payments.buying.verify(user, request.query_params.get("session_id", "")[:255])
    except OrderNotFound:
        return _page("success.html", 404, found=None, foreign=True)
    except PaymentFailure:
        return _page("success.html", found=None)
    found = server.db.read(lambda tx: status(tx, server.ledger, user, order, packs))
    return _page("success.html", found=found)


async def cancel(request: Request) -> HTMLResponse:
    """After going back without paying: nothing was charged."""
    del request
    return _page("cancel.html")


async def credits_page(request: Request) -> HTMLResponse:
    """Packs compared, and for who is signed in the latest purchases."""
    server = _services(request)
    if server.payments is None:
        return _page("credits.html", packs=(), purchases=(), plan=None)
    packs = server.payments.packs
    identity = request.scope.get("state", {}).get("identity")
    user = await server.user(identity) if isinstance(identity, Identity) else None
    bought = () if user is None else server.payments.buying.listed(user, limit=50)
    return _page(
        "credits.html",
        packs=[shown_pack(packs, each) for each in packs.entries],
        purchases=[shown_purchase(packs, each) for each in bought],
        plan=None if user is None else user.plan,
    )


def _services(request: Request) -> "Services":
    return cast("Services", request.app.state.services)


def _page(template: str, status_code: int = 200, **values: object) -> HTMLResponse:
    text = _environment().get_template(template).render(**values)
    return HTMLResponse(text, status_code, headers=HEADERS)


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # on first use

    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
