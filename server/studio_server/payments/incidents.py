"""What an operator should look at: each once, on the audit chain too. Holds ids and numbers only."""

from studio_server.clock import from_microseconds, to_microseconds
from studio_server.storage.audit_chain import Act, append
from studio_server.storage.tx import Tx

SYSTEM = "system"


def report(tx: Tx, kind: str, subject: str, detail: str = "") -> bool:
    """Put an incident on record unless it is there already; whether it is new."""
    tx.execute(
        "INSERT INTO payment_incidents (kind, subject, detail, created_us) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (kind, subject, detail[:500], to_microseconds(tx.now)),
    )
    is_new = tx.changes() == 1
    if is_new:
        append(tx, Act(SYSTEM, "payment_incident", subject, f"{kind} {detail}".strip()))
    return is_new


def listed(tx: Tx, *, limit: int = 100) -> list[tuple[str, str, str, str]]:
    """The latest incidents: kind, subject, detail, moment."""
    rows = tx.execute(
        "SELECT kind, subject, detail, created_us FROM payment_incidents"
        " ORDER BY created_us DESC, kind, subject LIMIT ?",
        (limit,),
    )
    return [(row[0], row[1], row[2], from_microseconds(row[3]).isoformat()) for row in rows]
