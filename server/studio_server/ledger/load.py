"""The SQLite store, first half: load the rows a command names. The one writer is the lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.ledger import rows
from studio_server.ledger.commands import ExpireLot, IssueGrant, OpenWallet, PlaceHold, SetLimits
from studio_server.ledger.state import GrantState, HeldState, LimitsState, LotState, OpeningState, SpendState
from studio_server.ledger.windows import day_window, month_window

if TYPE_CHECKING:
    from studio_server.ledger.commands import Command
    from studio_server.ledger.state import State
    from studio_server.storage import Tx


def load(tx: Tx, command: Command) -> State:
    """Everything `decide` looks at for this command, as it stands in this transaction."""
    match command:
        case PlaceHold():
            return spending(tx, command.wallet_id)
        case OpenWallet():
            return OpeningState(rows.wallet_id_of(tx, command.owner_id, command.asset))
        case IssueGrant():
            earlier = rows.granted_before(tx, command.source, command.reference)
            return GrantState(rows.wallet(tx, command.wallet_id), earlier)
        case SetLimits():
            return LimitsState(rows.wallet(tx, command.wallet_id), rows.limits(tx, command.wallet_id))
        case ExpireLot():
            owner = tx.one("SELECT wallet_id FROM lots WHERE lot_id = ?", (command.lot_id,))
            return LotState("" if owner is None else owner[0], rows.lot(tx, command.lot_id))
        case _:
            return HeldState(rows.hold(tx, command.hold_id), rows.pinned_lots(tx, command.hold_id))


def spending(tx: Tx, wallet_id: str) -> SpendState:
    """Everything that bounds what may be set aside from this wallet, as it stands in this transaction."""
    day, month = rows.windows(tx, wallet_id, (day_window(tx.now), month_window(tx.now)))
    return SpendState(
        wallet=rows.wallet(tx, wallet_id),
        limits=rows.limits(tx, wallet_id),
        lots=rows.lots_to_draw(tx, wallet_id),
        day=day,
        month=month,
        open_holds=rows.open_hold_count(tx, wallet_id),
    )
