"""The fake as a web application: Stripe's API for the real client, and a page to pay on for a browser.

Every request is read and refused by the contract, every answer checked by it. What is not here answers 501.
Faults are set per operation: fail before anything is done; fail, done or undone, and remember it; do it and
lose the answer; do it and answer late.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import stripe
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.fakes.fake_stripe import cards, customers, plans
from tests.fakes.fake_stripe.billing import Billing
from tests.fakes.fake_stripe.books import Books, Object, Refused
from tests.fakes.fake_stripe.contract import parameters
from tests.fakes.fake_stripe.form import nested, typed
from tests.fakes.fake_stripe.pay_page import page
from tests.fakes.fake_stripe.portal import Portal

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

LISTS = {
    "sessions": (stripe.checkout.Session, "checkout.SessionListParams", "/v1/checkout/sessions"),
    "intents": (stripe.PaymentIntent, "PaymentIntentListParams", "/v1/payment_intents"),
    "refunds": (stripe.Refund, "RefundListParams", "/v1/refunds"),
    "disputes": (stripe.Dispute, "DisputeListParams", "/v1/disputes"),
    "customers": (stripe.Customer, "CustomerListParams", "/v1/customers"),
    "prices": (stripe.Price, "PriceListParams", "/v1/prices"),
    "invoices": (stripe.Invoice, "InvoiceListParams", "/v1/invoices"),
    "invoice_payments": (stripe.InvoicePayment, "InvoicePaymentListParams", "/v1/invoice_payments"),
    "configurations": (
        stripe.billing_portal.Configuration,
        "billing_portal.ConfigurationListParams",
        "/v1/billing_portal/configurations",
    ),
}
FILTERS: dict[str, Callable[[Object, Any], bool]] = {
    **{
        name: lambda found, value, name=name: found.get(name) == value
        for name in ("payment_intent", "status", "customer", "active", "invoice")
    },
    "lookup_keys": lambda found, value: found["lookup_key"] in value,
    "payment": lambda found, value: found["payment"]["payment_intent"] == value["payment_intent"],
    "subscription": lambda found, value: found["parent"]["subscription_details"]["subscription"] == value,
}


CARD_REFUSED = 402
"""An answer of the bank stands under its key, like a success; what was refused before that does not."""


class AnswerLost(Exception):
    """The connection broke after the work was done."""


class FakeStripe:
    """One fake account and its API."""

    def __init__(self, books: Books, *, key: str = "sk_test_fake") -> None:
        self.books, self.key = books, key
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.broken: list[str] = []
        self.late: dict[str, asyncio.Event] = {}
        self.arrived: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.billing = Billing(books)
        self.portal = Portal(self.billing)
        self._remembered: dict[str, tuple[str, int, Object]] = {}
        self.app = Starlette(routes=self._routes())

    def forget_keys(self) -> None:
        """A day later: Stripe remembers no idempotency key."""
        self._remembered.clear()

    def _routes(self) -> list[Route]:
        books = self.books
        return [
            self.post("/v1/checkout/sessions", "checkout.SessionCreateParams", books.create_session),
            self.post("/v1/refunds", "RefundCreateParams", self._refund, kind=stripe.Refund),
            *(self.list(table) for table in LISTS),
            self.get("/v1/checkout/sessions/{id}", "session", stripe.checkout.Session),
            self.get("/v1/payment_intents/{id}", "intent", stripe.PaymentIntent),
            self.get("/v1/refunds/{id}", "refund", stripe.Refund),
            self.get("/v1/disputes/{id}", "dispute", stripe.Dispute),
            *customers.routes(self),
            *cards.routes(self),
            *plans.routes(self, self.billing, self.portal),
            Route("/pay/{id}", self._pay, methods=["GET", "POST"]),
            Route("/receipt/{id}", self._receipt),
            Route("/{rest:path}", _unknown, methods=["GET", "POST", "DELETE"]),
        ]

    def _refund(self, said: Object) -> Object:
        return self.books.refund(said["payment_intent"], said.get("amount"))

    def post(
        self, path: str, takes: str, work: Callable[[Object], Object], *, kind: type = stripe.checkout.Session
    ) -> Route:
        async def endpoint(request: Request) -> Response:
            text = (await request.body()).decode()

            def do() -> Object:
                return self.books.check(kind, work(self._read(takes, text)))

            return await self._answer(request, f"POST {path}", do, keyed=f"{path} {text}")

        return Route(path, endpoint, methods=["POST"])

    def act(self, path: str, takes: str, kind: type, work: Callable[[str, Object], Object]) -> Route:
        """An operation that does something with an object and answers with what it became."""

        async def endpoint(request: Request) -> Response:
            text = (await request.body()).decode()

            def do() -> Object:
                return self.books.check(kind, work(request.path_params["id"], self._read(takes, text)))

            return await self._answer(request, f"POST {path}", do, keyed=f"{request.url.path} {text}")

        return Route(path, endpoint, methods=["POST"])

    def delete(self, path: str, kind: type, work: Callable[[str], Object]) -> Route:
        """An operation that takes an object away and answers with what it became."""

        async def endpoint(request: Request) -> Response:
            def do() -> Object:
                return self.books.check(kind, work(request.path_params["id"]))

            return await self._answer(request, f"DELETE {path}", do)

        return Route(path, endpoint, methods=["DELETE"])

    def get(self, path: str, what: str, kind: type) -> Route:
        async def endpoint(request: Request) -> Response:
            def do() -> Object:
                found = dict(self.books.get(what, request.path_params["id"]))
                if "latest_charge" in request.query_params.values() and found.get("latest_charge"):
                    found["latest_charge"] = self.books.charges[found["latest_charge"]]
                asked = [value for name, value in request.query_params.items() if name.startswith("expand")]
                return self.books.check(kind, self.billing.expanded(found, asked))

            return await self._answer(request, f"GET {path}", do)

        return Route(path, endpoint, methods=["GET"])

    def list(self, table: str) -> Route:
        kind, takes, path = LISTS[table]

        async def endpoint(request: Request) -> Response:
            def do() -> Object:
                said = self._read(takes, request.url.query)
                found = [each for each in getattr(self.books, table).values() if _wanted(each, said)]
                found.reverse()
                if "starting_after" in said:
                    ids = [each["id"] for each in found]
                    found = found[ids.index(said["starting_after"]) + 1 :]
                limit = said.get("limit", 10)
                shown = [self.billing.expanded(each, said.get("expand", [])) for each in found[:limit]]
                data = [self.books.check(kind, each) for each in shown]
                return {"object": "list", "data": data, "has_more": len(found) > limit, "url": path}

            return await self._answer(request, f"GET {path}", do)

        return Route(path, endpoint, methods=["GET"])

    def _read(self, takes: str, text: str) -> Object:
        """The request, if the contract allows it.

        Raises:
            Refused: A member is unknown, missing or of another type.
        """
        kind = parameters(takes)
        said = typed(self.books.contract, self.books.contract.schema(kind), nested(text))
        faults = self.books.contract.faults(kind, said)
        if faults:
            raise Refused(400, "invalid_request_error", "parameter_invalid", "; ".join(faults[:3]))
        return said

    async def _answer(
        self, request: Request, operation: str, do: Callable[[], Object], *, keyed: str | None = None
    ) -> Response:
        self.calls[operation] += 1
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(Refused(401, "invalid_request_error", "api_key_invalid", "Invalid API Key"))
        fault = self.faults[operation].pop(0) if self.faults[operation] else ""
        if fault == "fail":
            return _error(Refused(500, "api_error", "api_error", "Something went wrong"))
        status, said = self._once(request, do, keyed, fault)
        if fault == "lose":
            raise AnswerLost(operation)
        if fault == "late":
            self.arrived[operation].set()
            await self.late[operation].wait()
        return JSONResponse(json.loads(json.dumps(said)), status)

    def _once(
        self, request: Request, do: Callable[[], Object], keyed: str | None, wrong: str
    ) -> tuple[int, Object]:
        """Do it, or answer as before under the same key; another request under it is refused."""
        key = request.headers.get("idempotency-key") if keyed else None
        print_ = hashlib.sha256((keyed or "").encode()).hexdigest()
        known = self._remembered.get(key or "")
        if key and known:
            if known[0] != print_:
                wrong = Refused(400, "idempotency_error", "idempotency_key_in_use", "Other parameters")
                return wrong.status, {"error": wrong.error}
            return known[1], known[2]
        try:
            undone = wrong == "fail_undone_and_remember"
            status, said = 200, {} if undone else json.loads(json.dumps(do()))
        except Refused as refused:
            if key and refused.status == CARD_REFUSED:
                self._remembered[key] = (print_, refused.status, {"error": refused.error})
            return refused.status, {"error": refused.error}
        except Exception as fault:
            self.broken.append(f"{request.method} {request.url.path}: {fault!r}")
            raise
        if wrong.endswith("and_remember"):
            status, said = 500, {"error": {"type": "api_error", "message": "Something went wrong"}}
        if key:
            self._remembered[key] = (print_, status, said)
        return status, said

    async def _pay(self, request: Request) -> Response:
        """The page to pay on; after paying the browser goes back to the shop."""
        session = self.books.get("session", request.path_params["id"])
        if request.method == "GET":
            return HTMLResponse(page(session))
        said = nested((await request.body()).decode())
        if said.get("card") == "cancel":
            return RedirectResponse(session["cancel_url"], 303)
        try:
            self.books.pay(session["id"], said["card"], confirmed="confirmed" in said)
        except Refused as refused:
            return HTMLResponse(page(session, refused.error, said["card"]), refused.status)
        return RedirectResponse(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)

    async def _receipt(self, request: Request) -> Response:
        charge = self.books.get("charge", request.path_params["id"])
        return HTMLResponse(f"<!doctype html><title>Receipt</title><h1>Receipt {charge['id']}</h1>")


def _wanted(found: Object, said: Object) -> bool:
    since = said.get("created", {}).get("gte", 0)
    return found["created"] >= since and all(
        wanted(found, said[name]) for name, wanted in FILTERS.items() if name in said
    )


async def _unknown(request: Request) -> Response:
    return JSONResponse(
        {"error": {"type": "api_error", "message": f"not in the fake: {request.url.path}"}}, 501
    )


def _error(refused: Refused) -> Response:
    return JSONResponse({"error": refused.error}, refused.status)


def made(now: Any, **more: Any) -> FakeStripe:
    """A fake account that has nothing yet."""
    key = "sk_live_fake" if more.get("livemode") else "sk_test_fake"
    return FakeStripe(Books(now, **more), key=key)
