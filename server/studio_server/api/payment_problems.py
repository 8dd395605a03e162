"""What went wrong with buying, as answers over HTTP. The provider's own words are never passed on."""

from collections.abc import Callable
from typing import Any

from studio_magics.contracts.problems import Problem
from studio_server.api.payments import NothingOnSale
from studio_server.api.wording import problem
from studio_server.payments.inbox import EventOfAnotherMode
from studio_server.payments.orders import OrderNotFound
from studio_server.payments.packs import PackUnknown
from studio_server.payments.plans.paying import NothingPaid, PlanDisputed, PlanNotSold
from studio_server.payments.provider import (
    PaymentUnsettled,
    ProviderRefused,
    ProviderUnreachable,
    SignatureWrong,
)


def _unreachable(_: Exception) -> Problem:
    return problem(
        503,
        "payments_unreachable",
        "The payment provider does not answer.",
        "nothing was charged by this request",
        "try again in a minute; what was paid is credited by itself",
    )


def _refused(fault: ProviderRefused) -> Problem:
    return problem(
        502,
        "payment_refused",
        "The payment provider refused the request.",
        f"its code: {fault.code[:80]}",
        "try again; if it stays, ask the operator",
    )


PAYMENTS: dict[type[BaseException], Callable[[Any], Problem]] = {
    NothingOnSale: lambda _: problem(
        409,
        "payments_off",
        "Nothing can be bought on this server.",
        "its operator has not set up payments",
        "ask the operator for credits",
    ),
    PackUnknown: lambda fault: problem(
        404,
        "unknown_pack",
        f"There is no pack '{fault.pack_id[:64]}'.",
        "",
        f"choose one of {', '.join(fault.known)}",
    ),
    PlanNotSold: lambda fault: problem(
        404,
        "unknown_plan",
        f"There is no plan '{fault.plan_id[:64]}' to pay for.",
        "",
        f"choose one of {', '.join(fault.known)}",
    ),
    NothingPaid: lambda _: problem(
        409,
        "no_paid_plan",
        "You pay for no plan: there is nothing to change or cancel.",
        "",
        "%studio plan compares the plans",
    ),
    PlanDisputed: lambda _: problem(
        409,
        "plan_disputed",
        "A payment for your plan is disputed: no higher plan until that is settled.",
        "",
        "ask the operator",
    ),
    OrderNotFound: lambda _: problem(
        404, "not_found", "You have no such payment.", "", "%studio purchases lists yours"
    ),
    ProviderUnreachable: _unreachable,
    PaymentUnsettled: _unreachable,
    ProviderRefused: _refused,
    SignatureWrong: lambda fault: problem(
        400, "signature_wrong", "This is no event of the payment provider.", str(fault), "sign it"
    ),
    EventOfAnotherMode: lambda _: problem(
        400,
        "event_of_another_mode",
        "A live event at a test server, or the reverse.",
        "",
        "check the endpoint",
    ),
}
