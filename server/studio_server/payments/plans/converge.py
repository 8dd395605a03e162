"""Moves our books to what a subscription's present state implies: the one way a plan gives credits for money.

Used by webhook, verification and comparison alike, as `converge` is for packs: it reads the agreement's
version, asks what the subscription, its invoices and their payments are now, and commits only if the version
is unchanged. Credits come from paid invoices alone: whole periods give the plan's, changes what is left.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

from studio_magics.contracts.events import NoticeEvent
from studio_server.accounts.plans import Plans, PlanUnknown
from studio_server.ids import IdSource
from studio_server.ledger import Ledger
from studio_server.notices.rows import Draft, post
from studio_server.payments.converge import ATTEMPTS, Publish
from studio_server.payments.incidents import report
from studio_server.payments.looks import Also
from studio_server.payments.plans import agreements, invoices
from studio_server.payments.plans.agreements import ONE_AT_A_TIME, Agreement, AgreementState
from studio_server.payments.plans.invoices import Invoice
from studio_server.payments.plans.provider import (
    InvoiceFacts,
    PlanProvider,
    PlanSessionFacts,
    SubscriptionFacts,
)
from studio_server.payments.plans.settling import Charged, Settling
from studio_server.payments.plans.terms import plan_of
from studio_server.payments.provider import PaymentUnsettled, Provider
from studio_server.registry.catalogue import Registry
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

LOOK_BACK = timedelta(days=35)
LIVE_STATES: dict[str, AgreementState] = {
    "active": "live",
    "trialing": "live",
    "incomplete": "live",
    "paused": "live",
    "past_due": "past_due",
    "unpaid": "past_due",
    "canceled": "ended",
    "incomplete_expired": "ended",
}


@dataclass(frozen=True)
class Facts:
    """What the provider says now about one agreement; invoices in the order they were made."""

    session: PlanSessionFacts | None
    subscription: SubscriptionFacts | None
    charged: tuple[Charged, ...]


@dataclass(frozen=True)
class Found:
    """Which agreement something belongs to, and what to look at however old or unknown to our rows it is."""

    agreement_id: str
    invoice_id: str | None = None
    subscription_id: str | None = None


@dataclass(frozen=True)
class AgreementLook:
    """How an agreement is now; `moved` credits were given (below 0: taken), `changed` tells of anything."""

    order: Agreement
    moved: int
    changed: bool


class _OnlyLooking(Exception):
    """Undoes the transaction of a look that must not write; carries what it found."""

    def __init__(self, done: AgreementLook | None) -> None:
        super().__init__()
        self.done = done


def _nothing(tx: Tx) -> None:
    """Nothing more in this transaction."""
    del tx


class PlanConverger:
    """Brings agreements, their invoices and the plan they pay up to date."""

    def __init__(  # noqa: PLR0917  - each part once
        self,
        db: Store,
        ledger: Ledger,
        ids: IdSource,
        registry: Registry,
        plans: Plans,
        provider: PlanProvider,
        payments: Provider,
        publish: Publish,
    ) -> None:
        """`payments` is asked about the payments of invoices; `publish` tells a user what a payment did."""
        self._db, self._ids, self._settling = db, ids, Settling(ledger, registry)
        self._plans, self._provider, self._payments, self._publish = plans, provider, payments, publish

    async def by_reference(
        self, reference: str, *, also: Also = _nothing, dry: bool = False
    ) -> AgreementLook | None:
        """Bring up to date the agreement that a session, subscription, invoice or payment belongs to, if any.

        Raises:
            PaymentFailure, StorageError: Nothing was written; asking again is safe.
        """
        known = self._db.read(lambda tx: _known(tx, reference))
        found = known or await self._asked_for(reference)
        return None if found is None else await self.look(found, also=also, dry=dry)

    async def agreement(self, agreement_id: str, *, dry: bool = False) -> AgreementLook:
        """Bring one agreement up to date.

        Raises:
            PaymentFailure, StorageError: Nothing was written; asking again is safe.
        """
        return await self.look(Found(agreement_id), dry=dry)

    async def look(self, at: Found, *, also: Also = _nothing, dry: bool = False) -> AgreementLook:
        """Bring one agreement up to date; `also` is done with it, with `dry` nothing is written.

        Raises:
            PaymentFailure, StorageError: Nothing was written; asking again is safe.
        """
        for _ in range(ATTEMPTS):
            seen = self._db.read(lambda tx: agreements.by_id(tx, at.agreement_id))
            facts = await self._facts(seen, at)
            done = await self._write(partial(self._commit, seen=seen, facts=facts, also=also), dry=dry)
            if done is not None:
                if done.moved and not dry:
                    self._publish(seen.user_id, _news(done))
                return done
        raise PaymentUnsettled(at.agreement_id)

    async def _write(self, work: "partial[AgreementLook | None]", *, dry: bool) -> AgreementLook | None:
        def look(tx: Tx) -> None:
            raise _OnlyLooking(work(tx))

        if not dry:
            return await self._db.write(work)
        try:
            await self._db.write(look)
        except _OnlyLooking as found:
            return found.done
        raise PaymentUnsettled("look")

    async def _asked_for(self, reference: str) -> Found | None:
        """Which agreement something that no row knows belongs to; the provider says so."""
        if reference.startswith("cs_"):
            session = await self._provider.plan_session(reference)
            return self._ours(None if session is None else session.session.order_id, Found(""))
        if reference.startswith("sub_"):
            return await self._of_subscription(reference)
        invoice_id: str | None = reference
        if reference.startswith("pi_"):
            invoice_id = await self._provider.invoice_of_intent(reference)
        found = None if invoice_id is None else await self._provider.invoice(invoice_id)
        if found is None or found.subscription_id is None:
            return None
        return await self._of_subscription(found.subscription_id, found.id)

    async def _of_subscription(self, subscription_id: str, invoice_id: str | None = None) -> Found | None:
        known = self._db.read(lambda tx: agreements.of_subscription(tx, subscription_id))
        if known is not None:
            return Found(known.id, invoice_id)
        found = await self._provider.subscription(subscription_id)
        named = None if found is None else found.agreement_id
        return self._ours(named, Found("", invoice_id, subscription_id))

    def _ours(self, agreement_id: str | None, found: Found) -> Found | None:
        known = self._db.read(lambda tx: agreements.known(tx, agreement_id or ""))
        return None if known is None else replace(found, agreement_id=known.id)

    async def _facts(self, seen: Agreement, at: Found) -> Facts:
        session = None
        if seen.subscription_id is None and seen.session_id is not None:
            session = await self._provider.plan_session(seen.session_id)
        elif seen.subscription_id is None:
            session = await self._provider.plan_session_for(seen)
        begun = session.subscription_id if session else None
        subscription_id = seen.subscription_id or begun or at.subscription_id
        if subscription_id is None:
            return Facts(session, None, ())
        subscription = await self._provider.subscription(subscription_id)
        return Facts(session, subscription, await self._charged(seen, subscription_id, at.invoice_id))

    async def _charged(
        self, seen: Agreement, subscription_id: str, invoice_id: str | None
    ) -> tuple[Charged, ...]:
        """Invoices of 35 days and since the last known, those that wait, the one asked for; with payments."""
        rows = self._db.read(lambda tx: invoices.of_agreement(tx, seen.id))
        wanted = {each.id for each in rows if each.state == "waiting"} | ({invoice_id or ""} - {""})
        last = rows[-1].issued_at if rows else seen.created_at - LOOK_BACK
        since = min(last, self._db.clock.now() - LOOK_BACK)
        found = {each.id: each async for each in self._provider.invoices_of(subscription_id, since)}
        for missing in sorted(wanted - found.keys()):
            older = await self._provider.invoice(missing)
            if older is not None and older.subscription_id == subscription_id:
                found[older.id] = older
        in_order = sorted(found.values(), key=lambda each: (each.issued_at, each.id))
        return tuple([await self._with_payments(each) for each in in_order])

    async def _with_payments(self, found: InvoiceFacts) -> Charged:
        asked = [await self._payments.intent(intent_id) for intent_id in found.intent_ids]
        return Charged(found, tuple(intent for intent in asked if intent is not None))

    def _commit(self, tx: Tx, seen: Agreement, facts: Facts, also: Also) -> AgreementLook | None:
        """Write what the facts imply, or nothing when the agreement was changed meanwhile."""
        if facts.session is not None and seen.session_id is None:
            agreements.opened(tx, seen.id, facts.session.session.id, facts.session.session.url)
        new = self._become(tx, seen, facts)
        if not agreements.save(tx, seen, new):
            return None
        before = invoices.of_agreement(tx, seen.id)
        moved = sum(self._settling.settle(tx, new, each) for each in facts.charged)
        new = self._follow(tx, seen, new, facts, moved)
        also(tx)
        after = invoices.of_agreement(tx, seen.id)
        changed = _said(new) != _said(seen) or moved != 0 or [*map(_told, before)] != [*map(_told, after)]
        return AgreementLook(new, moved, changed)

    def _become(self, tx: Tx, seen: Agreement, facts: Facts) -> Agreement:
        if facts.subscription is None:
            return replace(seen, state=_state_without(seen, facts.session))
        state = LIVE_STATES.get(facts.subscription.status, seen.state)
        if state in ONE_AT_A_TIME:
            other = agreements.present(tx, seen.user_id)
            if other is not None and other.id != seen.id:
                report(tx, "two_subscriptions", facts.subscription.id, f"{seen.id} beside {other.id}")
                state = "extra"
        return replace(seen, state=state, subscription_id=facts.subscription.id)

    def _follow(self, tx: Tx, seen: Agreement, new: Agreement, facts: Facts, moved: int) -> Agreement:
        """Let the plan be what this agreement pays; a second agreement of the same person decides nothing."""
        if facts.subscription is None or new.state == "extra":
            return new
        if new.state == "ended" and agreements.present(tx, seen.user_id) is not None:
            return new
        paid = plan_of(facts.subscription, invoices.of_agreement(tx, seen.id))
        key = f"{seen.id}:{seen.version + 1}"
        try:
            self._plans.follow(tx, seen.user_id, paid, key=key, gave=max(0, moved))
        except PlanUnknown as unknown:
            report(tx, "plan_is_gone", seen.id, unknown.plan_id)
        if new.state == "past_due" and seen.state != "past_due":
            self._warn(tx, new)
        next_plan_id = None if paid is None else paid.next_plan_id
        tx.execute("UPDATE plan_agreements SET next_plan_id = ? WHERE id = ?", (next_plan_id, seen.id))
        return replace(new, next_plan_id=next_plan_id)

    def _warn(self, tx: Tx, agreement: Agreement) -> None:
        text = "Your plan could not be renewed: the payment failed. Its limits stay for three weeks."
        draft = Draft(
            agreement.user_id, "plan_changed", f"{agreement.id}:{agreement.version + 1}", "warning", text
        )
        post(tx, self._ids.new("notice"), draft)


def _known(tx: Tx, reference: str) -> Found | None:
    """The agreement our rows name for a session, subscription, invoice or payment."""
    agreement = agreements.of_session(tx, reference) or agreements.of_subscription(tx, reference)
    if agreement is not None:
        return Found(agreement.id)
    invoice = invoices.known(tx, reference) or invoices.of_intent(tx, reference)
    return None if invoice is None else Found(invoice.agreement_id, invoice.id)


def _state_without(seen: Agreement, session: PlanSessionFacts | None) -> AgreementState:
    """What an agreement is while the provider names no subscription."""
    if seen.subscription_id is not None:
        return seen.state  # what the provider no longer knows takes nothing back
    if session is None:
        return "expired" if seen.session_id is not None and seen.state == "open" else seen.state
    return "expired" if session.session.status == "expired" else "open"


def _said(it: Agreement) -> tuple[object, ...]:
    return (it.state, it.subscription_id, it.next_plan_id)


def _told(it: Invoice) -> tuple[object, ...]:
    return (it.id, it.state, it.units, it.reversed_minor, it.disputed)


def _news(done: AgreementLook) -> NoticeEvent:
    units = f"{abs(done.moved):,} credit{'' if abs(done.moved) == 1 else 's'}"
    if done.moved > 0:
        return NoticeEvent(severity="info", text=f"{units} of your plan arrived", about=done.order.id)
    text = f"{units} of your plan were taken back: a payment was refunded or is disputed"
    return NoticeEvent(severity="warning", text=text, about=done.order.id)
