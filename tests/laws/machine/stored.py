"""What the tables say of one wallet, against what the model says of it, column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.laws.machine.translation import Disagreement

if TYPE_CHECKING:
    from studio_server.storage import Tx

    from tests.laws.machine.translation import Mirror
    from tests.laws.model.values import Hold, Wallet

HEAD = (
    "SELECT w.state, w.zone, a.balance FROM wallets w JOIN accounts a ON a.wallet_id = w.wallet_id"
    " AND a.kind = 'debt' WHERE w.wallet_id = ?"
)
LOTS = (
    "SELECT lot_id, grant_id, source, priority, effective_us, ends_us, issued_us, roll_over,"
    " amount, available, held, spent, expired, revoked, voided, owed FROM lots WHERE wallet_id = ?"
)
HOLDS = "SELECT hold_id, state, settled, returned, reversed FROM holds WHERE wallet_id = ?"
WINDOWS = (
    "SELECT period, subject, start_us, settled, held, reversed FROM windows WHERE wallet_id = ?"
    " AND settled + held + reversed > 0"
)
QUERIES = (HEAD, LOTS, HOLDS, WINDOWS)


def compare_stored(tx: Tx, mirror: Mirror, wallet: Wallet) -> None:
    """Refuse the smallest difference between the tables and the model.

    Raises:
        Disagreement: says which row.
    """
    wallet_id = mirror.name("wallet_id", wallet)
    head, lots, holds, windows = (
        [tuple(row) for row in found.rows] for found in tx.batch([(sql, (wallet_id,)) for sql in QUERIES])
    )
    _same("wallet", head, [(wallet.state, wallet.zone, wallet.debt)])
    for row in lots:
        if row[0] in mirror.objects["lot_id"]:
            mirror.learn_grant(mirror.objects["lot_id"][row[0]], row[1])
    _same("lots", {row[0]: row[1:] for row in lots}, expected_lots(mirror, wallet))
    _same("holds", {row[0]: row[1:] for row in holds}, expected_holds(mirror, wallet))
    _same("windows", {row[:3]: row[3:] for row in windows}, expected_windows(mirror, wallet))


def expected_lots(mirror: Mirror, wallet: Wallet) -> dict[str, tuple[Any, ...]]:
    """Every lot with its terms and where its amount is."""
    return {
        mirror.name("lot_id", lot): (
            mirror.name("grant_id", lot),
            *(lot.source, lot.rank, lot.effective, lot.ends, lot.issued, lot.roll_over),
            *lot.columns(),
        )
        for lot in wallet.lots
    }


def expected_holds(mirror: Mirror, wallet: Wallet) -> dict[str, tuple[Any, ...]]:
    """Every hold with its end."""
    return {
        mirror.name("hold_id", hold): (
            hold.state,
            hold.charge,
            0 if hold.state == "open" else hold.ceiling - hold.charge,
            hold.charge if hold.undone else 0,
        )
        for hold in wallet.holds
    }


def expected_windows(mirror: Mirror, wallet: Wallet) -> dict[tuple[Any, ...], tuple[int, ...]]:
    """Every window in which something was or is: sums over the holds placed in it."""
    sums: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for hold in wallet.holds:
        held = hold.ceiling if hold.state == "open" else 0
        parts = (hold.charge, held, hold.charge if hold.undone else 0)
        for place in _places(mirror, hold) if any(parts) else ():
            sums[place] = tuple(a + b for a, b in zip(sums.get(place, (0, 0, 0)), parts, strict=True))
    return sums


def _places(mirror: Mirror, hold: Hold) -> list[tuple[Any, ...]]:
    places: list[tuple[Any, ...]] = [(name, "", start) for name, start in hold.spans.items()]
    if hold.member is not None:
        places.append(("member", hold.member, hold.spans["month"]))
    if hold.envelope is not None:
        places.append(("envelope", mirror.name("envelope_id", hold.envelope), hold.envelope.opened))
    return places


def _same(what: str, stored: Any, expected: Any) -> None:
    if stored == expected:
        return
    if isinstance(stored, dict):
        for key in stored.keys() | expected.keys():
            if stored.get(key) != expected.get(key):
                raise Disagreement(f"{what} {key}: stored {stored.get(key)}, the model {expected.get(key)}")
    raise Disagreement(f"{what}: stored {stored}, the model {expected}")
