"""Buying a pack: the order first, then its page at the provider; and what became of it.

Owns: that an attempt is on record before anybody is asked, that a double click opens one page, and that a
person sees only their own payments.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from studio_server.accounts.people import User
from studio_server.audit.events import EventKind, PurchaseStep, record_purchase_step
from studio_server.ids import IdSource
from studio_server.payments import asking, orders
from studio_server.payments.converge import Converged, Converger
from studio_server.payments.customers import Customers
from studio_server.payments.inbox import Inbox
from studio_server.payments.orders import UNDER_WAY, Order
from studio_server.payments.packs import Pack, Packs
from studio_server.payments.plans.paying import PlanPayments
from studio_server.payments.provider import PaymentFailure, PaymentUnsettled, Provider, ProviderRefused
from studio_server.payments.reconcile import Reconciler
from studio_server.payments.saved_cards.charging import Charging
from studio_server.payments.saved_cards.keeping import Keeping
from studio_server.payments.saved_cards.provider import CardProvider
from studio_server.payments.saved_cards.recharging import Recharging
from studio_server.payments.turns import Turns
from studio_server.storage.idempotency import Asked
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

ATTEMPTS = 4
NOT_THERE = "resource_missing"
Places = Callable[[str], tuple[str, str]]
"""The addresses of the success and the cancel page, for an order."""


@dataclass(frozen=True)
class Payments:
    """Everything about money from outside, of one running server that may take payments."""

    provider: Provider
    packs: Packs
    converger: Converger
    buying: "Buying"
    charging: Charging
    keeping: Keeping
    recharging: Recharging
    inbox: Inbox
    reconciler: Reconciler
    plans: PlanPayments

    async def close(self) -> None:
        """Wait for what is being charged, and let the connections to the provider go."""
        await self.recharging.close()
        await self.provider.close()


class Buying:
    """Opens and looks after purchases of one server."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ids: IdSource,
        packs: Packs,
        provider: Provider,
        card_provider: CardProvider,
        converger: Converger,
        customers: Customers,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` pushes a user's balance as it is now."""
        self._db, self._ids, self._packs, self._turns = db, ids, packs, Turns()
        self._provider, self._card_provider, self._converger = provider, card_provider, converger
        self._customers, self._tell = customers, tell

    async def begin(
        self,
        user: User,
        pack_id: str,
        places: Places,
        *,
        keep_card: bool = False,
        asked: Asked | None = None,
    ) -> Order:
        """The page to pay a pack on: the one under way if there is one, else a new one.

        With `keep_card` the card that pays is kept; a page that was opened otherwise is ended first. Asked
        again under the same key it is the same order, over or not.

        Raises:
            PackUnknown, KeyReused: Nothing was done.
            PaymentFailure, StorageError: There may be an order; asking again goes on with it.
        """
        pack = self._packs.find(pack_id)
        async with self._turns.of(f"{user.id} {pack.id}"):
            for _ in range(ATTEMPTS):
                order = await self._db.write(lambda tx: self._order(tx, user, pack, keep_card, asked))
                if order.state not in UNDER_WAY:
                    return order
                if not _is_as_wished(order, keep_card=keep_card):
                    await self._end(order)
                    continue
                usable = await self._opened(order, pack, places)
                if usable is not None:
                    return usable
        raise PaymentUnsettled(pack_id)

    async def verify(self, user: User, session_id: str) -> Order:
        """How a payment of this user stands now; credits what was paid and not credited yet.

        Raises:
            OrderNotFound: There is none, or it is somebody else's.
            PaymentFailure, StorageError: Nobody knows; asking again is safe.
        """
        order = self._db.read(lambda tx: orders.own(tx, user.id, session_id))
        return (await self.bring_up_to_date(order.id)).order

    async def bring_up_to_date(self, order_id: str) -> Converged:
        """Look at one order and tell its owner if money moved.

        Raises:
            PaymentFailure, StorageError: Nobody knows; asking again is safe.
        """
        done = await self._converger.order(order_id)
        if done.moved:
            self._tell(done.order.user_id)
        return done

    def listed(self, user: User, *, limit: int) -> list[Order]:
        """The latest purchases of this user."""
        return self._db.read(lambda tx: orders.listed(tx, user.id, limit=limit))

    def _order(self, tx: Tx, user: User, pack: Pack, keep_card: bool, asked: Asked | None) -> Order:
        known = self._known(tx, asked)
        if known is not None:
            return known
        order = orders.under_way(tx, user.id, pack.id) or self._add(tx, user, pack, keep_card=keep_card)
        if _is_as_wished(order, keep_card=keep_card):
            asking.stand_for(tx, asked, order.id)
        return order

    def _known(self, tx: Tx, asked: Asked | None) -> Order | None:
        """The order the caller's key stands for; one whose page was never opened counts for nothing."""
        order_id = asking.order_of(tx, asked)
        order = None if order_id is None else orders.by_id(tx, order_id)
        return None if order is not None and order.state == "failed" and order.session_id is None else order

    def _add(self, tx: Tx, user: User, pack: Pack, *, keep_card: bool) -> Order:
        order = orders.add(tx, self._ids.new("order"), user.id, pack, keeps_card=keep_card)
        step = PurchaseStep(order.id, "", order.amount_minor, order.currency, order.units)
        record_purchase_step(tx, user.id, EventKind.PURCHASE_STARTED, step)
        return order

    async def _opened(self, order: Order, pack: Pack, places: Places) -> Order | None:
        """The order with a page that can still be paid on, or None when it came to its end meanwhile."""
        if order.session_id is None:
            success, cancel = places(order.id)
            try:
                made = await self._provider.open_session(
                    order, pack.title, success=success, cancel=cancel, customer=await self._customer(order)
                )
            except PaymentFailure as fault:
                await self._renew_customer(order, fault)
                return await self._found_again(order, fault)
            return await self._db.write(lambda tx: orders.opened(tx, order.id, made.id, made.url))
        done = (await self.bring_up_to_date(order.id)).order
        return done if done.state in UNDER_WAY else None

    async def _found_again(self, order: Order, fault: PaymentFailure) -> Order:
        """The order with the page whose answer was lost. Without one it is over: its key is not used again.

        Raises:
            PaymentFailure: What the provider said at first, or that it cannot be asked now.
        """
        found = await self._provider.session_for(order)
        if found is None:
            await self._db.write(lambda tx: orders.save(tx, order, replace(order, state="failed")))
            raise fault
        return await self._db.write(lambda tx: orders.opened(tx, order.id, found.id, found.url))

    async def _customer(self, order: Order) -> str | None:
        """Whose card is kept; nobody's where that was not asked for."""
        return None if order.keeps_card == "no" else await self._customers.customer_of(order.user_id)

    async def _renew_customer(self, order: Order, fault: PaymentFailure) -> None:
        """Where the provider no longer knows the customer, the next page is opened for another one."""
        is_gone = isinstance(fault, ProviderRefused) and fault.code == NOT_THERE
        gone = self._db.read(lambda tx: self._customers.known(tx, order.user_id))
        if is_gone and order.keeps_card != "no" and gone is not None:
            await self._customers.replace(order.user_id, gone)

    async def _end(self, order: Order) -> None:
        """End a page that was opened for other wishes, so that it cannot be paid beside the next one."""
        if order.session_id is not None:
            await self._card_provider.expire_session(order.session_id)
        await self.bring_up_to_date(order.id)
        await self._db.write(lambda tx: _give_up(tx, order.id))


def _give_up(tx: Tx, order_id: str) -> None:
    """An order that never got a page is over; one that got a page meanwhile stays."""
    now = orders.by_id(tx, order_id)
    if now.state == "new":
        orders.save(tx, now, replace(now, state="failed"))


def _is_as_wished(order: Order, *, keep_card: bool) -> bool:
    """A card is kept only where its owner says so now."""
    return (order.keeps_card != "no") is keep_card
