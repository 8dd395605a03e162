"""Compares our books with the provider's objects and corrects them; a correction is an incident.

Events can be lost, and some are never made. Every five minutes the orders that are not over are looked at,
every night all objects of the last 35 days.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from studio_server.ids import IdSource
from studio_server.payments import orders
from studio_server.payments.converge import Converger
from studio_server.payments.incidents import report
from studio_server.payments.looks import Look
from studio_server.payments.plans import agreements
from studio_server.payments.provider import PaymentFailure, Provider
from studio_server.storage.errors import StorageError
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

if TYPE_CHECKING:
    from studio_server.payments.plans.converge import PlanConverger
    from studio_server.payments.plans.provider import PlanProvider

log = logging.getLogger(__name__)
INTERVAL_SECONDS = 300.0
ROUNDS_A_NIGHT = 288
OPEN_FOR = timedelta(days=3)
LOOK_BACK = timedelta(days=35)
ORDERS_A_ROUND = 500


@dataclass
class Report:
    """What a comparison found: objects, what was (or would be) corrected, what could not be looked at."""

    looked_at: int = 0
    corrections: list[Look] = field(default_factory=list[Look])
    failures: list[str] = field(default_factory=list[str])

    def lines(self) -> list[str]:
        """For people."""
        found = [f"{each.order.id}: {each.order.state}, {each.moved:+,} units" for each in self.corrections]
        found += [f"{reference} could not be looked at" for reference in self.failures]
        return [*found, f"{self.looked_at} looked at, {len(self.corrections)} corrections"]


class Reconciler:
    """Brings everything up to date that no event brought up to date."""

    def __init__(
        self,
        db: Store,
        ids: IdSource,
        provider: Provider,
        converger: Converger,
        tell: Callable[[str], None],
        *,
        plans: "tuple[PlanConverger, PlanProvider] | None" = None,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`tell` pushes a user's balance as it is now."""
        self._db, self._ids, self._provider, self._converger = db, ids, provider, converger
        self._tell, self._plans, self._pause = tell, plans, pause

    async def run(self) -> None:
        """Look at open orders every five minutes, and at everything once a day, until cancelled."""
        rounds = 0
        while True:
            await self._pause(INTERVAL_SECONDS)
            rounds += 1
            try:
                await (self.all() if rounds % ROUNDS_A_NIGHT == 0 else self.open_orders())
            except (PaymentFailure, StorageError) as fault:
                log.warning("payments could not be compared: %s", type(fault).__name__)

    async def open_orders(self, *, dry: bool = False) -> Report:
        """Look at every order of the last three days that is not over, and at plans that something is due of.

        Raises:
            StorageError: Not all were looked at.
        """
        found = Report()
        due = self._db.read(lambda tx: orders.to_look_at(tx, younger_than=OPEN_FOR, limit=ORDERS_A_ROUND))
        for order in due:
            await self._look(found, order.id, self._converger.order(order.id, dry=dry), dry=dry)
        if self._plans is not None:
            waiting = self._db.read(
                lambda tx: agreements.to_look_at(tx, younger_than=OPEN_FOR, limit=ORDERS_A_ROUND)
            )
            await self._look_at_plans(found, [each.id for each in waiting], dry=dry)
        return found

    async def all(self, *, dry: bool = False, since: timedelta = LOOK_BACK) -> Report:
        """Compare open orders, then everything the provider has of the last 35 days.

        Raises:
            PaymentFailure: The provider's lists are not whole; what was corrected stays corrected.
            StorageError: Not all were looked at.
        """
        found = await self.open_orders(dry=dry)
        seen: set[str] = set()
        async for reference in self._provider.lately(self._db.clock.now() - since):
            if reference not in seen:
                seen.add(reference)
                looking = self._converger.by_reference(reference, dry=dry)
                await self._look(found, reference, looking, dry=dry)
        if self._plans is not None:
            await self._all_plans(found, self._plans[1], since, dry=dry)
        return found

    async def _all_plans(
        self, found: Report, provider: "PlanProvider", since: timedelta, *, dry: bool
    ) -> None:
        """Look at every agreement that is renewed, and at those of which an invoice was paid lately."""
        renewed = {each.id for each in self._db.read(agreements.renewed)}
        async for subscription_id in provider.paid_lately(self._db.clock.now() - since):
            known = self._db.read(lambda tx, of=subscription_id: agreements.of_subscription(tx, of))
            if known is not None:
                renewed.add(known.id)
            else:
                looking = self._converger.by_reference(subscription_id, dry=dry)
                await self._look(found, subscription_id, looking, dry=dry)
        await self._look_at_plans(found, sorted(renewed), dry=dry)

    async def _look_at_plans(self, found: Report, ids: list[str], *, dry: bool) -> None:
        if self._plans is None:
            return
        for agreement_id in ids:
            looking = self._plans[0].agreement(agreement_id, dry=dry)
            await self._look(found, agreement_id, looking, dry=dry)

    async def _look(
        self, found: Report, reference: str, looking: Awaitable[Look | None], *, dry: bool
    ) -> None:
        found.looked_at += 1
        try:
            done = await looking
        except PaymentFailure:
            found.failures.append(reference)
            return
        if done is None or not done.changed:
            return
        found.corrections.append(done)
        if not dry and done.moved:
            await self._db.write(lambda tx: self._correction(tx, done))
        if not dry:
            self._tell(done.order.user_id)

    def _correction(self, tx: Tx, done: Look) -> None:
        """Money that no event moved: an operator wants to know why."""
        subject = f"{done.order.id}:{done.order.version + 1}"
        report(tx, "corrected_by_reconciliation", subject, f"{done.moved:+d} units")
