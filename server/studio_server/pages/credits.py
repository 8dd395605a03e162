"""The page of credits: what there is, the plan, packs compared, what was bought. Reads, moves nothing."""

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse

from studio_magics.contracts.payments import Pack
from studio_server.accounts.people import User
from studio_server.ledger import Asset
from studio_server.pages.callers import identity_of, services
from studio_server.pages.drawing import page
from studio_server.payments.buying import Payments
from studio_server.payments.customers import customer_known
from studio_server.payments.plans.showing import offer, standing
from studio_server.payments.purchases import purchases_of
from studio_server.payments.saved_cards.showing import shown_card, shown_recharge
from studio_server.payments.showing import shown_pack
from studio_server.registry.catalogue import PlanEntry
from studio_server.storage.tx import Tx

if TYPE_CHECKING:
    from studio_server.services import Services

PURCHASES = 50
SOURCES = {
    "plan": "of your plan",
    "purchase": "bought",
    "gift": "given to you",
    "promotion": "of a promotion",
    "refund": "refunded",
    "adjustment": "added by hand",
}
"""Where credits come from, for people; a new source is shown by its name."""
STATES = {
    "waiting": "not paid yet",
    "pending": "on its way",
    "expired": "not paid in time",
    "held": "being looked at",
}
"""How a purchase stands, for people, where the word of the API does not say it."""


async def credits_page(request: Request) -> HTMLResponse:
    """Packs compared; for who is signed in also the balance, the plan and the latest purchases."""
    server, identity = services(request), identity_of(request)
    payments = server.payments
    if payments is None:
        return page("credits.html", credit_packs=(), dollar_packs=(), mine=None)
    packs = [shown_pack(payments.packs, each) for each in payments.packs.entries]
    return page(
        "credits.html",
        credit_packs=_giving(packs, "credits"),
        dollar_packs=_giving(packs, "dollars"),
        mine=None if identity is None else _mine(server, payments, await server.user(identity)),
    )


def _giving(packs: list[Pack], gives: str) -> list[Pack]:
    return [pack for pack in packs if pack.gives == gives]


def _plans(server: "Services") -> list[PlanEntry]:
    return sorted(server.registry.plans.values(), key=lambda plan: plan.monthly_credits)


def _mine(server: "Services", payments: Payments, user: User) -> dict[str, Any]:
    """What the page shows of one person."""

    def read(tx: Tx) -> dict[str, Any]:
        usd = server.ledger.wallet_id_of(tx, user.id, Asset.USD)
        return {
            "balance": server.accounts.balance(tx, user),
            "standing": standing(tx, server.plans, user.id, customer_known(tx, user.id)),
            "dollars_micros": 0 if usd is None else server.ledger.wallet_view(tx, usd).available,
        }

    now, card = server.db.clock.now(), payments.keeping.card(user)
    return server.db.read(read) | {
        "offers": [offer(each, takes_payments=True) for each in _plans(server)],
        "purchases": purchases_of(server.db, payments, server.registry, user, limit=PURCHASES),
        "card": shown_card(card, now),
        "recharge": shown_recharge(payments.packs, payments.recharging.standing(user), card, now),
        "sources": SOURCES,
        "states": STATES,
    }
