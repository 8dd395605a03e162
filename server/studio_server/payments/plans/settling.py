"""Lets the ledger stand for what an invoice of a plan is now: grants, takes back, restores."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from studio_server.audit.events import EventKind, PurchaseStep, record_purchase_step
from studio_server.ledger import Asset, GrantSource, IssueGrant, Ledger, WalletNotOpen
from studio_server.payments import moves
from studio_server.payments.incidents import SYSTEM, report
from studio_server.payments.plans import invoices
from studio_server.payments.plans.agreements import Agreement
from studio_server.payments.plans.invoices import Invoice
from studio_server.payments.plans.provider import InvoiceFacts
from studio_server.payments.plans.terms import invoice_of, target
from studio_server.payments.provider import IntentFacts
from studio_server.registry.catalogue import Registry
from studio_server.storage.tx import Tx


@dataclass(frozen=True)
class Charged:
    """An invoice as it is now, with its payments."""

    invoice: InvoiceFacts
    intents: tuple[IntentFacts, ...]


class Settling:
    """Keeps invoices and moves what they give."""

    def __init__(self, ledger: Ledger, registry: Registry) -> None:
        self._ledger, self._registry = ledger, registry

    def settle(self, tx: Tx, agreement: Agreement, charged: Charged) -> int:
        """Keep one invoice and let the ledger stand for what it gives; what that moved, signed.

        Where its owner has left nothing moves: the invoice is held, and told.
        """
        found, earlier = charged.invoice, invoices.of_agreement(tx, agreement.id)
        seen = next((each for each in earlier if each.id == found.id), None)
        new = invoice_of(agreement, found, [e for e in earlier if e.id != found.id], self._registry)
        new = _with_reversals(new, seen, charged.intents)
        if seen is not None and seen.state == "paid":
            new = new.on_terms_of(seen)
        invoices.save(tx, new)
        try:
            moved = moves.steer(tx, self._ledger, self._account(tx, new), target(new))
        except WalletNotOpen:
            invoices.save(tx, replace(new, state="held"))
            report(tx, "wallet_is_closed", new.id, agreement.id)
            return 0
        is_lost = bool(found.intent_ids) and not charged.intents
        _report_oddities(tx, new, agreement, is_lost=is_lost)
        _record(tx, seen, new)
        return moved

    def _account(self, tx: Tx, invoice: Invoice) -> moves.Account:
        def grant() -> IssueGrant:
            plan = self._registry.plans[invoice.plan_id]
            ends_at = invoice.ends_at
            if ends_at <= tx.now:  # paid after its period: what was paid for is given all the same
                ends_at = tx.now + (invoice.ends_at - invoice.starts_at)
            return IssueGrant(
                effect_key=f"inv:{invoice.id}",
                wallet_id=self._ledger.wallet_id_of(tx, invoice.user_id, Asset.CREDIT) or "",
                source=GrantSource.PLAN,
                amount=invoice.units,
                reference=invoice.id,
                ends_at=ends_at,
                roll_over=min(plan.roll_over_credits, invoice.units) or None,
            )

        return moves.Account(invoice.id, moves.OF_INVOICES, grant)


def _with_reversals(new: Invoice, seen: Invoice | None, intents: Sequence[IntentFacts]) -> Invoice:
    """What is no longer ours of an invoice; a payment that is no longer known takes nothing back."""
    if not intents and seen is None:
        return new
    if not intents and seen is not None:
        return replace(
            new,
            intent_id=new.intent_id or seen.intent_id,
            receipt_url=seen.receipt_url,
            reversed_minor=min(new.amount_minor, seen.reversed_minor),
            disputed=seen.disputed,
        )
    return replace(
        new,
        receipt_url=next((each.receipt_url for each in intents if each.receipt_url), None),
        reversed_minor=min(new.amount_minor, sum(each.reversed_minor for each in intents)),
        disputed=any(each.disputed_minor > 0 for each in intents),
    )


def _report_oddities(tx: Tx, invoice: Invoice, agreement: Agreement, *, is_lost: bool) -> None:
    """What an operator should hear about this invoice."""
    if invoice.state == "held":
        report(tx, "paid_otherwise", invoice.id, f"{agreement.id} {invoice.amount_minor} {invoice.currency}")
    if is_lost:
        report(tx, "payment_no_longer_known", invoice.intent_id or invoice.id, agreement.id)
    if invoice.disputed:
        report(tx, "disputed", invoice.intent_id or invoice.id, f"{agreement.id} {invoice.id}")


def _record(tx: Tx, seen: Invoice | None, new: Invoice) -> None:
    """Put the step on the audit chain, if there was one."""
    step = PurchaseStep(new.id, new.intent_id or "", new.amount_minor, new.currency, new.units)
    if new.state == "paid" and (seen is None or seen.state != "paid"):
        record_purchase_step(tx, SYSTEM, EventKind.PURCHASE_PAID, step)
    if new.disputed != (seen is not None and seen.disputed):
        record_purchase_step(tx, SYSTEM, EventKind.PURCHASE_DISPUTED, step)
    elif new.reversed_minor != (0 if seen is None else seen.reversed_minor):
        record_purchase_step(tx, SYSTEM, EventKind.PURCHASE_REFUNDED, step)
