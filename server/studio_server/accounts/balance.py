"""The balance, spend controls and statement as they go over the wire. Reads the ledger, decides nothing."""

from typing import Literal

from studio_magics.contracts.account import (
    Account,
    Balance,
    Plan,
    SpendControls,
    Statement,
    StatementLine,
    Subscription,
)
from studio_server import __version__
from studio_server.accounts import alerts
from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User
from studio_server.accounts.plans import Plans, PlanState
from studio_server.ledger import HoldRefused, Ledger, PlaceHold, WalletView
from studio_server.ledger.values import Lot
from studio_server.ledger.views import Spending
from studio_server.ledger.views import StatementLine as LedgerLine
from studio_server.notices import rows as notices
from studio_server.registry.catalogue import PlanEntry
from studio_server.settings import Settings
from studio_server.storage.tx import Tx

LOCAL_NOTE = (
    "Local mode: metering, not protection. The notebook and this server run as the same person,"
    " who can change the books."
)
LINE_TITLES = {
    "issue_grant": "Credits given",
    "place_hold": "Set aside for a run",
    "release": "Hold returned",
    "expire_hold": "Hold returned after its lease",
    "expire_lot": "Credits ended",
}


class Accounts:
    """Answers about one user's account."""

    def __init__(self, settings: Settings, ledger: Ledger, plans: Plans, *, minimum_credits: int) -> None:
        self._settings = settings
        self._ledger = ledger
        self._plans = plans
        self._shown: dict[str, Plan] = {}
        self._minimum = minimum_credits

    def account(self, tx: Tx, user: User, identity: Identity) -> Account:
        """Who the server takes the caller for."""
        return Account(
            user_id=user.id,
            display_name=user.display_name,
            issuer=user.issuer,
            signed_in_via=identity.via,
            plan=plan(user.plan),
            mode=self._settings.mode,
            server_version=__version__,
            deterministic=self._settings.deterministic,
            subscription=_subscription(self._plans.state(tx, user.id)),
        )

    def balance(self, tx: Tx, user: User) -> Balance:
        """What the user can spend now, and what limits it."""
        cheapest = PlaceHold("preview", user.wallet_id, "preview", self._minimum, "preview", 1)
        view, refusal = self._ledger.prospect(tx, cheapest)
        alert = self.alert(tx, user, view)
        notice = notices.newest_unread(tx, user.id)
        return Balance.model_validate(  # checked once as a whole, not once more for each of its parts
            {
                "user": user.display_name,
                "plan": self._plan(user.plan),
                "available_credits": view.available,
                "held_credits": view.held,
                "spendable_credits": _spendable(view),
                "day": _window("day", view.daily),
                "month": _window("month", view.monthly),
                "per_run_limit_credits": view.per_run_cap,
                "lots": [_lot(lot) for lot in view.lots if lot.available > 0],
                "alert_percent": alert,
                "level": _level(refusal, alert),
                "mode": self._settings.mode,
                "note": LOCAL_NOTE if self._settings.mode == "local" else "",
                "notice": "" if notice is None else notice.text,
                "notice_id": None if notice is None else notice.id,
                "notice_severity": "info" if notice is None else notice.severity,
                "revision": self._ledger.latest_change(tx, user.wallet_id),
            }
        )

    def _plan(self, entry: PlanEntry) -> Plan:
        """A plan of the catalogue, which stays what it is as long as the server runs."""
        known = self._shown.get(entry.id)
        return known or self._shown.setdefault(entry.id, plan(entry))

    def alert(self, tx: Tx, user: User, view: WalletView) -> int | None:
        """The highest of the user's thresholds that day or month has reached."""
        wanted = alerts.wanted(tx, user.id)
        found = [
            alerts.reached(wanted, used=window.settled, cap=window.cap)
            for window in (view.daily, view.monthly)
            if window.cap is not None
        ]
        return max((percent for percent in found if percent is not None), default=None)

    def controls(self, tx: Tx, user: User) -> SpendControls:
        """The limits in force and how far they may be raised."""
        view = self._ledger.wallet_view(tx, user.wallet_id)
        monthly_cap = (view.plan.monthly_allocation or user.plan.monthly_credits) + view.bought
        daily_cap = view.plan.daily if view.plan.daily is not None else user.plan.daily_cap_credits
        return SpendControls(
            daily_limit_credits=daily_cap if view.daily.cap is None else view.daily.cap,
            monthly_limit_credits=monthly_cap if view.monthly.cap is None else view.monthly.cap,
            per_run_limit_credits=view.per_run_cap,
            daily_cap_credits=daily_cap,
            monthly_cap_credits=monthly_cap,
            alert_percents=alerts.wanted(tx, user.id),
        )

    def statement(self, tx: Tx, user: User, *, before: int | None, limit: int) -> Statement:
        """Ledger lines of the wallet, newest first."""
        found = self._ledger.statement(tx, user.wallet_id, before=before, limit=limit + 1)
        shown = found[:limit]
        return Statement(
            lines=tuple(_line(line) for line in shown),
            next_before=shown[-1].sequence if len(found) > limit else None,
        )


def plan(entry: PlanEntry) -> Plan:
    """A plan as it goes over the wire."""
    return Plan(
        id=entry.id,
        title=entry.title,
        monthly_credits=entry.monthly_credits,
        daily_cap_credits=entry.daily_cap_credits,
    )


def _subscription(state: PlanState) -> Subscription:
    return Subscription(
        starts_at=state.period.starts_at,
        ends_at=state.period.ends_at,
        next_plan=None if state.next_plan is None else plan(state.next_plan),
        roll_over_credits=state.plan.roll_over_credits,
    )


def _level(refusal: HoldRefused | None, alert: int | None) -> Literal["ok", "low", "blocked"]:
    if refusal is not None:
        return "blocked"
    return "ok" if alert is None else "low"


def _window(kind: Literal["day", "month"], spending: Spending) -> dict[str, object]:
    """The members of a `Window`."""
    return {
        "kind": kind,
        "starts_at": spending.starts_at,
        "resets_at": spending.resets_at,
        "cap_credits": spending.cap if spending.cap is not None else spending.settled + spending.held,
        "spent_credits": spending.settled,
        "held_credits": spending.held,
    }


def _spendable(view: WalletView) -> int:
    bounds = (view.available, view.daily.left, view.monthly.left, view.per_run_cap)
    return min(bound for bound in bounds if bound is not None)


def _lot(lot: Lot) -> dict[str, object]:
    """The members of a `LotView`."""
    return {"source": lot.source.value, "left_credits": lot.available, "ends_at": lot.ends_at}


def _line(line: LedgerLine) -> StatementLine:
    run_id = line.purpose if line.purpose and line.purpose.startswith("run_") else None
    return StatementLine(
        sequence=line.sequence,
        at=line.at,
        kind=line.kind,
        description=_description(line),
        amount_credits=line.amount,
        available_credits_after=line.balance_after,
        run_id=run_id,
        receipt_id=None,
    )


def _description(line: LedgerLine) -> str:
    if line.kind == "settle":
        return f"Run charged {line.spent}, {line.amount} returned"
    title = LINE_TITLES.get(line.kind, line.kind.replace("_", " "))
    if line.kind == "issue_grant" and line.grant_source:
        return f"{title}: {line.grant_source}"
    return title
