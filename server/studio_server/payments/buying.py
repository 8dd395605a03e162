"""Buying a pack: the order first, then its page at the provider; and what became of it.

Owns: that an attempt is on record before anybody is asked, that a double click opens one page, and that a
person sees only their own payments.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from studio_server.accounts.people import User
from studio_server.audit.events import EventKind, PurchaseStep, record_purchase_step
from studio_server.ids import IdSource
from studio_server.payments import orders
from studio_server.payments.converge import Converged, Converger
from studio_server.payments.inbox import Inbox
from studio_server.payments.orders import UNDER_WAY, Order
from studio_server.payments.packs import Pack, Packs
from studio_server.payments.provider import PaymentFailure, PaymentUnsettled, Provider
from studio_server.payments.reconcile import Reconciler
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

ATTEMPTS = 4
LOCKS = 1_000
Places = Callable[[str], tuple[str, str]]
"""The addresses of the success and the cancel page, for an order."""


@dataclass(frozen=True)
class Payments:
    """Everything about money from outside, of one running server that may take payments."""

    provider: Provider
    packs: Packs
    converger: Converger
    buying: "Buying"
    inbox: Inbox
    reconciler: Reconciler

    async def close(self) -> None:
        """Let the connections to the provider go."""
        await self.provider.close()


class Buying:
    """Opens and looks after purchases of one server."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ids: IdSource,
        packs: Packs,
        provider: Provider,
        converger: Converger,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` pushes a user's balance as it is now."""
        self._db, self._ids, self._packs = db, ids, packs
        self._provider, self._converger, self._tell = provider, converger, tell
        self._turns: OrderedDict[str, asyncio.Lock] = OrderedDict()

    async def begin(self, user: User, pack_id: str, places: Places) -> Order:
        """The page to pay a pack on: the one under way if there is one, else a new one.

        Raises:
            PackUnknown: Nothing was done.
            PaymentFailure, StorageError: There may be an order; asking again goes on with it.
        """
        pack = self._packs.find(pack_id)
        async with self._turn(f"{user.id} {pack.id}"):
            for _ in range(ATTEMPTS):
                order = await self._db.write(lambda tx: self._order(tx, user, pack))
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

    def _order(self, tx: Tx, user: User, pack: Pack) -> Order:
        found = orders.under_way(tx, user.id, pack.id)
        if found is not None:
            return found
        order = orders.add(tx, self._ids.new("order"), user.id, pack)
        step = PurchaseStep(order.id, "", order.amount_minor, order.currency, order.units)
        record_purchase_step(tx, user.id, EventKind.PURCHASE_STARTED, step)
        return order

    async def _opened(self, order: Order, pack: Pack, places: Places) -> Order | None:
        """The order with a page that can still be paid on, or None when it came to its end meanwhile."""
        if order.session_id is None:
            success, cancel = places(order.id)
            try:
                made = await self._provider.open_session(order, pack.title, success=success, cancel=cancel)
            except PaymentFailure as fault:
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

    def _turn(self, name: str) -> asyncio.Lock:
        """Whoever buys the same pack twice at once waits for the first."""
        lock = self._turns.pop(name, None) or asyncio.Lock()
        self._turns[name] = lock
        while len(self._turns) > LOCKS:
            oldest = next(iter(self._turns))
            if self._turns[oldest].locked():
                break
            del self._turns[oldest]
        return lock
