"""What an invoice gives. Pure: whole periods give the plan's credits, changes what is left of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from studio_server.accounts.plans import PaidPlan
from studio_server.clock import MICROSECOND
from studio_server.payments.plans.agreements import Agreement
from studio_server.payments.plans.invoices import Invoice, InvoiceKind, InvoiceState
from studio_server.payments.plans.provider import InvoiceFacts, LineFacts, SubscriptionFacts
from studio_server.registry.catalogue import DEFAULT_PLAN, PLAN_CURRENCIES, Registry

KINDS: dict[str, InvoiceKind] = {
    "subscription_create": "first",
    "subscription_cycle": "renewal",
    "subscription_update": "change",
}
STATES: dict[str, InvoiceState] = {"paid": "paid", "void": "void", "uncollectible": "void"}
WHOLE = ("first", "renewal")
KEEPS_PLAN = frozenset({"active", "trialing", "past_due"})
"""While a subscription is one of these the plan that was paid last is kept; else nothing is paid."""
NO_PLAN = "unknown"


def invoice_of(
    agreement: Agreement, found: InvoiceFacts, earlier: Sequence[Invoice], registry: Registry
) -> Invoice:
    """The invoice as our books have it: whose, for which plan and time, and what it gives once it is paid.

    `earlier` are the agreement's other invoices: a change is worth what is left of the period it falls in.
    """
    kind = KINDS.get(found.reason, "other")
    line = _decides(found.lines, kind)
    said = None if line is None else line.plan_id
    plan_id = NO_PLAN if said is None or said not in registry.plans else said
    starts_at, ends_at = (found.issued_at,) * 2 if line is None else (line.starts_at, line.ends_at)
    invoice = Invoice(
        id=found.id,
        agreement_id=agreement.id,
        user_id=agreement.user_id,
        kind=kind,
        plan_id=plan_id,
        units=0,
        amount_minor=max(0, found.total),
        currency=found.currency,
        state=STATES.get(found.status, "waiting"),
        intent_id=found.intent_ids[-1] if found.intent_ids else None,
        invoice_url=found.url,
        receipt_url=None,
        reversed_minor=0,
        disputed=False,
        starts_at=starts_at,
        ends_at=max(starts_at, ends_at),
        issued_at=found.issued_at,
    )
    return _with_units(agreement, invoice, found, earlier, registry)


def plan_of(found: SubscriptionFacts, invoices: Sequence[Invoice]) -> PaidPlan | None:
    """The plan that was paid last, its period, and what comes then; None when nothing is paid any more."""
    paid = [each for each in invoices if each.state == "paid"]
    whole = max((each for each in paid if each.kind in WHOLE), key=lambda each: each.ends_at, default=None)
    if whole is None or found.status not in KEEPS_PLAN:
        return None
    changes = [e for e in paid if (e.kind, e.ends_at) == ("change", whole.ends_at) and e.plan_id != NO_PLAN]
    plan_id = changes[-1].plan_id if changes else whole.plan_id
    comes = DEFAULT_PLAN if found.cancels else found.scheduled_plan_id or found.plan_id
    return PaidPlan(plan_id, None if comes == plan_id else comes, whole.starts_at, whole.ends_at)


def target(invoice: Invoice) -> int:
    """The credits an invoice stands for: all it gave less what was reversed of it, rounded up once."""
    if invoice.state != "paid" or invoice.units == 0:
        return 0
    return invoice.units - -(-invoice.units * invoice.reversed_minor // invoice.amount_minor)


def _with_units(
    agreement: Agreement,
    invoice: Invoice,
    found: InvoiceFacts,
    earlier: Sequence[Invoice],
    registry: Registry,
) -> Invoice:
    if invoice.kind in WHOLE:
        if invoice.state == "paid" and not _is_as_agreed(agreement, invoice, found):
            return replace(invoice, state="held")
        plan = registry.plans.get(invoice.plan_id)
        return replace(invoice, units=0 if plan is None else plan.monthly_credits)
    if invoice.kind != "change" or invoice.amount_minor == 0:
        return invoice
    period = next((each for each in reversed(earlier) if _holds(each, invoice)), None)
    if period is None or invoice.plan_id == NO_PLAN or invoice.currency not in PLAN_CURRENCIES:
        return replace(invoice, state="held") if invoice.state == "paid" else invoice
    return replace(invoice, units=_worth(found.lines, period.starts_at, period.ends_at, registry))


def _is_as_agreed(agreement: Agreement, invoice: Invoice, found: InvoiceFacts) -> bool:
    """Whether a whole period was paid in full, the first one on the terms of our own row."""
    line = _decides(found.lines, invoice.kind)
    if line is None or invoice.plan_id == NO_PLAN or found.currency not in PLAN_CURRENCIES:
        return False
    if invoice.kind == "first" and (line.plan_id, line.amount, found.currency) != (
        agreement.plan_id,
        agreement.amount_minor,
        agreement.currency,
    ):
        return False
    return 0 < line.amount <= found.total


def _decides(lines: Sequence[LineFacts], kind: InvoiceKind) -> LineFacts | None:
    """The line that says which plan: the one of a whole period, or the one a change charges."""
    fitting = [each for each in lines if each.is_prorated == (kind == "change") and each.amount > 0]
    return fitting[-1] if fitting else None


def _holds(period: Invoice, change: Invoice) -> bool:
    return period.kind in WHOLE and period.starts_at <= change.starts_at and period.ends_at == change.ends_at


def _worth(lines: Sequence[LineFacts], starts_at: datetime, ends_at: datetime, registry: Registry) -> int:
    """What plans that were added give for the rest of the period, less those taken away; rounded up once."""
    whole, worth = (ends_at - starts_at) // MICROSECOND, 0
    for line in lines:
        plan = registry.plans.get(line.plan_id or "")
        if line.is_prorated and plan is not None:
            rest = min(whole, (ends_at - line.starts_at) // MICROSECOND)
            worth += (1 if line.amount > 0 else -1) * plan.monthly_credits * rest
    return max(0, -(-worth // whole))
