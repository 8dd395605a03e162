"""Plans over HTTP: what they cost, where to begin, change or cancel one, and how your own stands."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.plans import PlanLink, PlanList, PlanRequest, PlanStanding, PortalLink
from studio_server.api.http import answer, body, services, signed_in
from studio_server.api.payments import base_address, payments
from studio_server.payments.customers import customer_known
from studio_server.payments.plans.paying import PlanPlaces
from studio_server.payments.plans.showing import offer, offers, standing
from studio_server.storage.tx import Tx


async def list_plans(request: Request) -> Response:
    """Every plan with what it gives and costs; where payments are off none is sold."""
    server = services(request)
    return answer(PlanList(plans=offers(server.registry, takes_payments=server.payments is not None)))


async def my_plan(request: Request) -> Response:
    """Your plan, who pays it, and what comes at the period's end."""
    server, user = services(request), await signed_in(request)

    def read(tx: Tx) -> PlanStanding:
        return standing(tx, server.plans, user.id, customer_known(tx, user.id))

    return answer(server.db.read(read))


async def checkout(request: Request) -> Response:
    """The page to begin, change or (plan `free`) cancel a plan on; it charges only what you confirm there."""
    found, user = payments(request), await signed_in(request)
    said = await body(request, PlanRequest)
    page = await found.plans.begin(user, said.plan, places(base_address(request), said.plan))
    shown = offer(page.plan, takes_payments=True)
    return answer(PlanLink(kind=page.kind, url=page.url, session_id=page.session_id, offer=shown))


async def portal(request: Request) -> Response:
    """Your page at the payment provider: card, invoices, change or cancel the plan."""
    found, user = payments(request), await signed_in(request)
    return answer(PortalLink(url=await found.plans.portal(user, _back(base_address(request)))))


def places(base: str, plan_id: str) -> PlanPlaces:
    """Where the browser comes back to."""
    return PlanPlaces(
        success=f"{base}/account/credits/success?session_id={{CHECKOUT_SESSION_ID}}",
        cancel=f"{base}/account/credits/cancel?plan={plan_id}",
        portal=_back(base),
    )


def _back(base: str) -> str:
    return f"{base}/account/plan"
