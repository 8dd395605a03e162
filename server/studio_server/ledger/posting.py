"""From a decision to the lines of the journal: transfers, entries, the effect and its audit row. Pure.

Every account belongs to one wallet, the system's side included: a wallet has its own issuance, revenue,
expired, revoked, debt and adjustment accounts. So no balance row is shared by all customers, and yet every
account has a stored balance, a version and a gapless chain of entries; the system's total is a sum.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_server.clock import to_microseconds
from studio_server.ledger.canonical import to_text
from studio_server.ledger.effects import FLOWS, LOT_CHANGES, MoveKind
from studio_server.ledger.values import AccountKind
from studio_server.storage.audit_chain import Act, digest_of_texts, link

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from studio_server.ledger.effects import Effects, Moment, Move

Line = tuple[Any, ...]
LOT_ACCOUNTS = {AccountKind.LOT_AVAILABLE: "available", AccountKind.LOT_HELD: "held"}
MAY_OWE = ("/issuance", "/debt")


@dataclass(frozen=True)
class Ground:
    """Where the journal stands before an effect, read under the writer's lock.

    `accounts` gives balance and version by account, `totals` available and held by wallet.
    """

    effect: int
    entry: int
    audit: int
    audit_hash: bytes
    accounts: Mapping[str, tuple[int, int]]
    totals: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class AccountChange:
    """A balance and version as loaded, and as they must be afterwards."""

    account_id: str
    before: tuple[int, int]
    after: tuple[int, int]

    def and_then(self, later: AccountChange) -> AccountChange:
        """Both changes as one."""
        return AccountChange(self.account_id, self.before, later.after)


@dataclass
class Posting:
    """Every line an effect adds, in the order of its columns in the journal, and every balance it moves."""

    effects: list[Line] = field(default_factory=list[Line])
    transfers: list[Line] = field(default_factory=list[Line])
    entries: list[Line] = field(default_factory=list[Line])
    audits: list[Line] = field(default_factory=list[Line])
    accounts: list[AccountChange] = field(default_factory=list[AccountChange])


@dataclass(frozen=True)
class Asked:
    """What goes on record with an effect: the command's text, who asked, when and under which serial.

    Without a text (None) nothing is recorded but the transfers and entries: for stores that keep no journal.
    """

    body: str | None
    actor: str
    moment: Moment


def account_id(kind: AccountKind, wallet_id: str, lot_id: str) -> str:
    """The account of this kind: of the lot where lots have one, else of the wallet."""
    in_lot = LOT_ACCOUNTS.get(kind)
    return f"{wallet_id}/{kind}" if in_lot is None else f"{lot_id}/{in_lot}"


def accounts_of(effects: Effects) -> set[str]:
    """Every account the effects move, on both sides."""
    return {
        account for part in effects.parts for move in part.moves for account in _sides(part.wallet_id, move)
    }


def lot_changes(moves: Iterable[Move]) -> dict[str, list[int]]:
    """What the moves change in the lots they name: available, held, spent, expired, revoked."""
    changes: dict[str, list[int]] = {}
    for move in moves:
        parts = changes.setdefault(move.lot_id, [0, 0, 0, 0, 0])
        for column, sign in enumerate(LOT_CHANGES[move.kind]):
            parts[column] += sign * move.amount
    return {lot_id: parts for lot_id, parts in changes.items() if any(parts)}


def record_digest(rows: Iterable[Sequence[Any]]) -> bytes:
    """SHA-256 over every field of every row; None is told apart from an empty text."""
    return digest_of_texts(["\0" if value is None else str(value) for row in rows for value in row])


def post(effects: Effects, ground: Ground, asked: Asked) -> Posting:
    """The lines of the effects, numbered on from `ground`.

    Raises:
        BelowZero: an account other than issuance and debt would fall below zero, or debt rise above it.
    """
    poster = _Poster(ground, asked)
    for part in effects.parts:
        poster.add(part)
    return poster.finished()


class BelowZero(Exception):
    """A decision moved more than an account holds: a fault of the program, and nothing may be written."""

    def __init__(self, account: str, balance: int) -> None:
        super().__init__(f"{account} would stand at {balance}")
        self.account, self.balance = account, balance


def _sides(wallet_id: str, move: Move) -> tuple[str, str]:
    source, target = FLOWS[move.kind]
    to_lot = move.lot_id if move.to_lot_id is None else move.to_lot_id
    return account_id(source, wallet_id, move.lot_id), account_id(target, wallet_id, to_lot)


class _Poster:
    """Counts on from the ground while it writes line after line."""

    def __init__(self, ground: Ground, asked: Asked) -> None:
        self._ground = ground
        self._asked = asked
        self._at = to_microseconds(asked.moment.now)
        self._effect, self._entry, self._audit = ground.effect, ground.entry, ground.audit
        self._hash = ground.audit_hash
        self._balances: dict[str, tuple[int, int]] = {}
        self._transfers = 0
        self._posting = Posting([], [], [], [], [])

    def add(self, effects: Effects) -> None:
        """One effect with its moves and its audit row."""
        self._effect += 1
        row = self._effect_row(effects)
        self._posting.effects.append(row)
        recorded: list[Line] = [row]
        for move in effects.moves:
            recorded.extend(self._post(effects, move))
        if self._asked.body is not None:
            self._chain(effects, record_digest(recorded))

    def finished(self) -> Posting:
        """The whole posting, with every account's change from what was loaded."""
        self._posting.accounts = [
            AccountChange(account, self._ground.accounts.get(account, (0, 0)), after)
            for account, after in self._balances.items()
        ]
        return self._posting

    def _effect_row(self, effects: Effects) -> Line:
        available, held = self._ground.totals.get(effects.wallet_id, (0, 0))
        serial = self._asked.moment.serial
        if self._posting.effects:
            serial = f"{serial}/{len(self._posting.effects)}"
        change, held_change = effects.available_change, effects.held_change
        answer = "" if self._asked.body is None else to_text(effects.answer)
        return (
            *(self._effect, effects.effect_key, serial, effects.kind, effects.wallet_id, effects.hold_id),
            *(effects.lot_id, self._asked.body, answer, self._at, change, held_change),
            *(effects.total(MoveKind.SETTLE), available + change, held + held_change),
        )

    def _post(self, effects: Effects, move: Move) -> tuple[Line, Line, Line]:
        transfer_id = f"xfer_{self._asked.moment.serial}.{self._transfers}"
        self._transfers += 1
        source, target = _sides(effects.wallet_id, move)
        pointers = (move.to_lot_id, move.reverses)
        told = (
            *(transfer_id, self._effect, str(move.kind), source, target),
            *(move.lot_id, effects.hold_id, move.amount, self._at),
        )
        self._posting.transfers.append((*told, *pointers))
        return (
            (*told, *[pointer for pointer in pointers if pointer is not None]),
            self._enter(transfer_id, source, -move.amount),
            self._enter(transfer_id, target, move.amount),
        )

    def _enter(self, transfer_id: str, account: str, amount: int) -> Line:
        before, version = self._balances.get(account) or self._ground.accounts.get(account, (0, 0))
        after = before + amount
        if (after < 0 and not account.endswith(MAY_OWE)) or (after > 0 and account.endswith("/debt")):
            raise BelowZero(account, after)
        self._balances[account] = (after, version + 1)
        self._entry += 1
        row = (transfer_id, account, amount, before, after, version + 1, self._at)
        self._posting.entries.append((self._entry, *row))
        return row

    def _chain(self, effects: Effects, fingerprint: bytes) -> None:
        self._audit += 1
        act = Act(self._asked.actor, effects.kind, effects.wallet_id, effects.effect_key, fingerprint)
        linked = link(self._hash, self._audit, self._at, act)
        self._posting.audits.append(
            (
                *(self._audit, self._at, act.actor, act.action, act.subject, act.details),
                *(act.record_digest, self._hash, linked),
            )
        )
        self._hash = linked
