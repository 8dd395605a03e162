"""The rows of invoices of plans: what was charged for which time, what it gives once paid."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.tx import Row, Tx

InvoiceKind = Literal["first", "renewal", "change", "other"]
InvoiceState = Literal["waiting", "paid", "void", "held"]


@dataclass(frozen=True)
class Invoice:
    """One invoice, by the provider's id. Once it is paid its terms never change.

    `held` means: paid, but not as agreed, so that nothing was credited and an operator has to look.
    """

    id: str
    agreement_id: str
    user_id: str
    kind: InvoiceKind
    plan_id: str
    units: int
    amount_minor: int
    currency: str
    state: InvoiceState
    intent_id: str | None
    invoice_url: str | None
    receipt_url: str | None
    reversed_minor: int
    disputed: bool
    starts_at: datetime
    ends_at: datetime
    issued_at: datetime

    def on_terms_of(self, paid: "Invoice") -> "Invoice":
        """The same on the terms it was paid on, whatever would be made of it today."""
        return replace(
            self,
            state="paid" if self.state == "held" else self.state,
            kind=paid.kind,
            plan_id=paid.plan_id,
            units=paid.units,
            amount_minor=paid.amount_minor,
            currency=paid.currency,
            reversed_minor=min(self.reversed_minor, paid.amount_minor),
            starts_at=paid.starts_at,
            ends_at=paid.ends_at,
        )


NAMES = (
    *("id", "agreement_id", "user_id", "kind", "plan_id", "units", "amount_minor", "currency", "state"),
    *("intent_id", "invoice_url", "receipt_url", "reversed_minor", "disputed", "starts_us", "ends_us"),
    "issued_us",
)
SELECT = f"SELECT {', '.join(NAMES)} FROM plan_invoices"  # noqa: S608  - constant text


def known(tx: Tx, invoice_id: str) -> Invoice | None:
    """The invoice of this id, or None."""
    row = tx.one(f"{SELECT} WHERE id = ?", (invoice_id,))
    return None if row is None else _invoice(row)


def of_intent(tx: Tx, intent_id: str) -> Invoice | None:
    """The invoice that was paid by this payment."""
    row = tx.one(f"{SELECT} WHERE intent_id = ?", (intent_id,))
    return None if row is None else _invoice(row)


def of_agreement(tx: Tx, agreement_id: str) -> list[Invoice]:
    """Every invoice of an agreement, in the order they were made."""
    rows = tx.execute(f"{SELECT} WHERE agreement_id = ? ORDER BY issued_us, id", (agreement_id,))
    return [_invoice(row) for row in rows]


def listed(tx: Tx, user_id: str, *, limit: int) -> list[Invoice]:
    """The latest invoices of a user that are for something, newest first."""
    rows = tx.execute(
        f"{SELECT} WHERE user_id = ? AND amount_minor > 0 ORDER BY issued_us DESC, id DESC LIMIT ?",
        (user_id, limit),
    )
    return [_invoice(row) for row in rows]


def is_disputed(tx: Tx, user_id: str) -> bool:
    """Whether a payment for a plan of this user is disputed."""
    return tx.one("SELECT 1 FROM plan_invoices WHERE user_id = ? AND disputed = 1", (user_id,)) is not None


def save(tx: Tx, invoice: Invoice) -> None:
    """Keep an invoice as it is now; the caller holds its agreement's version.

    Its pages show who paid, so no link is kept for somebody who left.
    """
    has_left = tx.one("SELECT 1 FROM departures WHERE user_id = ?", (invoice.user_id,)) is not None
    kept = replace(invoice, invoice_url=None, receipt_url=None) if has_left else invoice
    changing = NAMES[3:]
    tx.execute(
        f"INSERT INTO plan_invoices ({', '.join(NAMES)}, created_us, changed_us)"  # noqa: S608  - constant names
        f" VALUES ({', '.join('?' * len(NAMES))}, ?, ?) ON CONFLICT (id) DO UPDATE SET"
        f" {', '.join(f'{name} = excluded.{name}' for name in changing)}, changed_us = excluded.changed_us",
        (*_values(kept), to_microseconds(tx.now), to_microseconds(tx.now)),
    )


def _values(it: Invoice) -> tuple[str | int | None, ...]:
    said = (it.id, it.agreement_id, it.user_id, it.kind, it.plan_id, it.units, it.amount_minor, it.currency)
    found = (it.state, it.intent_id, it.invoice_url, it.receipt_url, it.reversed_minor, int(it.disputed))
    return (*said, *found, *map(to_microseconds, (it.starts_at, it.ends_at, it.issued_at)))


def _invoice(row: Row) -> Invoice:
    starts_at, ends_at, issued_at = map(from_microseconds, row[14:])
    moments = {"starts_at": starts_at, "ends_at": ends_at, "issued_at": issued_at}
    return Invoice(*row[:13], disputed=bool(row[13]), **moments)
