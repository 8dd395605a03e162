"""What belongs to one person, table by table: queries bound to one user or one wallet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from studio_server.ledger.history import BY_WALLET_ID, all_of

if TYPE_CHECKING:
    from studio_server.storage.tx import Engine


@dataclass(frozen=True)
class Table:
    """One table of the export. The query has one parameter: the user's or the wallet's id."""

    name: str
    of: Literal["user", "wallet"]
    columns: tuple[str, ...]
    """Names ending in `_at` hold stored times."""
    query: str
    json_columns: tuple[str, ...] = ()
    effects_of: str | None = None
    """Which wallet's effects the query joins as `mine`, if any; the parameter is asked for here."""

    def sql(self, engine: Engine) -> str:
        """The whole query."""
        return self.query if self.effects_of is None else all_of(engine, self.effects_of) + self.query


DOLLARS = "SELECT wallet_id FROM wallets WHERE owner_id = ? AND asset = 'USD'"

TABLES: tuple[Table, ...] = (
    Table(
        "profile",
        "user",
        ("user_id", "wallet_id", "joined_at", "issuer", "subject", "display_name"),
        "SELECT u.id, u.wallet_id, u.created_at, i.issuer, i.subject, i.display_name"
        " FROM users u JOIN identities i ON i.user_id = u.id WHERE u.id = ? ORDER BY i.issuer, i.subject",
    ),
    Table(
        "periods",
        "user",
        ("reference", "starts_at"),
        "SELECT reference, starts_at FROM plan_periods WHERE user_id = ? ORDER BY starts_at, reference",
    ),
    Table(
        "plan",
        "user",
        ("plan_id", "next_plan_id", "state", "zone", "member_since_at", "starts_at", "ends_at"),
        "SELECT plan_id, next_plan_id, state, zone, joined_at, starts_at, ends_at FROM subscriptions"
        " WHERE user_id = ?",
    ),
    Table(
        "plan_changes",
        "user",
        ("kind", "from_plan", "to_plan", "granted", "effective_at", "asked_at"),
        "SELECT kind, from_plan, to_plan, granted, effective_at, created_at FROM plan_changes"
        " WHERE user_id = ? ORDER BY created_at, key",
    ),
    Table(
        "alerts",
        "user",
        ("window", "window_start_at", "percent"),
        "SELECT window_kind, window_start, percent FROM alerts_sent WHERE user_id = ?"
        " ORDER BY window_start, window_kind, percent",
    ),
    Table(
        "tokens",
        "user",
        ("name", "made_at", "ended_at"),
        "SELECT name, created_at, revoked_at FROM tokens WHERE user_id = ? ORDER BY created_at, digest",
    ),
    Table(
        "alert_settings",
        "user",
        ("percents",),
        "SELECT percents FROM alert_settings WHERE user_id = ?",
        ("percents",),
    ),
    Table(
        "limits",
        "wallet",
        ("plan_daily", "plan_monthly", "plan_per_run", "own_daily", "own_monthly", "own_per_run"),
        "SELECT plan_daily, plan_monthly_allocation, plan_per_run, own_daily, own_monthly, own_per_run"
        " FROM wallet_limits WHERE wallet_id = ?",
    ),
    Table(
        "grants",
        "wallet",
        ("grant_id", "source", "reference", "amount", "priority", "effective_at", "ends_at", "issued_at"),
        "SELECT grant_id, source, reference, amount, priority, effective_us, ends_us, issued_us"
        " FROM grants WHERE wallet_id = ? ORDER BY issued_us, grant_id",
    ),
    Table(
        "lots",
        "wallet",
        (
            *(
                "lot_id",
                "grant_id",
                "source",
                "amount",
                "available",
                "held",
                "spent",
                "expired",
                "revoked",
                "voided",
            ),
            *("effective_at", "ends_at", "issued_at"),
        ),
        "SELECT lot_id, grant_id, source, amount, available, held, spent, expired, revoked, voided,"
        " effective_us, ends_us, issued_us FROM lots WHERE wallet_id = ? ORDER BY issued_us, lot_id",
    ),
    Table(
        "holds",
        "wallet",
        (
            *("hold_id", "purpose", "ceiling", "state", "settled", "returned", "reversed"),
            *("placed_at", "lease_ends_at", "ended_at"),
        ),
        "SELECT hold_id, purpose, ceiling, state, settled, returned, reversed, placed_us,"
        " lease_expires_us, ended_us FROM holds WHERE wallet_id = ? ORDER BY placed_us, hold_id",
    ),
    Table(
        "statement",
        "wallet",
        (
            *("sequence", "recorded_at", "kind", "available_change", "held_change", "spent"),
            *("available_after", "held_after", "hold_id", "lot_id"),
        ),
        "SELECT e.sequence, e.recorded_us, e.kind, e.available_change, e.held_change, e.spent,"
        " e.available_after, e.held_after, e.hold_id, e.lot_id FROM mine"
        " CROSS JOIN effects e WHERE e.sequence = mine.sequence ORDER BY e.sequence",
        effects_of=BY_WALLET_ID,
    ),
    Table(
        "transfers",
        "wallet",
        (
            *("transfer_id", "statement_sequence", "kind", "from_account", "to_account", "lot_id", "hold_id"),
            *("asset", "amount", "recorded_at"),
        ),
        "SELECT t.transfer_id, t.effect_sequence, t.kind, t.from_account, t.to_account, t.lot_id, t.hold_id,"
        " t.asset, t.amount, t.recorded_us FROM mine CROSS JOIN transfers t"
        " WHERE t.effect_sequence = mine.sequence ORDER BY t.effect_sequence, t.transfer_id",
        effects_of=BY_WALLET_ID,
    ),
    Table(
        "entries",
        "wallet",
        ("sequence", "transfer_id", "account_id", "amount", "before", "after", "version", "recorded_at"),
        "SELECT n.sequence, n.transfer_id, n.account_id, n.amount, n.before, n.after, n.version,"
        " n.recorded_us FROM entries n JOIN accounts a ON a.account_id = n.account_id"
        " WHERE a.wallet_id = (SELECT wallet_id FROM me) AND n.transfer_id IN"
        " (SELECT t.transfer_id FROM mine CROSS JOIN transfers t WHERE t.effect_sequence = mine.sequence"
        " UNION SELECT t.transfer_id FROM lots l CROSS JOIN transfers t WHERE t.to_lot_id = l.lot_id"
        " AND l.wallet_id = (SELECT wallet_id FROM me)) ORDER BY n.sequence",
        effects_of=BY_WALLET_ID,
    ),
    Table(
        "runs",
        "user",
        (
            *("run_id", "tool_id", "tool_version", "price_version", "state", "hold_id", "receipt_id"),
            *("minimum_credits", "typical_credits", "maximum_credits", "charged_credits"),
            *("measured_cpu_ms", "measured_wall_ms", "measured_peak_bytes"),
            *("created_at", "started_at", "ended_at", "input_summary", "inputs", "failure", "result"),
            *("log_lines", "answered_from"),
        ),
        "SELECT id, tool_id, tool_version, price_version, state, hold_id, receipt_id, minimum_credits,"
        " typical_credits, maximum_credits, charged_credits, measured_cpu_ms, measured_wall_ms,"
        " measured_peak_bytes, created_at, started_at, ended_at, input_summary, inputs, failure, result,"
        " log_lines, answered_from FROM runs WHERE user_id = ? ORDER BY id",
        ("inputs", "failure", "result", "log_lines"),
    ),
    Table(
        "receipts",
        "user",
        ("receipt_id", "run_id", "created_at", "content"),
        "SELECT id, run_id, created_at, content FROM receipts WHERE user_id = ? ORDER BY id",
        ("content",),
    ),
    Table(
        "purchases",
        "user",
        (
            *("order_id", "pack_id", "asset", "units", "amount_minor", "currency", "state", "reversed_minor"),
            *("session_id", "payment_id", "receipt_url", "way", "failure", "created_at", "changed_at"),
        ),
        "SELECT id, pack_id, asset, units, amount_minor, currency, state, reversed_minor, session_id,"
        " intent_id, receipt_url, way, failure, created_us, changed_us FROM payment_orders WHERE user_id = ?"
        " ORDER BY created_us, id",
    ),
    Table(
        "payment_customer",
        "user",
        ("customer_id", "created_at"),
        "SELECT customer_id, created_us FROM payment_customers WHERE user_id = ?",
    ),
    Table(
        "plan_agreements",
        "user",
        (
            *("agreement_id", "plan_id", "amount_minor", "currency", "state", "session_id"),
            *("subscription_id", "next_plan_id", "created_at", "changed_at"),
        ),
        "SELECT id, plan_id, amount_minor, currency, state, session_id, subscription_id, next_plan_id,"
        " created_us, changed_us FROM plan_agreements WHERE user_id = ? ORDER BY created_us, id",
    ),
    Table(
        "plan_invoices",
        "user",
        (
            *("invoice_id", "agreement_id", "kind", "plan_id", "credits", "amount_minor", "currency"),
            *("state", "payment_id", "invoice_url", "receipt_url", "reversed_minor"),
            *("starts_at", "ends_at", "issued_at"),
        ),
        "SELECT id, agreement_id, kind, plan_id, units, amount_minor, currency, state, intent_id,"
        " invoice_url, receipt_url, reversed_minor, starts_us, ends_us, issued_us FROM plan_invoices"
        " WHERE user_id = ? ORDER BY issued_us, id",
    ),
    Table(
        "saved_card",
        "user",
        ("provider_id", "brand", "last_digits", "expires_month", "expires_year", "saved_at"),
        "SELECT method_id, brand, last4, exp_month, exp_year, saved_us FROM saved_cards"
        " WHERE user_id = ? AND state = 'kept'",
    ),
    Table(
        "auto_recharge",
        "user",
        ("state", "reason", "threshold", "pack_id", "ceiling_minor", "currency", "changed_at"),
        "SELECT state, reason, threshold, pack_id, ceiling_minor, currency, changed_us FROM recharges"
        " WHERE user_id = ?",
    ),
    Table(
        "dollar_statement",
        "user",
        ("sequence", "recorded_at", "kind", "available_change", "held_change", "spent", "available_after"),
        "SELECT e.sequence, e.recorded_us, e.kind, e.available_change, e.held_change, e.spent,"
        " e.available_after FROM mine CROSS JOIN effects e WHERE e.sequence = mine.sequence"
        " ORDER BY e.sequence",
        effects_of=DOLLARS,
    ),
    Table(
        "notices",
        "user",
        ("notice_id", "kind", "severity", "text", "posted_at", "read_at"),
        "SELECT id, kind, severity, text, created_at, read_at FROM notices WHERE user_id = ?"
        " ORDER BY created_at, id",
    ),
    Table(
        "artefacts",
        "user",
        ("run_id", "name", "media_type", "size_bytes", "digest", "expires_at", "removed_at"),
        "SELECT a.run_id, a.name, a.media_type, a.size_bytes, a.digest, a.expires_at, a.removed_at"
        " FROM artefacts a"
        " JOIN runs r ON r.id = a.run_id WHERE r.user_id = ? ORDER BY a.run_id, a.name",
    ),
    Table(
        "uploads",
        "user",
        ("digest", "size_bytes", "created_at", "used_at"),
        "SELECT digest, size_bytes, created_at, used_at FROM uploads WHERE user_id = ? ORDER BY digest",
    ),
    Table(
        "partial_uploads",
        "user",
        ("digest", "size_bytes", "created_at", "touched_at"),
        "SELECT digest, size_bytes, created_at, touched_at FROM partial_uploads WHERE user_id = ?"
        " ORDER BY digest",
    ),
    Table(
        "secrets",
        "user",
        ("name", "created_at", "used_at"),
        "SELECT name, created_at, used_at FROM secrets WHERE user_id = ? ORDER BY name",
    ),
)
