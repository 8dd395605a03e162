"""Everything a user paid for, packs and plans alike, as they see it."""

from studio_magics.contracts.payments import Purchase
from studio_server.accounts.people import User
from studio_server.payments.buying import Payments
from studio_server.payments.orders import OrderNotFound
from studio_server.payments.plans import invoices
from studio_server.payments.plans.showing import begun_purchase, plan_purchase
from studio_server.payments.showing import shown_purchase
from studio_server.registry.catalogue import PLAN_CURRENCIES, Registry
from studio_server.storage.store import Store


async def verified(payments: Payments, registry: Registry, user: User, session_id: str) -> Purchase:
    """How a payment of this user stands now; credits what was paid and not credited yet.

    Raises:
        OrderNotFound: There is none, or it is somebody else's.
        PaymentFailure, StorageError: Nobody knows; asking again is safe.
    """
    try:
        order = await payments.buying.verify(user, session_id)
    except OrderNotFound:
        return begun_purchase(registry, await payments.plans.verify(user, session_id))
    return shown_purchase(payments.packs, order)


def purchases_of(
    db: Store, payments: Payments, registry: Registry, user: User, *, limit: int
) -> tuple[Purchase, ...]:
    """The latest purchases of this user, newest first: packs, and every invoice of a plan."""
    packs = [shown_purchase(payments.packs, each) for each in payments.buying.listed(user, limit=limit)]
    found = db.read(lambda tx: invoices.listed(tx, user.id, limit=limit))
    plans = [plan_purchase(registry, each) for each in found if each.currency in PLAN_CURRENCIES]
    return tuple(sorted([*packs, *plans], key=lambda each: each.created_at, reverse=True)[:limit])
