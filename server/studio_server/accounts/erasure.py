"""Erasing a person: everything that says who an account belongs to, in one transaction.

Owns: what is deleted, what stays and why, and when it has to wait. Does not own: the files and the traces in
the database file, which `traces` removes after the commit. The journal stays: it knows random ids only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from studio_server.accounts.people import User
from studio_server.accounts.returning import Returning
from studio_server.clock import to_microseconds
from studio_server.ledger import Asset, Ledger, SetWalletState, WalletState, WalletView
from studio_server.storage.audit_chain import Act, append
from studio_server.storage.tx import Tx

ERASED: dict[str, str] = {
    "identities": "DELETE FROM identities WHERE user_id = ?",
    "tokens": "DELETE FROM tokens WHERE user_id = ?",
    "alert_settings": "DELETE FROM alert_settings WHERE user_id = ?",
    "alerts_sent": "DELETE FROM alerts_sent WHERE user_id = ?",
    "artefacts": "DELETE FROM artefacts WHERE run_id IN (SELECT id FROM runs WHERE user_id = ?)",
    "uploads": "DELETE FROM uploads WHERE user_id = ?",
    "partial_uploads": "DELETE FROM partial_uploads WHERE user_id = ?",
    "secrets": "DELETE FROM secrets WHERE user_id = ?",
    "runs": "UPDATE runs SET inputs = '{}', input_digest = '', input_summary = '', failure = NULL,"
    " result = NULL, log_lines = '[]' WHERE user_id = ?",
    "idempotency": "DELETE FROM idempotency WHERE principal_id = ?",
    "notices": "DELETE FROM notices WHERE user_id = ?",
    "payment_orders": "UPDATE payment_orders SET session_url = NULL, receipt_url = NULL, customer_id = NULL,"
    " method_id = NULL WHERE user_id = ?",
    "saved_cards": "UPDATE saved_cards SET state = 'leaving', brand = '', last4 = '', exp_month = 0,"
    " exp_year = 0 WHERE user_id = ?",
    "recharges": "DELETE FROM recharges WHERE user_id = ?",
    "payment_customers": "DELETE FROM payment_customers WHERE user_id = ?",
    "plan_agreements": "UPDATE plan_agreements SET session_url = NULL WHERE user_id = ?",
    "plan_invoices": "UPDATE plan_invoices SET invoice_url = NULL, receipt_url = NULL WHERE user_id = ?",
    "free_credit_starts": "DELETE FROM free_credit_starts WHERE user_id = ?",
}
"""Table → what removes a person from it; the one parameter is the user's id."""
KEPT: dict[str, str] = {
    "users": "a random id, its wallet and its plan: what the books refer to",
    "plan_periods": "which months were given, by random id: no month is given twice",
    "receipts": "amounts, times, tool and price version of a run: the accounting record, without inputs",
    "subscriptions": "which plan this random id was on",
    "plan_changes": "which plans it asked for, and what they gave",
    "departures": "that this random id has left, and when",
}
"""Tables that name a user's id and stay, with the reason."""

Obstacle = Literal["run", "hold", "debt", "dispute", "plan"]


class ErasureRefused(Exception):
    """Something has to be settled first; nothing was erased. `count` counts runs, holds or credits."""

    def __init__(self, obstacle: Obstacle, count: int) -> None:
        super().__init__(f"the account cannot be erased yet: {obstacle} ({count})")
        self.obstacle: Obstacle = obstacle
        self.count = count


@dataclass(frozen=True)
class Erased:
    """What was done: credits that ended with the account, and when free credits may be given again."""

    user_id: str
    forfeited_credits: int
    erased_at: datetime
    free_credits_from: datetime


@dataclass(frozen=True)
class WouldEnd:
    """What an erasure would take: credits left, runs with inputs and results, files sent, secrets."""

    user_id: str
    credits_left: int
    runs: int
    uploads: int
    secrets: int


class Erasure:
    """Erases people, inside the transaction handed in; call `Traces.remove` once it is committed."""

    def __init__(self, ledger: Ledger, returning: Returning) -> None:
        self._ledger = ledger
        self._returning = returning

    def erase(self, tx: Tx, user: User, *, actor: str) -> Erased:
        """End the account and its tokens, blank everything that says whose it was, and put that on record.

        The credits left can no longer be spent. `actor` is the random id of the user, or "operator".

        Raises:
            ErasureRefused: A run, a hold, a debt or a dispute is open, or a plan is still renewed.
        """
        forfeited = self.spendable(tx, user)
        self._refuse_while_paid(tx, user)
        free_from = self._remember(tx, user)
        tx.execute(
            "INSERT INTO departures (user_id, left_at) VALUES (?, ?)", (user.id, to_microseconds(tx.now))
        )
        for statement in ERASED.values():
            tx.execute(statement, (user.id,))
        self._close_wallet(tx, user, actor)
        append(tx, Act(actor, "erase_account", user.id, f"forfeited {forfeited} credits"))
        return Erased(user.id, forfeited, tx.now, free_from)

    def spendable(self, tx: Tx, user: User) -> int:
        """What the account has left, once nothing but a plan that is paid stands in the way.

        Raises:
            ErasureRefused: A run, a hold, a debt or a dispute is open.
        """
        running = tx.one(
            "SELECT count(*) FROM runs WHERE user_id = ? AND state IN ('queued', 'running')", (user.id,)
        )
        view, views = self._ledger.wallet_view(tx, user.wallet_id), self._views(tx, user)
        obstacles: tuple[tuple[Obstacle, int], ...] = (
            ("run", running[0] if running else 0),
            ("hold", sum(each.open_holds for each in views)),
            ("debt", sum(each.debt for each in views)),
            ("dispute", 1 if any(each.state is WalletState.FROZEN for each in views) else 0),
        )
        for obstacle, count in obstacles:
            if count:
                raise ErasureRefused(obstacle, count)
        return view.available

    def would_end(self, tx: Tx, user: User) -> WouldEnd:
        """What `erase` would take now; nothing is changed.

        Raises:
            ErasureRefused: As `spendable`.
        """
        left = self.spendable(tx, user)
        counted = tx.one(
            "SELECT (SELECT count(*) FROM runs WHERE user_id = ?),"
            " (SELECT count(*) FROM uploads WHERE user_id = ?),"
            " (SELECT count(*) FROM secrets WHERE user_id = ?)",
            (user.id, user.id, user.id),
        )
        return WouldEnd(user.id, left, *(counted or (0, 0, 0)))

    def _refuse_while_paid(self, tx: Tx, user: User) -> None:
        """Who leaves is not charged again: the payment provider has to have ended every plan first."""
        renewed = tx.one(
            "SELECT count(*) FROM plan_agreements"
            " WHERE user_id = ? AND state IN ('live', 'past_due', 'extra')",
            (user.id,),
        )
        if renewed and renewed[0]:
            raise ErasureRefused("plan", renewed[0])

    def _close_wallet(self, tx: Tx, user: User, actor: str) -> None:
        """Nothing is spent from, or given to, the wallets of somebody who left."""
        for wallet_id in self._wallets(tx, user):
            if self._ledger.wallet_view(tx, wallet_id).state is not WalletState.CLOSED:
                key = f"erase:{user.id}" if wallet_id == user.wallet_id else f"erase:{user.id}:usd"
                closing = SetWalletState(key, wallet_id, WalletState.CLOSED, "account erased")
                self._ledger.execute(tx, closing, actor=actor)

    def _views(self, tx: Tx, user: User) -> list[WalletView]:
        return [self._ledger.wallet_view(tx, wallet_id) for wallet_id in self._wallets(tx, user)]

    def _wallets(self, tx: Tx, user: User) -> list[str]:
        """The wallet in credits, and the one in dollars of who has one."""
        dollars = self._ledger.wallet_id_of(tx, user.id, Asset.USD)
        return [user.wallet_id, *([] if dollars is None else [dollars])]

    def _remember(self, tx: Tx, user: User) -> datetime:
        """Every identity of the account has to wait before it gets free credits again."""
        known = tx.execute("SELECT issuer, subject FROM identities WHERE user_id = ?", (user.id,))
        ends = [self._returning.remember(tx, issuer, subject) for issuer, subject in known]
        return max(ends, default=tx.now)
