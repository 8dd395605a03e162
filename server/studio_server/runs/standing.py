"""How a price meets the balance and limits of a user, before anything is set aside."""

from studio_magics.contracts.billing import Standing
from studio_server.accounts.people import User
from studio_server.ledger import HoldRefused, Ledger, PlaceHold
from studio_server.storage.tx import Tx


def standing(
    tx: Tx, ledger: Ledger, user: User, *, typical: int, ceiling: int, minimum: int, price_version: str
) -> Standing:
    """Balance, day and the limit that would refuse a run with this ceiling."""
    wanted = PlaceHold(
        effect_key="preview",
        wallet_id=user.wallet_id,
        purpose="preview",
        ceiling=ceiling,
        price_version=price_version,
        lease_seconds=1,
    )
    view, refusal = ledger.prospect(tx, wanted)
    return Standing(
        available_credits=view.available,
        after_typical_credits=view.available - typical,
        day_used_credits=view.daily.settled + view.daily.held,
        day_cap_credits=view.daily.cap if view.daily.cap is not None else view.available,
        refused_by=refusal.limit if refusal else None,
        action=next_step(refusal, minimum=minimum) if refusal else "",
    )


LIMIT_NAMES = {
    "wallet": "wallet",
    "per_run": "limit per run",
    "monthly": "monthly limit",
    "daily": "daily limit",
    "balance": "balance",
    "open_holds": "number of runs at the same time",
}


def next_step(refusal: HoldRefused, *, minimum: int) -> str:
    """The cheapest way on after a refusal."""
    if minimum <= refusal.available < refusal.needed:
        return f"--max-credits {refusal.available} for a smaller ceiling"
    if refusal.limit == "per_run":
        return "raise the limit: %studio limits --per-run none"
    if refusal.limit == "open_holds":
        return "wait until a run is over: %studio runs"
    if refusal.resets_at is not None:
        return f"wait until {refusal.resets_at:%d %b %H:%M} UTC; %studio limits shows what your plan allows"
    return "wait for next month's credits: %studio statement shows where they went"
