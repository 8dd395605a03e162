"""Alert thresholds: which a user wants, which a window has reached, each told once per window."""

import json

from studio_magics.contracts.account import ALERT_THRESHOLDS
from studio_server.storage.tx import Tx


def wanted(tx: Tx, user_id: str) -> tuple[int, ...]:
    """The thresholds of this user, in per cent of a limit, rising."""
    row = tx.one("SELECT percents FROM alert_settings WHERE user_id = ?", (user_id,))
    return tuple(json.loads(row[0])) if row else ALERT_THRESHOLDS


def choose(tx: Tx, user_id: str, percents: tuple[int, ...]) -> None:
    """Keep these thresholds for the user."""
    kept = json.dumps(sorted(set(percents)))
    tx.execute(
        "INSERT INTO alert_settings (user_id, percents) VALUES (?, ?)"
        " ON CONFLICT (user_id) DO UPDATE SET percents = excluded.percents",
        (user_id, kept),
    )


def reached(percents: tuple[int, ...], *, used: int, cap: int) -> int | None:
    """The highest threshold that `used` of `cap` has reached."""
    passed = [percent for percent in percents if used * 100 >= percent * cap and used > 0]
    return max(passed, default=None)


def tell_once(tx: Tx, user_id: str, window_kind: str, window_start: int, percent: int) -> bool:
    """Whether this threshold has not been told in this window; it counts as told from now on."""
    tx.execute(
        "INSERT INTO alerts_sent (user_id, window_kind, window_start, percent) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (user_id, window_kind, window_start, percent),
    )
    return tx.changes() == 1
