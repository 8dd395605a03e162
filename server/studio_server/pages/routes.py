"""The pages a browser comes back to from the payment provider. They show; the books are moved elsewhere."""

from contextlib import suppress
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from studio_server.pages.callers import caller, services
from studio_server.pages.credits import credits_page
from studio_server.pages.drawing import page, script, style
from studio_server.payments.orders import OrderNotFound
from studio_server.payments.provider import PaymentFailure
from studio_server.payments.purchases import verified
from studio_server.payments.showing import status
from studio_server.settings import Settings


def pages(settings: Settings) -> list[Route]:
    """The pages, where payments are taken."""
    if not settings.stripe_secret_key:
        return []
    return [
        Route("/account/credits/success", success, name="page_success"),
        Route("/account/credits/cancel", cancel, name="page_cancel"),
        Route("/account/plan", plan, name="page_plan"),
        Route("/account/credits", credits_page, name="page_credits"),
        Route("/account/page.css", style, name="page_style"),
        Route("/account/page.js", script, name="page_script"),
    ]


async def success(request: Request) -> HTMLResponse:
    """After paying: how the payment stands, credited at once if it is paid. Others' payments are unknown."""
    server, user = services(request), await caller(request)
    if server.payments is None or user is None:
        return page("success.html", found=None)
    session_id = request.query_params.get("session_id", "")[:255]
    try:
        purchase = await verified(server.payments, server.registry, user, session_id)
    except OrderNotFound:
        return page("success.html", 404, found=None, foreign=True)
    except PaymentFailure:
        return page("success.html", found=None)
    found = server.db.read(lambda tx: status(tx, server.ledger, user, purchase))
    return page("success.html", found=found)


async def plan(request: Request) -> Response:
    """Back from the page where a plan is changed: takes over what changed, then shows the page of credits."""
    server, user = services(request), await caller(request)
    if server.payments is not None and user is not None:
        with suppress(PaymentFailure):  # the comparison takes it over within five minutes
            await server.payments.plans.refresh(user)
    return RedirectResponse("credits", HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})


async def cancel(request: Request) -> HTMLResponse:
    """After going back without paying: nothing was charged."""
    del request
    return page("cancel.html")
