"""Buying over HTTP: what is on sale, where to pay, what became of it; and the provider's webhook."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.payments import Checkout, CheckoutRequest, PackList, PurchaseList
from studio_server.api.http import (
    BodyTooLarge,
    QueryInvalid,
    answer,
    asked_for,
    body,
    json_text,
    number,
    services,
    signed_in,
)
from studio_server.payments.buying import Payments
from studio_server.payments.provider import SignatureWrong
from studio_server.payments.purchases import purchases_of, verified
from studio_server.payments.showing import shown_pack, status

MOST_PURCHASES = 200
WEBHOOK_PATH = "/api/stripe/webhook"
WEBHOOK_BYTES = 1_000_000
WEBHOOK_SECONDS = 10
SESSION_LENGTH = 255


class NothingOnSale(LookupError):
    """This server takes no payments."""


def payments(request: Request) -> Payments:
    """Payments of this server.

    Raises:
        NothingOnSale: It takes none.
    """
    found = services(request).payments
    if found is None:
        raise NothingOnSale
    return found


async def list_packs(request: Request) -> Response:
    """What can be bought here; nothing where payments are off."""
    found = services(request).payments
    packs = () if found is None else tuple(shown_pack(found.packs, each) for each in found.packs.entries)
    return answer(PackList(packs=packs))


async def checkout(request: Request) -> Response:
    """Begin to buy a pack: the page to pay on. Asked again before it is paid, the same page."""
    found, user = payments(request), await signed_in(request)
    said = await body(request, CheckoutRequest)
    back = places(request, found.packs.find(said.pack).id)
    asked = asked_for(request, user, said)
    order = await found.buying.begin(user, said.pack, lambda _: back, keep_card=said.save_card, asked=asked)
    pack = shown_pack(found.packs, found.packs.find(order.pack_id))
    return answer(
        Checkout(order_id=order.id, session_id=order.session_id or "", url=order.session_url or "", pack=pack)
    )


async def verify(request: Request) -> Response:
    """How one of your payments stands; what was paid and is not credited yet is credited now."""
    found, user = payments(request), await signed_in(request)
    session_id = request.query_params.get("session_id", "")
    if not 1 <= len(session_id) <= SESSION_LENGTH or not session_id.isascii():
        raise QueryInvalid("session_id", f"{len(session_id)} characters", f"1 to {SESSION_LENGTH} of ASCII")
    server = services(request)
    purchase = await verified(found, server.registry, user, session_id)
    return answer(server.db.read(lambda tx: status(tx, server.ledger, user, purchase)))


async def purchases(request: Request) -> Response:
    """Your latest purchases, newest first, with receipts."""
    found, user = payments(request), await signed_in(request)
    limit, server = number(request, "limit", default=50, least=1, most=MOST_PURCHASES), services(request)
    listed = purchases_of(server.db, found, server.registry, user, limit=limit)
    return answer(PurchaseList(purchases=listed))


async def webhook(request: Request) -> Response:
    """Take an event of the payment provider: 400 what it did not sign, 500 what has to come again.

    A request that cannot be signed rightly is refused before its body is read.
    """
    from studio_server.payments.at_stripe.payments import refuse_unsigned, told  # heavy, and an extra

    server, found = services(request), payments(request)
    header, now = request.headers.get("stripe-signature"), server.db.clock.now()
    refuse_unsigned(header, now)
    raw = await _raw(request)
    event = told(raw, header, server.settings.stripe_webhook_secrets, now)
    await found.inbox.take(event)
    return json_text('{"received":true}')


def places(request: Request, pack_id: str) -> tuple[str, str]:
    """Where the browser goes after paying a pack, and after going back."""
    base = base_address(request)
    return (
        f"{base}/account/credits/success?session_id={{CHECKOUT_SESSION_ID}}",
        f"{base}/account/credits/cancel?pack={pack_id}",
    )


async def _raw(request: Request) -> bytes:
    """The body as it came, at most 1 MB of it and for at most ten seconds."""
    received = bytearray()
    try:
        async with asyncio.timeout(WEBHOOK_SECONDS):
            async for chunk in request.stream():
                received += chunk
                if len(received) > WEBHOOK_BYTES:
                    raise BodyTooLarge(WEBHOOK_BYTES)
    except TimeoutError as slow:
        raise SignatureWrong("the body did not come in time") from slow
    return bytes(received)


def base_address(request: Request) -> str:
    """Where the browser finds this server: as the operator says, else as the request came."""
    return services(request).settings.public_url or str(request.base_url).rstrip("/")
