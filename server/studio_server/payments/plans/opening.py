"""Makes the parts that let plans be paid through Stripe."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.accounts.plans import Plans
from studio_server.ids import IdSource
from studio_server.ledger import Ledger
from studio_server.payments.converge import Publish
from studio_server.payments.customers import Customers
from studio_server.payments.plans.converge import PlanConverger
from studio_server.payments.plans.paying import PlanPayments
from studio_server.payments.plans.provider import PlanProvider
from studio_server.registry.catalogue import Registry
from studio_server.storage.store import Store

if TYPE_CHECKING:
    from studio_server.payments.at_stripe.payments import StripeSide


@dataclass(frozen=True)
class PlanParts:
    """What plans are paid with."""

    payments: PlanPayments
    converger: PlanConverger
    provider: PlanProvider


def open_plans(  # noqa: PLR0917  - each part once
    db: Store,
    ledger: Ledger,
    ids: IdSource,
    registry: Registry,
    plans: Plans,
    side: "StripeSide",
    tell: Callable[[str], None],
    publish: Publish,
) -> PlanParts:
    """Plans over a connection to Stripe; needs its client."""
    from studio_server.payments.at_stripe.customers import StripeCustomers
    from studio_server.payments.at_stripe.plans import StripePlans  # heavy, and an extra

    sold = [plan for plan in registry.plans.values() if plan.price_minor]
    provider, customers = StripePlans(side, sold), Customers(db, StripeCustomers(side))
    converger = PlanConverger(db, ledger, ids, registry, plans, provider, side, publish)
    payments = PlanPayments(db, ids, registry, plans, customers, provider, converger, tell)
    return PlanParts(payments, converger, provider)
