"""Makes payments from settings, or says why they cannot be taken."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from studio_server.accounts.plans import Plans
from studio_server.ids import IdSource
from studio_server.ledger import Ledger
from studio_server.payments import packs
from studio_server.payments.buying import Buying, Payments
from studio_server.payments.converge import Converger, Publish
from studio_server.payments.customers import Customers
from studio_server.payments.inbox import Inbox
from studio_server.payments.plans.opening import open_plans
from studio_server.payments.reconcile import Reconciler
from studio_server.payments.saved_cards.charging import Charging
from studio_server.payments.saved_cards.keeping import Keeping
from studio_server.payments.saved_cards.outcomes import Outcomes
from studio_server.payments.saved_cards.recharging import Recharging
from studio_server.registry.catalogue import Registry
from studio_server.settings import Settings
from studio_server.storage.store import Store

if TYPE_CHECKING:
    from studio_server.payments.at_stripe.cards import StripeCards
    from studio_server.payments.at_stripe.customers import StripeCustomers
    from studio_server.payments.at_stripe.payments import HttpClient, StripeSide

STRIPE = "https://api.stripe.com"
KEYS = ("sk_test_", "rk_test_", "sk_live_", "rk_live_")
SECRET_LENGTH = 16


class PaymentsMisconfigured(ValueError):
    """The settings for payments contradict each other; the server does not start. Names no secret."""


def open_payments(
    settings: Settings,
    db: Store,
    ledger: Ledger,
    ids: IdSource,
    tell: Callable[[str], None],
    *,
    registry: Registry,
    plans: Plans,
    publish: Publish,
    http: "HttpClient | None" = None,
) -> Payments | None:
    """Payments through Stripe, or None when no key is set.

    `tell` pushes a user's balance as it is now, `publish` what a payment gave or took.

    Raises:
        PaymentsMisconfigured: No key of Stripe's, a live key for another address, a secret that is none, or
            the client is not installed.
    """
    if not settings.stripe_secret_key:
        return None
    refuse_payments(settings)
    provider, card_provider, customers = _stripe(settings, http)
    on_sale = packs.load()
    page = f"{settings.public_url}/account/credits" if settings.public_url else None
    outcomes = Outcomes(ids, page=page)
    paid = open_plans(db, ledger, ids, registry, plans, provider, tell, publish)
    converger = Converger(
        *(db, ledger, ids, provider, card_provider, outcomes),
        publish=publish,
        elsewhere=paid.converger.by_reference,
    )
    keeping = Keeping(db, card_provider, outcomes)
    charging = Charging(db, ids, on_sale, card_provider, converger, outcomes, tell)
    return Payments(
        provider=provider,
        packs=on_sale,
        converger=converger,
        buying=Buying(
            *(db, ids, on_sale, provider, card_provider, converger, Customers(db, customers)), tell
        ),
        charging=charging,
        keeping=keeping,
        recharging=Recharging(db, ledger, on_sale, charging, keeping, outcomes),
        inbox=Inbox(db, provider, converger, keeping, tell),
        reconciler=Reconciler(db, ids, provider, converger, tell, plans=(paid.converger, paid.provider)),
        plans=paid.payments,
    )


def _stripe(
    settings: Settings, http: "HttpClient | None"
) -> tuple["StripeSide", "StripeCards", "StripeCustomers"]:
    """Stripe, spoken to over one connection.

    Raises:
        PaymentsMisconfigured: Its client is not installed.
    """
    try:
        from studio_server.payments.at_stripe.cards import StripeCards
        from studio_server.payments.at_stripe.customers import StripeCustomers
        from studio_server.payments.at_stripe.payments import StripeSide  # heavy, and an extra
    except ImportError as missing:
        raise PaymentsMisconfigured(
            "a key is set, but Stripe's client is not installed: extra `payments`"
        ) from missing

    side = StripeSide(settings.stripe_secret_key or "", api_base=settings.stripe_api_base or None, http=http)
    return side, StripeCards(side), StripeCustomers(side)


def refuse_payments(settings: Settings) -> None:
    """Refuse settings that could take real money to the wrong place, or believe anybody.

    Raises:
        PaymentsMisconfigured: Saying what is wrong, without any secret.
    """
    key, base = settings.stripe_secret_key, settings.stripe_api_base
    if not key:
        return
    if not key.startswith(KEYS):
        raise PaymentsMisconfigured("STUDIO_STRIPE_SECRET_KEY is no secret key of Stripe's")
    if base and base != STRIPE and "_live_" in key:
        raise PaymentsMisconfigured("a live key is only ever sent to Stripe: unset STUDIO_STRIPE_API_BASE")
    if any(not s.startswith("whsec_") or len(s) < SECRET_LENGTH for s in settings.stripe_webhook_secrets):
        raise PaymentsMisconfigured("STUDIO_STRIPE_WEBHOOK_SECRETS has a secret that is not Stripe's")
