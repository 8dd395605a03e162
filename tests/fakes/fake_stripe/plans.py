"""The operations on plans, and the pages of portal and invoice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import stripe
from starlette.responses import HTMLResponse, RedirectResponse
from starlette.routing import Route

from tests.fakes.fake_stripe.books import Refused
from tests.fakes.fake_stripe.form import nested

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tests.fakes.fake_stripe.app import FakeStripe
    from tests.fakes.fake_stripe.billing import Billing
    from tests.fakes.fake_stripe.portal import Portal


def routes(fake: FakeStripe, billing: Billing, portal: Portal) -> list[Route]:
    """The operations; lists are in the table of lists."""
    return [
        fake.post("/v1/products", "ProductCreateParams", billing.create_product, kind=stripe.Product),
        fake.post("/v1/prices", "PriceCreateParams", billing.create_price, kind=stripe.Price),
        fake.post(
            "/v1/billing_portal/configurations",
            "billing_portal.ConfigurationCreateParams",
            portal.create_configuration,
            kind=stripe.billing_portal.Configuration,
        ),
        fake.post(
            "/v1/billing_portal/sessions",
            "billing_portal.SessionCreateParams",
            portal.create_session,
            kind=stripe.billing_portal.Session,
        ),
        fake.get("/v1/subscriptions/{id}", "subscription", stripe.Subscription),
        fake.get("/v1/invoices/{id}", "invoice", stripe.Invoice),
        *pages(billing, portal),
    ]


def pages(billing: Billing, portal: Portal) -> list[Route]:
    """What a browser sees."""

    async def manage(request: Request) -> Response:
        link_id = request.path_params["id"]
        if request.method == "GET":
            return HTMLResponse(portal.page(link_id))
        said = nested((await request.body()).decode())
        try:
            return RedirectResponse(portal.act(link_id, said["do"]), 303)
        except Refused as refused:
            return HTMLResponse(portal.page(link_id, refused.error), refused.status)

    async def invoice(request: Request) -> Response:
        found = billing.books.get("invoice", request.path_params["id"])
        paid = f"{found['amount_paid'] / 100:.2f} {found['currency'].upper()}"
        return HTMLResponse(
            f"<!doctype html><title>Invoice</title><h1>Invoice {found['id']}: {paid} paid</h1>"
        )

    return [Route("/portal/{id}", manage, methods=["GET", "POST"]), Route("/invoice/{id}", invoice)]
