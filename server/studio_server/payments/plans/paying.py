"""Paying for a plan every month: where to begin, change and cancel it, and what became of it.

Owns: that an agreement is on record before anybody is asked, that one person has one at a time, and that they
reach only their own. A change is confirmed on the provider's page, which says what it costs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from studio_server.accounts.people import User
from studio_server.accounts.plans import Plans
from studio_server.audit.events import EventKind, PurchaseStep, record_purchase_step
from studio_server.ids import IdSource
from studio_server.payments.customers import Customers
from studio_server.payments.orders import OrderNotFound
from studio_server.payments.plans import agreements, invoices
from studio_server.payments.plans.agreements import LIVE, UNPAID, Agreement
from studio_server.payments.plans.converge import AgreementLook, PlanConverger
from studio_server.payments.plans.invoices import Invoice
from studio_server.payments.plans.provider import PlanProvider, PlanSessionFacts, PortalFlow
from studio_server.payments.provider import PaymentFailure, PaymentUnsettled, ProviderRefused
from studio_server.payments.turns import Turns
from studio_server.registry.catalogue import DEFAULT_PLAN, PlanEntry, Registry
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

ATTEMPTS = 4
NOT_THERE = "resource_missing"


class PlanNotSold(LookupError):
    """There is no such plan, or it has no price."""

    def __init__(self, plan_id: str, known: tuple[str, ...]) -> None:
        super().__init__(f"the plan '{plan_id}' is not sold")
        self.plan_id, self.known = plan_id, known


class NothingPaid(LookupError):
    """This user pays for no plan: there is nothing to change or cancel, and no portal."""


class PlanDisputed(ValueError):
    """A payment for this user's plan is disputed: no higher plan until that is settled."""


@dataclass(frozen=True)
class PlanPlaces:
    """Where the provider sends the browser: after paying, after going back, from the portal."""

    success: str
    cancel: str
    portal: str


@dataclass(frozen=True)
class PlanPage:
    """The page where a plan is paid (`checkout`), or changed or cancelled (`portal`)."""

    kind: Literal["checkout", "portal"]
    url: str
    session_id: str | None
    plan: PlanEntry


@dataclass(frozen=True)
class PlanPaid:
    """An agreement and its first invoice, once there is one."""

    agreement: Agreement
    invoice: Invoice | None


class PlanPayments:
    """Plans that are paid, of one server."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ids: IdSource,
        registry: Registry,
        plans: Plans,
        customers: Customers,
        provider: PlanProvider,
        converger: PlanConverger,
        tell: Callable[[str], None],
    ) -> None:
        """`tell` pushes a user's balance as it is now."""
        self._db, self._ids, self._registry, self._plans = db, ids, registry, plans
        self._customers, self._provider, self._converger = customers, provider, converger
        self._tell, self._turns = tell, Turns()

    async def begin(self, user: User, plan_id: str, places: PlanPlaces) -> PlanPage:
        """The page to pay, change or (with the free plan) cancel on. It charges only what is confirmed there.

        Raises:
            PlanNotSold, NothingPaid, PlanDisputed: Nothing was done.
            PaymentFailure, StorageError: There may be an agreement; asking again goes on with it.
        """
        plan = self._sold(plan_id)
        async with self._turns.of(user.id):
            for _ in range(ATTEMPTS):
                agreement = await self._db.write(lambda tx: self._agreement(tx, user, plan))
                if agreement is None:
                    raise NothingPaid
                page = await self._page(agreement, plan, places)
                if page is not None:
                    return page
        raise PaymentUnsettled(plan_id)

    async def portal(self, user: User, back: str) -> str:
        """The user's own page at the provider, for cards, invoices, changes and cancelling.

        Raises:
            NothingPaid: The user is no customer yet.
            PaymentFailure: There is no page; nothing was changed.
        """
        customer_id = self._db.read(lambda tx: self._customers.known(tx, user.id))
        if customer_id is None:
            raise NothingPaid
        may_change = not self._db.read(lambda tx: invoices.is_disputed(tx, user.id))
        return await self._provider.portal(customer_id, back, may_change=may_change)

    async def verify(self, user: User, session_id: str) -> PlanPaid:
        """How a plan that was begun in this session stands; credits what was paid and not credited yet.

        Raises:
            OrderNotFound: There is none, or it is somebody else's.
            PaymentFailure, StorageError: Nobody knows; asking again is safe.
        """
        known = self._db.read(lambda tx: agreements.own(tx, user.id, session_id))
        if known is None:
            raise OrderNotFound(session_id)
        now = (await self.bring_up_to_date(known.id)).order
        found = self._db.read(lambda tx: invoices.of_agreement(tx, known.id))
        return PlanPaid(now, found[0] if found else None)

    async def refresh(self, user: User) -> None:
        """Look at the plan of a user who comes back from the provider's page.

        Raises:
            PaymentFailure, StorageError: Nobody knows; asking again is safe.
        """
        found = self._db.read(lambda tx: agreements.present(tx, user.id))
        if found is not None:
            await self.bring_up_to_date(found.id)

    async def bring_up_to_date(self, agreement_id: str) -> AgreementLook:
        """Look at one agreement and tell its owner if anything changed.

        Raises:
            PaymentFailure, StorageError: Nobody knows; asking again is safe.
        """
        done = await self._converger.agreement(agreement_id)
        if done.changed:
            self._tell(done.order.user_id)
        return done

    async def leave(self, user: User) -> None:
        """End everything the provider has of a user, at once: pages, subscriptions, cards, the customer.

        Raises:
            PaymentFailure, StorageError: Something may be left; asking again goes on.
        """
        held = self._db.read(lambda tx: agreements.not_over(tx, user.id))
        for each in held:
            if each.state in UNPAID and each.session_id is not None:
                await self._provider.expire_session(each.session_id)
        customer_id = self._db.read(lambda tx: self._customers.known(tx, user.id))
        if customer_id is not None:
            await self._customers.delete(customer_id)
        for each in held:
            await self.bring_up_to_date(each.id)

    def _sold(self, plan_id: str) -> PlanEntry:
        plan = self._registry.plans.get(plan_id)
        if plan is None or not (plan.price_minor or plan.id == DEFAULT_PLAN):
            raise PlanNotSold(plan_id, tuple(p.id for p in self._registry.plans.values() if p.price_minor))
        return plan

    def _agreement(self, tx: Tx, user: User, plan: PlanEntry) -> Agreement | None:
        """The one that is begun or live, else a new one; to cancel nothing is begun."""
        found = agreements.present(tx, user.id)
        if found is not None or plan.id == DEFAULT_PLAN:
            return found
        new = agreements.add(tx, self._ids.new("plan"), user.id, plan)
        step = PurchaseStep(new.id, "", new.amount_minor, new.currency, plan.monthly_credits)
        record_purchase_step(tx, user.id, EventKind.PURCHASE_STARTED, step)
        return new

    async def _page(self, agreement: Agreement, plan: PlanEntry, places: PlanPlaces) -> PlanPage | None:
        """The page for this wish, or None when the agreement came to its end meanwhile."""
        if agreement.session_id is not None:
            agreement = (await self.bring_up_to_date(agreement.id)).order
        if agreement.state in LIVE:
            return await self._change(agreement, plan, places)
        if agreement.state not in UNPAID:
            return None
        terms = (agreement.plan_id, agreement.amount_minor, agreement.currency)
        if terms != (plan.id, plan.price_minor, plan.currency):
            return await self._give_up(agreement)
        if agreement.session_id is None:
            agreement = await self._opened(agreement, plan, places)
        return PlanPage("checkout", agreement.session_url or "", agreement.session_id, plan)

    async def _change(self, agreement: Agreement, plan: PlanEntry, places: PlanPlaces) -> PlanPage:
        """The portal, opened at the change that is wished where there is one."""
        state, is_disputed = self._db.read(
            lambda tx: (
                self._plans.state(tx, agreement.user_id),
                invoices.is_disputed(tx, agreement.user_id),
            )
        )
        if is_disputed and plan.monthly_credits > state.plan.monthly_credits:
            raise PlanDisputed
        customer_id = await self._customers.customer_of(agreement.user_id)
        found = await self._provider.subscription(agreement.subscription_id or "")
        coming = state.plan if state.next_plan is None else state.next_plan
        flow: PortalFlow = "cancel" if plan.id == DEFAULT_PLAN else "change"
        if agreement.state != "live" or plan.id in {coming.id, state.plan.id}:
            flow = "manage"
        try:
            url = await self._provider.portal(
                *(customer_id, places.portal),
                flow=flow,
                subscription=found,
                plan=plan,
                may_change=not is_disputed,
            )
        except ProviderRefused:  # not at this change now, as when another one is scheduled: then where all is
            url = await self._provider.portal(customer_id, places.portal, may_change=not is_disputed)
        return PlanPage("portal", url, None, plan)

    async def _give_up(self, agreement: Agreement) -> None:
        """End a page that was opened for another plan or price: it cannot be paid beside the next one."""
        if agreement.session_id is not None:
            await self._provider.expire_session(agreement.session_id)
        done = (await self.bring_up_to_date(agreement.id)).order
        if done.state == "new":
            await self._fail(done)

    async def _opened(self, agreement: Agreement, plan: PlanEntry, places: PlanPlaces) -> Agreement:
        """The agreement with the page it is begun on; one whose answer was lost is looked for.

        Raises:
            PaymentFailure: What the provider said; without a page the agreement is over.
        """
        try:
            made = await self._made(agreement, plan, places)
        except PaymentFailure:
            found = await self._provider.plan_session_for(agreement)
            if found is None:
                await self._fail(agreement)
                raise
            made = found
        said = made.session
        return await self._db.write(lambda tx: agreements.opened(tx, agreement.id, said.id, said.url))

    async def _made(self, agreement: Agreement, plan: PlanEntry, places: PlanPlaces) -> PlanSessionFacts:
        customer_id = await self._customers.customer_of(agreement.user_id)
        where = {"success": places.success, "cancel": places.cancel}
        try:
            return await self._provider.open_plan_session(agreement, plan, customer_id, **where)
        except ProviderRefused as fault:
            if fault.code != NOT_THERE:
                raise
        another = await self._customers.replace(agreement.user_id, customer_id)
        return await self._provider.open_plan_session(agreement, plan, another, **where)

    async def _fail(self, agreement: Agreement) -> None:
        """Over: no page was opened for it. One that got a page meanwhile stays."""

        def work(tx: Tx) -> None:
            now = agreements.by_id(tx, agreement.id)
            if now.state == "new":
                agreements.save(tx, now, replace(now, state="failed"))

        await self._db.write(work)
