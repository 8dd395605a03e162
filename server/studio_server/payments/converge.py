"""Moves our books to what a payment's present state implies: the one way credit is given for money.

Used by webhook, verification and reconciliation alike. It reads the order's version, asks Stripe, and
commits only if the version is unchanged, else it does all of it again: a slow look never overwrites a later
one. Doing it again, at once or from several places, changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from studio_magics.contracts.events import NoticeEvent
from studio_server.audit.events import CardStep, EventKind, PurchaseStep, record, record_purchase_step
from studio_server.ids import IdSource
from studio_server.ledger import Ledger, WalletNotOpen
from studio_server.payments import moves, orders
from studio_server.payments.incidents import SYSTEM, report
from studio_server.payments.looks import Also, Elsewhere, Look, nowhere
from studio_server.payments.orders import UNDER_WAY, Order, OrderState
from studio_server.payments.provider import IntentFacts, PaymentUnsettled, Provider, SessionFacts
from studio_server.payments.saved_cards import cards
from studio_server.payments.saved_cards.cards import CardFacts
from studio_server.payments.saved_cards.outcomes import Outcomes
from studio_server.payments.saved_cards.provider import CardProvider
from studio_server.payments.showing import news
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

ATTEMPTS = 8
FAILED_INTENTS = frozenset({"requires_payment_method", "canceled"})
LONGEST_CODE = 64
OF_ORDERS = ("cs_", "pi_")
"""What an order can be looked up by: a session or a payment."""
Publish = Callable[[str, NoticeEvent], None]


@dataclass(frozen=True)
class Converged:
    """How an order is now; `moved` units were given (below 0: taken), `changed` says if anything was."""

    order: Order
    moved: int
    changed: bool


@dataclass(frozen=True)
class Facts:
    """What the provider says now about the session and the payment of one order."""

    session: SessionFacts | None
    intent: IntentFacts | None
    card: CardFacts | None = None
    """The card that is to be kept, once it has paid."""


def _nothing(tx: Tx) -> None:
    """Nothing more in this transaction."""
    del tx


def _nobody(user_id: str, event: NoticeEvent) -> None:
    """Nobody listens."""
    del user_id, event


class Converger:
    """Brings orders up to date."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ledger: Ledger,
        ids: IdSource,
        provider: Provider,
        card_provider: CardProvider,
        outcomes: Outcomes,
        *,
        publish: Publish = _nobody,
        elsewhere: Elsewhere = nowhere,
    ) -> None:
        """`publish` tells a user's streams what a payment did; `elsewhere` knows what is no order's."""
        self._db, self._ledger, self._ids, self._provider = db, ledger, ids, provider
        self._card_provider, self._outcomes = card_provider, outcomes
        self._publish, self._elsewhere = publish, elsewhere

    async def by_reference(self, reference: str, *, also: Also = _nothing, dry: bool = False) -> Look | None:
        """Bring up to date whatever an id of the provider's belongs to; None when it is none of ours.

        `also` is done in the same transaction. With `dry` nothing is written and it tells what would be.

        Raises:
            PaymentFailure, StorageError: Nothing was written; asking again is safe.
        """
        order_id = await self._order_of(reference) if reference.startswith(OF_ORDERS) else None
        if order_id is None:
            found = await self._elsewhere(reference, also=also, dry=dry)
            if found is None and not dry:
                await self._db.write(lambda tx: _unmatched(tx, reference, also))
            return found
        intent_id = reference if reference.startswith("pi_") else None
        return await self.order(order_id, intent_id=intent_id, also=also, dry=dry)

    async def order(
        self, order_id: str, *, intent_id: str | None = None, also: Also = _nothing, dry: bool = False
    ) -> Converged:
        """Bring one order up to date.

        Raises:
            PaymentFailure, StorageError: Nothing was written; asking again is safe.
        """
        for _ in range(ATTEMPTS):
            seen = self._seen(order_id)
            if intent_id is not None and seen.intent_id not in (None, intent_id):
                second = self._db.read(partial(orders.of_intent, intent_id=intent_id))
                if second is None and dry:
                    return await self._would_repeat(seen, intent_id)
                order_id = second.id if second else await self._second_payment(seen, intent_id)
                continue
            facts = await self._facts(seen, intent_id, dry=dry)
            if dry:
                return self._would(seen, facts)
            done = await self._db.write(partial(self._commit, seen=seen, facts=facts, also=also))
            if done is not None:
                if done.moved:
                    self._publish(done.order.user_id, news(done.order, done.moved))
                return done
        raise PaymentUnsettled(order_id)

    def _seen(self, order_id: str) -> Order:
        return self._db.read(lambda tx: orders.by_id(tx, order_id))

    async def _order_of(self, reference: str) -> str | None:
        """Which order this is about: our own row says so first, then the session, then the payment's word."""
        known = self._db.read(lambda tx: orders.of_session(tx, reference) or orders.of_intent(tx, reference))
        if known is not None:
            return known.id
        is_intent = reference.startswith("pi_")
        ask = self._provider.session_of if is_intent else self._provider.session
        session = await ask(reference)
        named = [None if session is None else session.order_id]
        if session is not None:
            of_session = self._db.read(lambda tx: orders.of_session(tx, session.id))
            named.insert(0, None if of_session is None else of_session.id)
        if is_intent:
            intent = await self._provider.intent(reference)
            named.append(None if intent is None else intent.order_id)
        return next((name for name in named if name is not None and self._is_ours(name)), None)

    def _is_ours(self, order_id: str) -> bool:
        return self._db.read(lambda tx: orders.known(tx, order_id)) is not None

    async def _second_payment(self, order: Order, intent_id: str) -> str:
        """A second payment of one order becomes an order of its own: nobody's money is lost."""

        def work(tx: Tx) -> str:
            known = orders.of_intent(tx, intent_id)
            if known is not None:
                return known.id
            report(tx, "paid_twice", intent_id, f"order {order.id}")
            return orders.repeat(tx, order, self._ids.new("order"), intent_id).id

        return await self._db.write(work)

    async def _facts(self, order: Order, intent_id: str | None, *, dry: bool) -> Facts:
        session, intent_id = await self._paid_how(order, intent_id)
        intent = None if intent_id is None else await self._provider.intent(intent_id)
        return Facts(session, intent, await self._card(order, intent, dry=dry))

    async def _paid_how(self, order: Order, intent_id: str | None) -> tuple[SessionFacts | None, str | None]:
        """The page and the payment of an order, as far as there are any."""
        if order.way != "page":
            found = order.intent_id or intent_id
            return None, found or await self._card_provider.charge_for(order)
        session = None if order.session_id is None else await self._provider.session(order.session_id)
        if order.session_id is None and order.repeats is None:
            session = await self._provider.session_for(order)
        return session, order.intent_id or intent_id or (session.intent_id if session else None)

    async def _card(self, order: Order, intent: IntentFacts | None, *, dry: bool) -> CardFacts | None:
        """The card that paid, where its owner asked that it be kept and it was not seen to yet.

        Of somebody who left meanwhile it is taken off at the provider, unless `dry`, and not kept.
        """
        if order.keeps_card != "asked" or intent is None or intent.status != "succeeded":
            return None
        if intent.method_id is not None and self._db.read(lambda tx: cards.has_left(tx, order.user_id)):
            if not dry:
                await self._card_provider.take_off(intent.method_id)
            return None
        return None if intent.method_id is None else await self._card_provider.card(intent.method_id)

    async def _would_repeat(self, order: Order, intent_id: str) -> Converged:
        """What a second payment of one order would become."""
        none_yet = {"session_id": None, "reversed_minor": 0, "disputed": False}
        second = replace(order, state="pending", intent_id=intent_id, repeats=order.id, **none_yet)
        new = _become(second, Facts(None, await self._provider.intent(intent_id), None))
        return Converged(new, target(new), changed=True)

    def _would(self, seen: Order, facts: Facts) -> Converged:
        new = _become(seen, facts)
        stands = self._db.read(lambda tx: moves.net(moves.of(tx, seen.id)))
        moved = target(new) - stands
        return Converged(new, moved, moved != 0 or _said(new) != _said(seen))

    def _commit(self, tx: Tx, seen: Order, facts: Facts, also: Also) -> Converged | None:
        """Write what the facts imply, or nothing when the order was changed meanwhile."""
        new = _become(seen, facts)
        if facts.session is not None and seen.session_id is None and seen.repeats is None:
            orders.opened(tx, seen.id, facts.session.id, facts.session.url)
        if not orders.save(tx, seen, new):
            return None
        _report_oddities(tx, new, facts)
        if facts.card is not None:
            _keep_card(tx, new, facts.card)
        moved = self._move(tx, new)
        if moved is None:
            return self._hold_back(tx, seen, new, also)
        self._outcomes.of(tx, seen, new)
        _record(tx, seen, new)
        also(tx)
        return Converged(new, moved, moved != 0 or _said(new) != _said(seen))

    def _move(self, tx: Tx, order: Order) -> int | None:
        """Let the ledger stand for what the order does; None when the wallet is closed."""
        try:
            return moves.move_to(tx, self._ledger, order, target(order))
        except WalletNotOpen:
            return None

    def _hold_back(self, tx: Tx, seen: Order, order: Order, also: Also) -> Converged:
        held = replace(order, state="held")
        tx.execute("UPDATE payment_orders SET state = 'held' WHERE id = ?", (order.id,))
        report(tx, "wallet_is_closed", order.id)
        also(tx)
        return Converged(held, 0, changed=seen.state != "held")


def target(order: Order) -> int:
    """The units a payment stands for: all that was bought less what was reversed of it, rounded up once."""
    if order.state != "paid":
        return 0
    return order.units - -(-order.units * order.reversed_minor // order.amount_minor)


def _become(seen: Order, facts: Facts) -> Order:
    intent = facts.intent
    new = replace(seen, state=_state(seen, facts))
    if intent is None:
        return new
    reversed_minor = intent.reversed_minor if new.state == "paid" else 0
    is_seen_to = seen.keeps_card == "asked" and intent.status == "succeeded"
    return replace(
        new,
        keeps_card="done" if is_seen_to else seen.keeps_card,
        failure=(seen.failure or formal(intent.failure)) if new.state == "failed" else None,
        intent_id=intent.id,
        receipt_url=intent.receipt_url or seen.receipt_url,
        reversed_minor=reversed_minor,
        disputed=intent.disputed_minor > 0,
    )


def _state(seen: Order, facts: Facts) -> OrderState:
    """What the present facts make of an order, whatever it was before."""
    session, intent = facts.session, facts.intent
    if intent is not None and intent.status == "succeeded":
        return "paid" if _is_as_ordered(seen, intent) else "held"
    if intent is None and seen.intent_id is not None:
        return seen.state  # what the provider no longer knows takes nothing back
    if seen.way != "page":
        return seen.state if intent is None else _charged(seen, intent)
    return _of_page(seen, session, intent)


def _of_page(seen: Order, session: SessionFacts | None, intent: IntentFacts | None) -> OrderState:
    """What a page that has not been paid makes of its order."""
    if session is None:
        gone = seen.session_id is not None and seen.state in UNDER_WAY
        return "expired" if gone else seen.state
    if session.status == "complete":
        if intent is None:
            return "held"
        return "failed" if intent.status in FAILED_INTENTS else "pending"
    return "expired" if session.status == "expired" else "open"


def _charged(order: Order, intent: IntentFacts) -> OrderState:
    """What a charge of a card that has not succeeded makes of its order; what was over stays over."""
    if order.state not in {"new", "pending"}:
        return order.state
    return "failed" if intent.status == "canceled" else "pending"


def formal(code: str) -> str | None:
    """The provider's word as a code of ours, or None: nothing else is written down."""
    kept = (sign for sign in code.lower() if sign.isascii() and (sign.isalnum() or sign == "_"))
    return "".join(kept)[:LONGEST_CODE] or None


def _is_as_ordered(order: Order, intent: IntentFacts) -> bool:
    return (intent.amount_received, intent.currency) == (order.amount_minor, order.currency)


def _said(order: Order) -> tuple[object, ...]:
    return (order.state, order.intent_id, order.reversed_minor, order.disputed)


def _keep_card(tx: Tx, order: Order, card: CardFacts) -> None:
    """Keep the card that paid, as its owner asked, and put that on record."""
    if cards.keep(tx, order.user_id, card):
        record(tx, order.user_id, CardStep(order.user_id, order.id), kind=EventKind.CARD_SAVED)


def _report_oddities(tx: Tx, order: Order, facts: Facts) -> None:
    """What an operator should hear about this payment; our own row has decided already."""
    intent, session = facts.intent, facts.session
    if order.state == "held" and intent is not None:
        report(tx, "paid_otherwise", intent.id, f"{order.id} {intent.amount_received} {intent.currency}")
    if order.state == "held" and intent is None and session is not None:
        report(tx, "complete_without_payment", session.id, order.id)
    if intent is None:
        if order.intent_id is not None:
            report(tx, "payment_no_longer_known", order.intent_id, order.id)
        return
    said = (intent.order_id, intent.user_id)
    if said not in {(order.id, order.user_id), (order.repeats, order.user_id)}:
        report(tx, "says_another_order", intent.id, order.id)
    if order.disputed:
        report(tx, "disputed", intent.id, f"{order.id} {intent.disputed_minor}")


def _record(tx: Tx, seen: Order, new: Order) -> None:
    """Put the step on the audit chain, if there was one."""
    step = PurchaseStep(new.id, new.intent_id or "", new.amount_minor, new.currency, new.units)
    ends: dict[OrderState, EventKind] = {
        "paid": EventKind.PURCHASE_PAID,
        "failed": EventKind.PURCHASE_FAILED,
        "expired": EventKind.PURCHASE_ENDED,
    }
    if new.state != seen.state and new.state in ends:
        record_purchase_step(tx, SYSTEM, ends[new.state], step)
    if new.disputed != seen.disputed:
        record_purchase_step(tx, SYSTEM, EventKind.PURCHASE_DISPUTED, step)
    elif new.reversed_minor != seen.reversed_minor:
        record_purchase_step(tx, SYSTEM, EventKind.PURCHASE_REFUNDED, step)


def _unmatched(tx: Tx, reference: str, also: Also) -> None:
    """A payment or page of somebody else; their subscriptions and invoices tell nothing that those do not."""
    if reference.startswith(OF_ORDERS):
        report(tx, "unmatched_payment", reference)
    also(tx)
