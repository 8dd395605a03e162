"""Who left and comes back: a new account, and no free credits again before a stated time.

What is kept of somebody who left is HMAC-SHA256(operator's key, issuer ‖ subject) with an end, never a plain
hash; without the key it says nothing, and after its end it is deleted.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from studio_server.accounts.identity import Identity
from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.tx import Tx

PURPOSE = b"studio: free credits after leaving\0"


class Returning:
    """Knows, for a while, that somebody has been here before; works inside the transaction handed in."""

    def __init__(self, key: bytes, *, wait: timedelta) -> None:
        self._key = key
        self._wait = wait

    def remember(self, tx: Tx, issuer: str, subject: str) -> datetime:
        """Give this identity no free credits until the time that is told; an earlier end is put off."""
        ends_at = tx.now + self._wait
        tx.execute(
            "INSERT INTO free_credit_waits (commitment, ends_at) VALUES (?, ?)"
            " ON CONFLICT (commitment) DO UPDATE SET ends_at = excluded.ends_at",
            (self._commitment(issuer, subject), to_microseconds(ends_at)),
        )
        return ends_at

    def greet(self, tx: Tx, user_id: str, identity: Identity) -> None:
        """Let the new account of somebody who left wait for its free credits as long as they have to."""
        row = tx.one(
            "SELECT ends_at FROM free_credit_waits WHERE commitment = ? AND ends_at > ?",
            (self._commitment(identity.issuer, identity.subject), to_microseconds(tx.now)),
        )
        if row is not None:
            tx.execute("INSERT INTO free_credit_starts (user_id, starts_at) VALUES (?, ?)", (user_id, row[0]))

    def forget(self, tx: Tx) -> int:
        """Delete what has ended and tell how many entries that were."""
        now = to_microseconds(tx.now)
        tx.execute("DELETE FROM free_credit_starts WHERE starts_at <= ?", (now,))
        tx.execute("DELETE FROM free_credit_waits WHERE ends_at <= ?", (now,))
        return tx.changes()

    def _commitment(self, issuer: str, subject: str) -> str:
        said = issuer.encode()
        message = PURPOSE + len(said).to_bytes(8, "big") + said + subject.encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def free_credits_from(tx: Tx, user_id: str) -> datetime | None:
    """When this user may get free credits again, or None when they may already."""
    row = tx.one(
        "SELECT starts_at FROM free_credit_starts WHERE user_id = ? AND starts_at > ?",
        (user_id, to_microseconds(tx.now)),
    )
    return from_microseconds(row[0]) if row else None
