"""Charges a saved card: the order first, one charge at a time, and never a second one for a lost answer.

The order's id is the key at the provider. After an unknown outcome the provider is asked whether there is a
payment for the order before anything else. A payment that was refused is ended there, so that it cannot be
paid beside the page that its owner is offered instead.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta

from studio_server.accounts.people import User
from studio_server.audit.events import (
    SYSTEM,
    CardStep,
    EventKind,
    PurchaseStep,
    record,
    record_purchase_step,
)
from studio_server.ids import IdSource
from studio_server.payments import asking, orders
from studio_server.payments.converge import Converger, formal
from studio_server.payments.orders import Order, OrderState, Way
from studio_server.payments.packs import Pack, Packs, PackUnknown
from studio_server.payments.provider import (
    PaymentFailure,
    PaymentUnsettled,
    ProviderRefused,
    ProviderUnreachable,
)
from studio_server.payments.saved_cards import cards, charges
from studio_server.payments.saved_cards.cards import SavedCard
from studio_server.payments.saved_cards.outcomes import NOT_ASKED, Outcomes
from studio_server.payments.saved_cards.provider import CardGone, CardProvider, CardRefused, ChargeFailed
from studio_server.payments.turns import Turns
from studio_server.storage.idempotency import Asked
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

UNANSWERED_FOR = timedelta(minutes=10)
"""After so long without any payment at the provider, a charge whose answer was lost is over."""
CHARGES_A_ROUND = 200
ATTEMPTS = 4
Wanted = Callable[[Tx, Order], bool]


class NoSavedCard(LookupError):
    """This user has no saved card; nothing was charged."""


class PriceChanged(ValueError):
    """The pack has another price than the one that was agreed to; nothing was charged."""

    def __init__(self, pack: Pack) -> None:
        super().__init__(f"the pack {pack.id} costs {pack.price_minor} {pack.currency}")
        self.pack = pack


class ChargeUnderWay(ValueError):
    """Another charge of this user's card is not over; nothing was charged for this one."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"the order {order.id} is being charged")
        self.order = order


def always(tx: Tx, order: Order) -> bool:
    """Its owner asked for it, so it is wanted."""
    del tx, order
    return True


def is_agreed(pack: Pack, price_minor: int) -> bool:
    """Only the price that somebody was shown is charged."""
    return pack.price_minor == price_minor


class Charging:
    """Charges saved cards of one server."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ids: IdSource,
        packs: Packs,
        provider: CardProvider,
        converger: Converger,
        outcomes: Outcomes,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` pushes a user's balance as it is now."""
        self._db, self._ids, self._packs, self._tell = db, ids, packs, tell
        self._provider, self._converger, self._outcomes = provider, converger, outcomes
        self._turns = Turns()

    async def top_up(self, user: User, pack_id: str, price_minor: int, asked: Asked | None) -> Order:
        """Buy a pack with the saved card now; the order as it is afterwards, which may be `failed`.

        Asked again under the same key, or for the same pack while it is under way, it is the same order.

        Raises:
            PackUnknown, PriceChanged, NoSavedCard, ChargeUnderWay, KeyReused: Nothing was charged.
            PaymentFailure, StorageError: Nobody knows; asking again under the same key is safe.
        """
        pack = self._packs.find(pack_id)
        for _ in range(ATTEMPTS):
            order = await self._db.write(lambda tx: self._order(tx, user.id, pack, price_minor, asked))
            if order is not None:
                return await self.charge(order)
        raise PaymentUnsettled(pack_id)

    async def charge(self, order: Order, wanted: Wanted = always) -> Order:
        """Charge an order unless it was charged already; the order as it is afterwards.

        `wanted` is asked just before: where it says no, nothing is charged.

        Raises:
            PaymentFailure, StorageError: Nobody knows; asking again is safe.
        """
        async with self._turns.of(order.user_id):
            now = self._db.read(lambda tx: orders.by_id(tx, order.id))
            if now.state == "new" and now.version > 0:
                now = await self._look(now)
            if now.state == "new":
                now = await self._charge_now(now, wanted)
            return await self._settle(now) if now.state == "pending" else now

    async def look_after(self) -> None:
        """Bring every charge that is not over to its end: of nobody's order is anything charged here.

        Raises:
            StorageError: Not all were looked at; what could not be asked is looked at the next time.
        """
        for order in self._db.read(lambda tx: charges.all_under_way(tx, limit=CHARGES_A_ROUND)):
            with contextlib.suppress(PaymentFailure):
                async with self._turns.of(order.user_id):
                    await self._end(order)

    async def _end(self, order: Order) -> None:
        now = await self._look(order)
        if now.state == "pending":
            await self._settle(now)
        age = self._db.clock.now() - now.created_at
        if now.state == "new" and age > UNANSWERED_FOR:
            await self._db.write(lambda tx: self._over(tx, now, "failed", "no_answer"))

    def _order(self, tx: Tx, user_id: str, pack: Pack, price_minor: int, asked: Asked | None) -> Order | None:
        """The order to charge; None when somebody else has begun one at this moment."""
        known = self._known(tx, asked)
        if known is not None:
            return known
        if not is_agreed(pack, price_minor):
            raise PriceChanged(pack)
        card, found = cards.of(tx, user_id), charges.under_way(tx, user_id)
        if card is None:
            raise NoSavedCard(user_id)
        if found is not None and (found.way, found.pack_id) != ("saved_card", pack.id):
            raise ChargeUnderWay(found)
        order = found or self.begin(tx, pack, card, "saved_card", actor=user_id)
        if order is not None:
            asking.stand_for(tx, asked, order.id)
        return order

    def begin(self, tx: Tx, pack: Pack, card: SavedCard, way: Way, *, actor: str) -> Order | None:
        """Put an order on record that is to be charged; None when one of this user is under way."""
        order = charges.add(tx, self._ids.new("order"), pack, card, way)
        if order is not None:
            record_purchase_step(tx, actor, EventKind.PURCHASE_STARTED, _step(order))
        return order

    def _known(self, tx: Tx, asked: Asked | None) -> Order | None:
        """The order the caller's key stands for; one that the provider never began counts for nothing."""
        order_id = asking.order_of(tx, asked)
        order = None if order_id is None else orders.by_id(tx, order_id)
        return None if order is not None and order.failure in NOT_ASKED else order

    async def _charge_now(self, order: Order, wanted: Wanted) -> Order:
        ready = await self._db.write(lambda tx: self._last_look(tx, order, wanted))
        if ready.state != "new":
            return ready
        try:
            intent_id = await self._provider.charge(ready, self._title(ready))
        except CardRefused as refused:
            return await self._refused(ready, refused)
        except CardGone:
            return await self._db.write(lambda tx: self._gone(tx, ready))
        except ProviderRefused as fault:
            return await self._not_taken(ready, fault)
        except ProviderUnreachable as fault:
            return await self._unanswered(ready, fault)
        return await self._look(ready, intent_id)

    def _last_look(self, tx: Tx, order: Order, wanted: Wanted) -> Order:
        """The order, marked as asked about, or ended where its card has gone or it is no longer wanted."""
        card = cards.of(tx, order.user_id)
        if card is None or card.method_id != order.method_id:
            return self._over(tx, order, "failed", "card_removed")
        if not wanted(tx, order):
            return self._over(tx, order, "expired", "not_needed")
        charges.ask(tx, order.id)
        return orders.by_id(tx, order.id)

    async def _refused(self, order: Order, refused: CardRefused) -> Order:
        """The bank did not pay: what was begun is given up, so that nobody can pay it later."""
        intent_id = refused.intent_id or await self._provider.charge_for(order)
        if intent_id is None:
            code = formal(refused.code) or "card_declined"
            return await self._db.write(lambda tx: self._over(tx, order, "failed", code))
        return await self._look(order, intent_id)

    async def _not_taken(self, order: Order, fault: ProviderRefused) -> Order:
        """The provider did not ask the bank: for the card is nobody's any more, or for reasons of its own."""
        found = None if order.method_id is None else await self._provider.card(order.method_id)
        if found is None or found.customer_id is None:
            return await self._db.write(lambda tx: self._gone(tx, order))
        code = formal(fault.code) or "refused"
        return await self._db.write(lambda tx: self._over(tx, order, "failed", code))

    async def _unanswered(self, order: Order, fault: ProviderUnreachable) -> Order:
        """What became of a charge that was not answered.

        Raises:
            PaymentFailure: Nothing is at the provider, or it cannot be asked.
        """
        now = await self._look(order)
        if now.state != "new":
            return now
        if isinstance(fault, ChargeFailed):  # it was answered, so nothing is on its way any more
            await self._db.write(lambda tx: self._over(tx, now, "failed", "provider_failed"))
        raise fault

    async def _settle(self, order: Order) -> Order:
        """Give up what waits for somebody to confirm or try again: its owner is offered a page instead.

        Raises:
            PaymentFailure: It may still be open.
        """
        if order.intent_id is None:
            return order
        await self._provider.give_up(order.intent_id)
        return await self._look(order)

    async def _look(self, order: Order, intent_id: str | None = None) -> Order:
        done = await self._converger.order(order.id, intent_id=intent_id)
        if done.moved:
            self._tell(done.order.user_id)
        return done.order

    def _gone(self, tx: Tx, order: Order) -> Order:
        """The provider knows the card no more: so do we."""
        if cards.drop(tx, order.user_id):
            record(tx, SYSTEM, CardStep(order.user_id, order.id), kind=EventKind.CARD_REMOVED)
        return self._over(tx, order, "failed", "card_removed")

    def _over(self, tx: Tx, order: Order, state: OrderState, failure: str) -> Order:
        """End an order of which the provider has no payment."""
        if charges.end(tx, order.id, state, failure):
            now = orders.by_id(tx, order.id)
            kind = EventKind.PURCHASE_FAILED if state == "failed" else EventKind.PURCHASE_ENDED
            record_purchase_step(tx, SYSTEM, kind, _step(now))
            self._outcomes.of(tx, order, now)
        return orders.by_id(tx, order.id)

    def _title(self, order: Order) -> str:
        try:
            return self._packs.find(order.pack_id).title
        except PackUnknown:
            return order.pack_id


def _step(order: Order) -> PurchaseStep:
    return PurchaseStep(order.id, order.intent_id or "", order.amount_minor, order.currency, order.units)
