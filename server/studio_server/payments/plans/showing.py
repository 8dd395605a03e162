"""Plans and their invoices as people and notebooks see them. Reads, decides nothing."""

from studio_magics.contracts.account import Plan
from studio_magics.contracts.payments import Purchase, PurchaseState
from studio_magics.contracts.plans import PlanOffer, PlanStanding, PlanState
from studio_server.accounts.plans import Plans
from studio_server.payments.plans import agreements, invoices
from studio_server.payments.plans.agreements import Agreement
from studio_server.payments.plans.invoices import Invoice
from studio_server.payments.plans.paying import PlanPaid
from studio_server.payments.plans.terms import NO_PLAN, WHOLE
from studio_server.payments.showing import CURRENCIES, price
from studio_server.registry.catalogue import DEFAULT_PLAN, PlanEntry, Registry
from studio_server.storage.tx import Tx

INVOICE_STATES: dict[str, PurchaseState] = {
    "waiting": "pending",
    "paid": "paid",
    "void": "failed",
    "held": "held",
}
UNPAID_STATES: dict[str, PurchaseState] = {
    "new": "waiting",
    "open": "waiting",
    "expired": "expired",
    "failed": "failed",
}
A_MONTH = "a month"


def offer(plan: PlanEntry, *, takes_payments: bool) -> PlanOffer:
    """A plan as it goes over the wire, with what it costs."""
    text = f"{price(plan.price_minor, plan.currency)} {A_MONTH}" if plan.price_minor else "free"
    return PlanOffer(
        plan=shown_plan(plan),
        price_minor=plan.price_minor,
        currency=CURRENCIES[plan.currency],
        price=text,
        is_sold=takes_payments and plan.price_minor > 0,
    )


def offers(registry: Registry, *, takes_payments: bool) -> tuple[PlanOffer, ...]:
    """Every plan with what it gives and costs, the smallest first."""
    plans = sorted(registry.plans.values(), key=lambda plan: plan.monthly_credits)
    return tuple(offer(plan, takes_payments=takes_payments) for plan in plans)


def shown_plan(plan: PlanEntry) -> Plan:
    """What a plan gives."""
    return Plan(
        id=plan.id,
        title=plan.title,
        monthly_credits=plan.monthly_credits,
        daily_cap_credits=plan.daily_cap_credits,
    )


def standing(tx: Tx, plans: Plans, user_id: str, customer_id: str | None) -> PlanStanding:
    """The plan of a user, who pays it, and what comes at the period's end.

    Raises:
        NotSubscribed: There is none.
    """
    now, agreement = plans.state(tx, user_id), agreements.present(tx, user_id)
    following = now.plan if now.next_plan is None else now.next_plan
    waits = agreement is not None and agreement.state == "open"
    return PlanStanding(
        plan=shown_plan(now.plan),
        state=_state(now.plan, agreement, is_paid=now.is_paid),
        period_ends_at=now.period.ends_at,
        next_plan=None if now.next_plan is None else shown_plan(now.next_plan),
        next_price=_next_price(tx, following, agreement) if now.is_paid else None,
        is_disputed=invoices.is_disputed(tx, user_id),
        waiting_url=agreement.session_url if agreement is not None and waits else None,
        has_portal=customer_id is not None,
    )


def plan_purchase(registry: Registry, invoice: Invoice) -> Purchase:
    """An invoice of a plan as a purchase."""
    change = "" if invoice.kind in WHOLE else ", change"
    return Purchase(
        order_id=invoice.id,
        pack_id=invoice.plan_id,
        title=_title(registry, invoice.plan_id) + change,
        state=INVOICE_STATES[invoice.state],
        gives="credits",
        credits=invoice.units,
        dollars_micros=0,
        price=price(invoice.amount_minor, invoice.currency),
        price_minor=invoice.amount_minor,
        currency=CURRENCIES[invoice.currency],
        refunded_minor=invoice.reversed_minor,
        disputed=invoice.disputed,
        receipt_url=invoice.receipt_url,
        created_at=invoice.issued_at,
        kind="plan",
        invoice_url=invoice.invoice_url,
    )


def begun_purchase(registry: Registry, paid: PlanPaid) -> Purchase:
    """A plan that was begun on a page: its first invoice, or how the page stands while there is none."""
    agreement = paid.agreement
    if paid.invoice is not None:
        return plan_purchase(registry, paid.invoice)
    return Purchase(
        order_id=agreement.id,
        pack_id=agreement.plan_id,
        title=_title(registry, agreement.plan_id),
        state=UNPAID_STATES.get(agreement.state, "pending"),
        gives="credits",
        credits=registry.plans[agreement.plan_id].monthly_credits,
        dollars_micros=0,
        price=price(agreement.amount_minor, agreement.currency),
        price_minor=agreement.amount_minor,
        currency=CURRENCIES[agreement.currency],
        refunded_minor=0,
        disputed=False,
        receipt_url=None,
        created_at=agreement.created_at,
        kind="plan",
    )


def _title(registry: Registry, plan_id: str) -> str:
    plan = None if plan_id == NO_PLAN else registry.plans.get(plan_id)
    return f"{plan_id if plan is None else plan.title}, monthly"


def _state(plan: PlanEntry, agreement: Agreement | None, *, is_paid: bool) -> PlanState:
    if is_paid:
        return "past_due" if agreement is not None and agreement.state == "past_due" else "paid"
    return "free" if plan.id == DEFAULT_PLAN else "given"


def _next_price(tx: Tx, following: PlanEntry, agreement: Agreement | None) -> str | None:
    """What is charged next: of a plan that goes on what it cost last, else its price."""
    if not following.price_minor:
        return None
    of = [] if agreement is None else invoices.of_agreement(tx, agreement.id)
    last = [each for each in of if each.kind in WHOLE and each.plan_id == following.id and each.amount_minor]
    minor = last[-1].amount_minor if last else following.price_minor
    return f"{price(minor, following.currency)} {A_MONTH}"
