"""The whole URL table: every route, what it takes and answers. Routing and OpenAPI are both made from it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from studio_magics.contracts.account import Account, Balance, SpendControls, SpendControlsChange, Statement
from studio_magics.contracts.base import Contract
from studio_magics.contracts.billing import Estimate, EstimateRequest, Receipt
from studio_magics.contracts.cards import CardPage, Recharge, RechargeChange, TopUpRequest
from studio_magics.contracts.catalogue import Accuracy, Catalogue, ToolPage
from studio_magics.contracts.inputs import UploadInfo, UploadPart
from studio_magics.contracts.leaving import AccountErased
from studio_magics.contracts.notices import Notice, NoticeList
from studio_magics.contracts.payments import Checkout, CheckoutRequest, PackList, PaymentStatus, PurchaseList
from studio_magics.contracts.plans import PlanLink, PlanList, PlanRequest, PlanStanding, PortalLink
from studio_magics.contracts.runs import Run, RunList, RunRequest
from studio_magics.contracts.secrets import SecretInfo, SecretList, SecretValue
from studio_server.api import (
    account,
    billing,
    cards,
    events,
    leaving,
    notices,
    operations,
    payments,
    plans,
    runs,
    secrets,
    tools,
    uploads,
)
from studio_server.api import credits as books

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Endpoint:
    """One row of the table."""

    method: str
    path: str
    handler: Handler
    answers: type[Contract] | str
    """The contract of the answer, or its media type."""
    takes: type[Contract] | str | None = None
    status: int = 200
    anonymous: bool = False
    keyed: bool = False
    """Takes an Idempotency-Key."""
    query: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Operation id: unique, from the handler."""
        return f"{self.handler.__module__.rsplit('.', 1)[-1]}_{self.handler.__name__}"

    @property
    def says(self) -> str:
        """One sentence for people."""
        return (self.handler.__doc__ or "").strip().split("\n", 1)[0]


RUN_PATH = "/api/{studio}/{tool}/run"

ENDPOINTS: tuple[Endpoint, ...] = (
    # Looked through from the top for every request, so what is asked most comes first.
    Endpoint("GET", "/api/credits/balance", books.balance, Balance),
    Endpoint("POST", "/api/billing/estimate", billing.estimate, Estimate, EstimateRequest, anonymous=True),
    Endpoint("GET", "/api/runs/{run}", runs.show, Run, query=("since", "wait_seconds")),
    Endpoint("GET", "/api/tools", tools.list_tools, Catalogue, anonymous=True, query=("q",)),
    Endpoint("GET", "/api/tools/{tool}", tools.show_tool, ToolPage, anonymous=True),
    Endpoint("GET", "/api/tools/{tool}/accuracy", tools.show_accuracy, Accuracy, anonymous=True),
    Endpoint("HEAD", "/api/uploads/{digest}", uploads.progress, "application/octet-stream", status=204),
    Endpoint("GET", "/api/uploads/{digest}", uploads.find, UploadInfo),
    Endpoint("PUT", "/api/uploads/{digest}", uploads.store, UploadInfo, "application/octet-stream"),
    Endpoint("PATCH", "/api/uploads/{digest}", uploads.append, UploadPart, "application/partial-upload"),
    Endpoint("DELETE", "/api/uploads/{digest}", uploads.forget, "application/octet-stream", status=204),
    Endpoint("GET", "/api/runs", runs.list_runs, RunList, query=("before", "limit")),
    Endpoint("POST", "/api/runs/{run}/cancel", runs.cancel, Run),
    Endpoint("GET", "/api/runs/{run}/artefacts/{name:path}", runs.artefact, "application/octet-stream"),
    Endpoint("POST", RUN_PATH, runs.start, Run, RunRequest, status=202, keyed=True),
    Endpoint("GET", "/api/credits/statement", books.statement, Statement, query=("before", "limit")),
    Endpoint("GET", "/api/receipts/{receipt}", books.receipt, Receipt),
    Endpoint("GET", "/api/billing/packs", payments.list_packs, PackList, anonymous=True),
    Endpoint("POST", "/api/billing/checkout", payments.checkout, Checkout, CheckoutRequest, keyed=True),
    Endpoint("POST", "/api/billing/top-up", cards.top_up, PaymentStatus, TopUpRequest, keyed=True),
    Endpoint("GET", "/api/billing/card", cards.show_card, CardPage),
    Endpoint("DELETE", "/api/billing/card", cards.remove_card, CardPage),
    Endpoint("GET", "/api/billing/recharge", cards.show_recharge, Recharge),
    Endpoint("PUT", "/api/billing/recharge", cards.change_recharge, Recharge, RechargeChange),
    Endpoint("GET", "/api/billing/verify-payment", payments.verify, PaymentStatus, query=("session_id",)),
    Endpoint("GET", "/api/billing/purchases", payments.purchases, PurchaseList, query=("limit",)),
    Endpoint("GET", "/api/billing/plans", plans.list_plans, PlanList, anonymous=True),
    Endpoint("GET", "/api/billing/plan", plans.my_plan, PlanStanding),
    Endpoint("POST", "/api/billing/plan/checkout", plans.checkout, PlanLink, PlanRequest),
    Endpoint("POST", "/api/billing/portal", plans.portal, PortalLink),
    Endpoint("GET", "/api/account", account.account, Account),
    Endpoint("DELETE", "/api/account", leaving.erase, AccountErased, query=("confirm",)),
    Endpoint("GET", "/api/account/export", leaving.export, "application/zip"),
    Endpoint("GET", "/api/account/settings/credits", account.controls, SpendControls),
    Endpoint(
        "PUT",
        "/api/account/settings/credits",
        account.change_controls,
        SpendControls,
        SpendControlsChange,
        keyed=True,
    ),
    Endpoint("GET", "/api/notices", notices.list_notices, NoticeList, query=("limit",)),
    Endpoint("POST", "/api/notices/{notice}/read", notices.mark_read, Notice),
    Endpoint("GET", "/api/secrets", secrets.list_secrets, SecretList),
    Endpoint("PUT", "/api/secrets/{name}", secrets.put, SecretInfo, SecretValue),
    Endpoint("DELETE", "/api/secrets/{name}", secrets.delete, "application/octet-stream", status=204),
    Endpoint("GET", "/api/events", events.stream, "text/event-stream"),
    Endpoint("GET", "/healthz", operations.alive, "application/json", anonymous=True),
    Endpoint("GET", "/readyz", operations.ready, "application/json", anonymous=True),
    Endpoint("GET", "/openapi.json", operations.openapi, "application/json", anonymous=True),
)


def routes(*, with_webhook: bool = False) -> list[Route]:
    """The table as Starlette routes; the webhook is there only where events can be checked."""
    found = [Route(row.path, row.handler, methods=[row.method], name=row.name) for row in ENDPOINTS]
    if with_webhook:
        found.append(Route(payments.WEBHOOK_PATH, payments.webhook, methods=["POST"], name="webhook"))
    return found
