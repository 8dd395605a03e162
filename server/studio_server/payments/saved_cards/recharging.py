"""Auto-recharge: buys a pack with the saved card when little is left, as its owner asked, and never more.

A look is cheap and happens after every move of a balance and every five minutes. What may be charged is
decided in one transaction, which writes the order; it is looked at again just before the card is charged.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Literal

from studio_server.accounts.people import User
from studio_server.audit.events import SYSTEM, EventKind, record
from studio_server.ledger import Ledger
from studio_server.payments.orders import Order
from studio_server.payments.packs import Pack, Packs
from studio_server.payments.provider import PaymentFailure
from studio_server.payments.saved_cards import cards, charges, recharges
from studio_server.payments.saved_cards.charging import Charging, NoSavedCard
from studio_server.payments.saved_cards.keeping import Keeping
from studio_server.payments.saved_cards.outcomes import Outcomes, step, was_told_to_wait
from studio_server.payments.saved_cards.recharges import Wish
from studio_server.payments.saved_cards.standing import DISPUTES_COUNT_FOR, Standing, Standings
from studio_server.storage.errors import StorageError
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 300.0


class RechargeRefused(ValueError):
    """It cannot be turned on like this; `code` says why. Nothing was changed."""

    def __init__(self, code: Literal["threshold", "ceiling", "disputed", "debt"], pack: Pack) -> None:
        super().__init__(f"recharging with {pack.id}: {code}")
        self.code, self.pack = code, pack


class Recharging:
    """Auto-recharge of one server."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ledger: Ledger,
        packs: Packs,
        charging: Charging,
        keeping: Keeping,
        outcomes: Outcomes,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._db, self._packs, self._standings = db, packs, Standings(ledger, packs)
        self._charging, self._keeping, self._outcomes = charging, keeping, outcomes
        self._pause = pause
        self._on: set[str] = set()
        self._tasks: dict[str, asyncio.Task[Order | None]] = {}

    def standing(self, user: User) -> Standing | None:
        """How the recharge of this user stands, or None when they never asked for one."""
        return self._db.read(lambda tx: self._standings.of(tx, recharges.of(tx, user.id)))

    async def turn_on(self, user: User, *, pack_id: str, threshold: int, ceiling_minor: int) -> None:
        """Recharge from now on; if little is left already, at once.

        Raises:
            PackUnknown, NoSavedCard, RechargeRefused: Nothing was changed.
        """
        pack = self._packs.find(pack_id)
        wish = Wish(threshold, pack.id, pack.price_minor, pack.units, ceiling_minor, pack.currency)
        await self._db.write(lambda tx: self._turn_on(tx, user.id, pack, wish))
        self._on.add(user.id)
        self.balance_moved(user.id)

    async def turn_off(self, user: User) -> None:
        """Recharge no more; what is being charged at this moment still is."""
        await self._db.write(lambda tx: self._outcomes.stop(tx, user.id, "asked", actor=user.id))
        self._on.discard(user.id)

    def balance_moved(self, user_id: str) -> None:
        """Look at this user soon, if they asked for it; called after every move of a balance."""
        if user_id not in self._on or user_id in self._tasks:
            return
        task = asyncio.get_running_loop().create_task(self._soon(user_id), name="recharge")
        self._tasks[user_id] = task
        task.add_done_callback(lambda _: self._looked(user_id))

    async def consider(self, user_id: str) -> Order | None:
        """Recharge this user if it is due; the order as it is afterwards, or None.

        Raises:
            PaymentFailure, StorageError: Nobody knows; the next round goes on.
        """
        if not self._db.read(lambda tx: self._is_due(tx, user_id)):
            return None
        order = await self._db.write(lambda tx: self._begin(tx, user_id))
        return None if order is None else await self._charging.charge(order, self._is_wanted)

    async def run(self) -> None:
        """A round every five minutes, until cancelled."""
        while True:
            self._on = set(self._db.read(recharges.users))
            await self._pause(INTERVAL_SECONDS)
            try:
                await self.round()
            except (PaymentFailure, StorageError) as fault:
                log.warning("cards could not be looked after: %s", type(fault).__name__)

    async def round(self) -> None:
        """End what was left open, let cards go that are no longer used, recharge whoever is due.

        Raises:
            PaymentFailure, StorageError: Not all was done; the next round goes on.
        """
        await self._charging.look_after()
        self._on = set(self._db.read(recharges.users))
        for user_id in await asyncio.to_thread(self._all_due, sorted(self._on)):
            with contextlib.suppress(PaymentFailure):
                await self.consider(user_id)
        await self._keeping.take_off()

    async def close(self) -> None:
        """Wait for what is being charged."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _soon(self, user_id: str) -> Order | None:
        try:
            return await self.consider(user_id)
        except (PaymentFailure, StorageError) as fault:
            log.warning("a recharge could not be made now: %s", type(fault).__name__)
            return None

    def _looked(self, user_id: str) -> None:
        task = self._tasks.pop(user_id)
        if not task.cancelled() and task.exception() is not None:
            log.error("a recharge failed", exc_info=task.exception())

    def _all_due(self, user_ids: list[str]) -> list[str]:
        """Those who are to be recharged, or told why not; blocks."""
        return [name for name in user_ids if self._db.read(lambda tx, each=name: self._is_due(tx, each))]

    def _is_due(self, tx: Tx, user_id: str) -> bool:
        found = self._standings.of(tx, recharges.of(tx, user_id))
        if found is None or found.recharge.state != "on":
            return False
        if found.waits_for == "ceiling" and found.must_stop is None:
            return not was_told_to_wait(tx, found.recharge, found.month)
        return found.must_stop is not None or found.waits_for == "nothing"

    def _begin(self, tx: Tx, user_id: str) -> Order | None:
        """The order to charge, or None: then it stops, or waits."""
        found = self._standings.of(tx, recharges.locked(tx, user_id))
        if found is None or found.recharge.state != "on":
            return None
        if found.must_stop is not None or found.pack is None or found.card is None:
            self._outcomes.stop(tx, user_id, found.must_stop or "card_removed")
            return None
        if found.waits_for == "ceiling":
            self._outcomes.wait(tx, found.recharge, found.month)
        if found.waits_for != "nothing":
            return None
        return self._charging.begin(tx, found.pack, found.card, "recharge", actor=SYSTEM)

    def _is_wanted(self, tx: Tx, order: Order) -> bool:
        """The last look before the card is charged: still on, still little left, still nothing owed."""
        found = self._standings.of(tx, recharges.locked(tx, order.user_id), own=order)
        if found is None or found.recharge.state != "on" or found.must_stop is not None:
            return False
        return found.waits_for == "nothing" and found.recharge.pack_id == order.pack_id

    def _turn_on(self, tx: Tx, user_id: str, pack: Pack, wish: Wish) -> None:
        if cards.of(tx, user_id) is None:
            raise NoSavedCard(user_id)
        if wish.threshold >= pack.units:
            raise RechargeRefused("threshold", pack)
        if wish.ceiling_minor < pack.price_minor:
            raise RechargeRefused("ceiling", pack)
        if charges.is_disputed(tx, user_id, within=DISPUTES_COUNT_FOR):
            raise RechargeRefused("disputed", pack)
        if any(view.debt > 0 for view in self._standings.views(tx, user_id).values()):
            raise RechargeRefused("debt", pack)
        record(tx, user_id, step(recharges.turn_on(tx, user_id, wish)), kind=EventKind.RECHARGE_ON)
