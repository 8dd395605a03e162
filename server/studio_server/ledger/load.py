"""The store, first half: load the rows a command names, in one batch of reads. The writer's lock is held.

Each loader names its statements and builds the state from what they give, so that an engine with round trips
needs one for the answer already given and everything the decision looks at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger import commands as ask
from studio_server.ledger import load_holds, rows
from studio_server.ledger import state as seen
from studio_server.ledger.effects import Grant
from studio_server.ledger.ground import Loader
from studio_server.ledger.load_holds import ENVELOPE
from studio_server.ledger.values import GrantSource, Period, Settled, Window

if TYPE_CHECKING:
    from datetime import datetime

    from studio_server.ledger.commands import Command
    from studio_server.ledger.ground import Found
    from studio_server.ledger.state import State
    from studio_server.storage import Row, Tx
    from studio_server.storage.tx import Statement

ANSWERED = "SELECT body, answer FROM effects WHERE effect_key = ?"
LIMITS = (
    "SELECT plan_daily, plan_monthly_allocation, plan_per_run, plan_open_holds, own_daily, own_monthly,"
    " own_per_run, (SELECT coalesce(sum(amount - voided), 0) FROM lots WHERE lots.wallet_id = w.wallet_id"
    " AND source = 'purchase' AND effective_us <= ? AND (ends_us IS NULL OR ends_us > ?))"
    " FROM wallet_limits w WHERE wallet_id = ?"
)
READY = f"SELECT {rows.LOT} FROM lots l WHERE used_up = 0 AND available > 0 AND wallet_id = "  # noqa: S608  - constant text
IF_OWING = (
    " AND EXISTS (SELECT 1 FROM accounts d WHERE d.wallet_id = l.wallet_id"
    " AND d.account_id = l.wallet_id || '/debt' AND d.owing = 1)"
)
OF_LOT = "(SELECT wallet_id FROM lots WHERE lot_id = ?)"
OF_GRANT = "(SELECT wallet_id FROM grants WHERE grant_id = ?)"
GRANTED = "SELECT grant_id FROM grants WHERE source = ? AND reference = ?"
GIVEN = "SELECT grant_id FROM grants WHERE source = ? AND reference >= ? AND reference < ? LIMIT 1"
"""Any part of a transfer under this reference: "0" is the character after "/"."""


def loader(command: Command, now: datetime) -> Loader:  # noqa: PLR0911  - one line per command
    """What to read for this command."""
    match command:
        case ask.PlaceHold():
            return load_holds.spending(command, now)
        case ask.Settle() | ask.Release() | ask.ExpireHold():
            return load_holds.held(command.hold_id)
        case ask.IssueGrant():
            return _grant(command)
        case ask.ExpireLot() | ask.ClosePeriod():
            return _lot(command.lot_id)
        case ask.VoidGrant():
            return _void(command.grant_id)
        case ask.Reverse():
            return _undo(command.reverses)
        case ask.TransferCredits():
            return _transfer(command)
        case _:
            return _wallet_loader(command, now)


def _wallet_loader(command: Command, now: datetime) -> Loader:
    match command:
        case ask.OpenWallet():
            query = "SELECT wallet_id FROM wallets WHERE owner_id = ? AND asset = ?"
            return Loader(
                [(query, (command.owner_id, str(command.asset)))],
                lambda found: seen.OpeningState(str(found[0][0][0]) if found[0] else None),
            )
        case ask.SetLimits():
            at = to_microseconds(now)
            return Loader(
                [(f"{rows.WALLET}?", (command.wallet_id,)), (LIMITS, (at, at, command.wallet_id))],
                lambda found: seen.LimitsState(rows.as_wallet(found[0]), rows.as_limits(found[1])),
            )
        case ask.CloseEnvelope():
            return _envelope(command.envelope_id)
        case ask.SetMember() | ask.OpenEnvelope() | ask.SetWalletState() | ask.CoverDebt():
            return _standing(command.wallet_id)
        case _:
            raise seen.UnknownCommand(command)


def load(tx: Tx, command: Command) -> State:
    """Everything `decide` looks at for this command, as it stands in this transaction."""
    found = loader(command, tx.now)
    return found.build([result.rows for result in tx.batch(found.statements)])


def spending(tx: Tx, command: ask.PlaceHold) -> seen.SpendState:
    """Everything that bounds what may be set aside from this wallet, as it stands in this transaction."""
    state = load(tx, command)
    if not isinstance(state, seen.SpendState):
        raise seen.UnknownCommand(command)
    return state


def _grant(command: ask.IssueGrant) -> Loader:
    statements: list[Statement] = [
        (f"{rows.WALLET}?", (command.wallet_id,)),
        (GRANTED, (str(command.source), command.reference)),
        (f"{READY}?{IF_OWING}", (command.wallet_id,)),
    ]
    return Loader(
        statements,
        lambda found: seen.GrantState(
            rows.as_wallet(found[0]), _first_text(found[1]), rows.as_lots(found[2])
        ),
    )


def _lot(lot_id: str) -> Loader:
    statements: list[Statement] = [
        (f"SELECT {rows.LOT}, wallet_id FROM lots WHERE lot_id = ?", (lot_id,)),  # noqa: S608  - constant text
        (rows.WALLET + OF_LOT, (lot_id,)),
        (READY + OF_LOT + IF_OWING, (lot_id,)),
    ]

    def build(found: Found) -> seen.LotState:
        lots = rows.as_lots(found[0])
        return seen.LotState(
            wallet_id=str(found[0][0][-1]) if lots else "",
            lot=lots[0] if lots else None,
            wallet=rows.as_wallet(found[1]),
            owing=rows.as_lots(found[2]),
        )

    return Loader(statements, build)


def _void(grant_id: str) -> Loader:
    statements: list[Statement] = [
        ("SELECT grant_id, source, reference FROM grants WHERE grant_id = ?", (grant_id,)),
        (f"SELECT {rows.LOT} FROM lots WHERE grant_id = ?", (grant_id,)),  # noqa: S608  - constant text
        (rows.WALLET + OF_GRANT, (grant_id,)),
        (READY + OF_GRANT, (grant_id,)),
    ]

    def build(found: Found) -> seen.VoidState:
        lots = rows.as_lots(found[1])
        return seen.VoidState(
            _as_grant(found[0]), lots[0] if lots else None, rows.as_wallet(found[2]), rows.as_lots(found[3])
        )

    return Loader(statements, build)


def _undo(reverses: str) -> Loader:
    moved = (
        "SELECT t.transfer_id, t.lot_id, t.amount, t.kind FROM transfers t JOIN effects e"
        " ON e.sequence = t.effect_sequence WHERE e.effect_key = ? AND"
        " ((e.kind = 'settle' AND t.kind = 'settle')"
        " OR (e.kind = 'void_grant' AND t.kind IN ('revoke', 'owe')))"
        " ORDER BY length(t.transfer_id), t.transfer_id"
    )
    of_effect = "(SELECT wallet_id FROM effects WHERE effect_key = ?)"
    lots = (
        f"SELECT {rows.LOT} FROM lots WHERE lot_id IN (SELECT t.lot_id FROM transfers t JOIN effects e"  # noqa: S608  - constant text
        " ON e.sequence = t.effect_sequence WHERE e.effect_key = ?)"
    )
    hold = f"SELECT {rows.HOLD} FROM holds WHERE hold_id = (SELECT hold_id FROM effects WHERE effect_key = ?)"  # noqa: S608  - constant text
    statements: list[Statement] = [
        (moved, (reverses,)),
        (hold, (reverses,)),
        (lots, (reverses,)),
        (rows.WALLET + of_effect, (reverses,)),
        (READY + of_effect + IF_OWING, (reverses,)),
    ]
    return Loader(statements, _undo_state)


def _undo_state(found: Found) -> seen.UndoState:
    def parts(*kinds: str) -> tuple[Settled, ...]:
        return tuple(Settled(row[0], row[1], row[2]) for row in found[0] if row[3] in kinds)

    return seen.UndoState(
        hold=rows.as_hold(found[1], []),
        settled=parts("settle"),
        voided=parts("revoke", "owe"),
        lots=rows.as_lots(found[2]),
        wallet=rows.as_wallet(found[3]),
        owing=rows.as_lots(found[4]),
    )


def _transfer(command: ask.TransferCredits) -> Loader:
    statements: list[Statement] = [
        (f"{rows.WALLET}?", (command.wallet_id,)),
        (f"{rows.WALLET}?", (command.to_wallet_id,)),
        (f"{READY}?", (command.wallet_id,)),
        (GIVEN, (GrantSource.GIFT.value, f"{command.reference}/", f"{command.reference}0")),
        (f"{READY}?{IF_OWING}", (command.to_wallet_id,)),
    ]
    return Loader(
        statements,
        lambda found: seen.TransferState(
            giver=rows.as_wallet(found[0]),
            receiver=rows.as_wallet(found[1]),
            lots=rows.as_lots(found[2]),
            granted_before=_first_text(found[3]),
            owing=rows.as_lots(found[4]),
        ),
    )


def _standing(wallet_id: str) -> Loader:
    statements: list[Statement] = [
        (f"{rows.WALLET}?", (wallet_id,)),
        (rows.OPEN_COUNT, (wallet_id,)),
        (f"{READY}?", (wallet_id,)),
    ]
    return Loader(
        statements,
        lambda found: seen.StandingState(
            rows.as_wallet(found[0]), int(found[1][0][0]), rows.as_lots(found[2])
        ),
    )


def _envelope(envelope_id: str) -> Loader:
    used = (
        "SELECT start_us, settled, held, reversed FROM windows WHERE period = 'envelope' AND subject = ?"
        " AND wallet_id = (SELECT wallet_id FROM envelopes WHERE envelope_id = ?)"
    )

    def build(found: Found) -> seen.EnvelopeState:
        envelope = rows.as_envelope(found[0])
        if envelope is None:
            return seen.EnvelopeState(None, None)
        empty = Window(Period.ENVELOPE, envelope.opened_at, envelope.ends_at, subject=envelope_id)
        return seen.EnvelopeState(envelope, rows.as_window(found[1], empty))

    return Loader([(ENVELOPE, (envelope_id,)), (used, (envelope_id, envelope_id))], build)


def _as_grant(found: list[Row]) -> Grant | None:
    return Grant(found[0][0], GrantSource(found[0][1]), found[0][2]) if found else None


def _first_text(found: list[Row]) -> str | None:
    return str(found[0][0]) if found else None
