"""Access tokens: made once, shown once, kept as the digest of the whole token."""

import hashlib
import secrets

from studio_server.clock import to_microseconds
from studio_server.storage.tx import Tx

PREFIX = "studio_"


def issue(tx: Tx, user_id: str, name: str) -> str:
    """A new token for this user; only the digest is kept."""
    token = PREFIX + secrets.token_urlsafe(32)
    tx.execute(
        "INSERT INTO tokens (digest, user_id, name, created_at) VALUES (?, ?, ?, ?)",
        (digest(token), user_id, name, to_microseconds(tx.now)),
    )
    return token


def revoke(tx: Tx, user_id: str, name: str) -> int:
    """End every token of this user and name; tells how many there were."""
    tx.execute(
        "UPDATE tokens SET revoked_at = ? WHERE user_id = ? AND name = ? AND revoked_at IS NULL",
        (to_microseconds(tx.now), user_id, name),
    )
    return tx.changes()


def digest(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
