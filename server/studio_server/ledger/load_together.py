"""What a set of holds to place and to end stands on: few statements for all of them.

It moves on with each decision, so that the next one looks at what the ones before it left.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

from studio_server.clock import to_microseconds
from studio_server.ledger import load_holds
from studio_server.ledger.commands import PlaceHold, effect_key
from studio_server.ledger.ground import TAILS
from studio_server.ledger.posting import Ground, lot_changes
from studio_server.ledger.state import SpendState
from studio_server.storage.audit_chain import GENESIS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from studio_server.ledger.commands import ExpireHold, Release, Settle
    from studio_server.ledger.effects import Effects
    from studio_server.ledger.posting import Posting
    from studio_server.ledger.state import HeldState
    from studio_server.ledger.values import Lot
    from studio_server.storage import Row, Tx
    from studio_server.storage.tx import Statement

    Ending = Settle | Release | ExpireHold
    Pairs = dict[str, tuple[int, int]]

ANSWERED = "SELECT effect_key, body, answer FROM effects WHERE effect_key "


@dataclass
class Standing:
    """Rows as loaded, and balances, totals and ends of the journal as they stand after the last decision."""

    head: tuple[int, int, int, bytes]
    answered: Mapping[str, Row]
    wallets: Mapping[str, Row]
    lots: Mapping[str, list[Row]]
    holds: Mapping[str, Row]
    pinned: Mapping[str, list[Row]]
    accounts: Pairs
    totals: Pairs
    latest: dict[str, tuple[SpendState, Effects]] = field(
        default_factory=dict[str, "tuple[SpendState, Effects]"]
    )
    """What the latest hold of a wallet was decided on, and what it changed."""

    def to_place(self, command: PlaceHold, now: datetime) -> SpendState | None:
        """What bounds this hold now; None where there is no such wallet."""
        latest = self.latest.get(command.wallet_id)
        if latest is not None:
            return _after(*latest)
        row = self.wallets.get(command.wallet_id)
        if row is None:
            return None
        return load_holds.spend_state(command, now, [[row], self.lots.get(command.wallet_id, [])])

    def to_end(self, command: Ending) -> HeldState | None:
        """The hold and its lots; None if there is none, it draws on an envelope, or its wallet owes."""
        row = self.holds.get(command.hold_id)
        if row is None:
            return None
        state = load_holds.held_state([[row], self.pinned.get(command.hold_id, []), []])
        if state.hold is None or state.hold.envelope_id is not None:
            return None
        return None if state.wallet is None or state.wallet.debt < 0 else state

    @property
    def ground(self) -> Ground:
        """Where the journal stands before the next effect."""
        return Ground(*self.head, self.accounts, self.totals)

    def knows(self, posting: Posting) -> bool:
        """Whether every account that these lines move was loaded: of one that was not, nothing is known."""
        return all(change.account_id in self.accounts for change in posting.accounts)

    def move_on(self, state: SpendState | HeldState, effects: Effects, posting: Posting) -> None:
        """Take over what one more effect left."""
        last = posting.effects[-1]
        entry = posting.entries[-1][0] if posting.entries else self.head[1]
        audit = posting.audits[-1]
        self.head = (last[0], entry, audit[0], audit[-1])
        self.totals[effects.wallet_id] = (last[-2], last[-1])
        for change in posting.accounts:
            self.accounts[change.account_id] = change.after
        if isinstance(state, SpendState):
            self.latest[effects.wallet_id] = (state, effects)


def standing(tx: Tx, places: Sequence[PlaceHold], ends: Sequence[Ending]) -> Standing:
    """Everything these commands look at, in one round trip."""
    wallets = sorted({command.wallet_id for command in places})
    holds = sorted({command.hold_id for command in ends})
    keys, given = tx.among([effect_key(command) for command in (*places, *ends)])
    statements: list[Statement] = [(TAILS, ()), (ANSWERED + keys, (given,))]
    if wallets:
        statements += _to_place(tx, wallets)
    if holds:
        statements += _to_end(tx, holds)
    found = [result.rows for result in tx.batch(statements)]
    spending, to_draw = found[2:4] if wallets else ([], [])
    held, pinned = found[-2:] if holds else ([], [])
    return _standing(found[0][0], found[1], (spending, to_draw), (held, pinned))


def _to_place(tx: Tx, wallets: list[str]) -> list[Statement]:
    at = to_microseconds(tx.now)
    these, given = tx.among(wallets)
    spending, to_draw = _spending(these)
    return [(spending, (at, at, at, at, given)), (to_draw, (given,))]


def _to_end(tx: Tx, holds: list[str]) -> list[Statement]:
    these, given = tx.among(holds)
    held, pinned = _ending(these)
    return [(held, (given,)), (pinned, (given,))]


@cache
def _spending(these: str) -> tuple[str, str]:
    return load_holds.SPENDING_OF + these, load_holds.to_draw_of(these)


@cache
def _ending(these: str) -> tuple[str, str]:
    return load_holds.HELD_OF + these, load_holds.pinned_of(these)


def _standing(
    head: Row, answered: list[Row], spending: tuple[list[Row], list[Row]], ending: tuple[list[Row], list[Row]]
) -> Standing:
    accounts: Pairs = load_holds.wallet_accounts(ending[0])
    accounts.update(load_holds.lot_accounts(spending[1]))
    accounts.update(load_holds.lot_accounts(ending[1]))
    totals: Pairs = {row[0]: (row[15], row[16]) for row in spending[0]}
    totals.update({row[1]: (row[-2], row[-1]) for row in ending[0]})
    effect, entry, audit, tip = head
    return Standing(
        head=(effect, entry, audit, GENESIS if tip is None else bytes(tip)),
        answered={row[0]: row[1:] for row in answered},
        wallets={row[0]: row for row in spending[0]},
        lots=_by_last(spending[1]),
        holds={row[0]: row for row in ending[0]},
        pinned=_by_last(ending[1]),
        accounts=accounts,
        totals=totals,
    )


def _by_last(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Rows without their last column, by it."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row[-1], []).append(row[:-1])
    return found


def _after(state: SpendState, effects: Effects) -> SpendState:
    """What bounds the next hold of this wallet after this one."""
    changes = lot_changes(effects.moves)
    ceiling = sum(move.amount for move in effects.moves)
    return replace(
        state,
        lots=tuple(_changed(lot, changes.get(lot.lot_id)) for lot in state.lots),
        day=replace(state.day, held=state.day.held + ceiling),
        month=replace(state.month, held=state.month.held + ceiling),
        open_holds=state.open_holds + 1,
    )


def _changed(lot: Lot, change: list[int] | None) -> Lot:
    if change is None:
        return lot
    return replace(lot, available=lot.available + change[0], held=lot.held + change[1])
