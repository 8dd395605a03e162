"""Moves a payment's net grant in the ledger to a target: grants, takes back, restores. One transaction each.

Owns the list of what a payment did. `amount` of a move is what it counts for the payment, `taken` what the
ledger had room for: what expired before it was taken back is not owed, and does not come again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from studio_server.clock import to_microseconds
from studio_server.ledger import Asset, GrantSource, IssueGrant, Ledger, OpenWallet, Reverse, VoidGrant
from studio_server.ledger.refusals import NothingToReverse
from studio_server.payments.orders import Order
from studio_server.storage.tx import Tx

SYSTEM = "system"


@dataclass(frozen=True)
class PaymentMove:
    """One step: `grant` and `restore` give, `void` takes; a restore undoes one void."""

    number: int
    kind: str
    amount: int
    taken: int
    grant_id: str | None
    effect_key: str | None
    undoes: int | None


@dataclass(frozen=True)
class Kept:
    """Where steps are kept: a table and the column that says whose they are."""

    table: str
    whose: str


OF_ORDERS = Kept("payment_moves", "order_id")
OF_INVOICES = Kept("plan_moves", "invoice_id")


@dataclass(frozen=True)
class Account:
    """What steps belong to: an order or an invoice; `grant` says what is given, and under which key."""

    id: str
    kept: Kept
    grant: Callable[[], IssueGrant]


def of(tx: Tx, whose: str, kept: Kept = OF_ORDERS) -> list[PaymentMove]:
    """Every step of one payment, the first one first."""
    rows = tx.execute(
        "SELECT number, kind, amount, taken, grant_id, effect_key, undoes"  # noqa: S608  - constant names
        f" FROM {kept.table} WHERE {kept.whose} = ? ORDER BY number",
        (whose,),
    )
    return [PaymentMove(*row) for row in rows]


def net(moves: list[PaymentMove]) -> int:
    """What a payment stands for now."""
    return sum(-move.amount if move.kind == "void" else move.amount for move in moves)


def move_to(tx: Tx, ledger: Ledger, order: Order, target: int) -> int:
    """Let the payment of `order` stand for `target` units; what that changed, signed.

    Raises:
        LedgerRefusal: The wallet takes nothing; let it pass, so that all is rolled back.
    """

    def grant() -> IssueGrant:
        return IssueGrant(
            effect_key=f"pay:{order.id}",
            wallet_id=_wallet(tx, ledger, order),
            source=GrantSource.PURCHASE,
            amount=order.units,
            reference=order.id,
            ends_at=tx.now + timedelta(days=order.lasts_days),
        )

    return steer(tx, ledger, Account(order.id, OF_ORDERS, grant), target)


def steer(tx: Tx, ledger: Ledger, account: Account, target: int) -> int:
    """Let a payment stand for `target` units; what that changed, signed.

    Raises:
        LedgerRefusal: The wallet takes nothing; let it pass, so that all is rolled back.
    """
    books = _Books(tx, ledger, account)
    before = net(books.moves)
    if target > 0 and not books.moves:
        books.grant()
    change = target - net(books.moves)
    if change < 0:
        books.lower(-change)
    elif change > 0:
        books.raise_by(change)
    return net(books.moves) - before


class _Books:
    """One payment's steps while they are written."""

    def __init__(self, tx: Tx, ledger: Ledger, account: Account) -> None:
        self._tx, self._ledger, self._account = tx, ledger, account
        self.moves = of(tx, account.id, account.kept)

    def grant(self) -> None:
        """Give all that was bought, as one lot."""
        command = self._account.grant()
        given = self._ledger.execute(self._tx, command, actor=SYSTEM)
        self._keep("grant", command.amount, command.amount, given.grant_id, command.effect_key)

    def lower(self, amount: int) -> None:
        """Take `amount` back, from what was given last first."""
        for move in reversed([m for m in self.moves if m.kind != "void" and m.grant_id is not None]):
            part = min(amount, move.taken - self._voided(move.grant_id))
            if part > 0 and move.grant_id is not None:
                key = self._key()
                command = VoidGrant(key, move.grant_id, "refund or dispute of a payment", part)
                self._ledger.execute(self._tx, command, actor=SYSTEM)
                self._keep("void", part, part, move.grant_id, key)
                amount -= part
        if amount > 0:
            self._keep("void", amount, 0, None, None)

    def raise_by(self, amount: int) -> None:
        """Undo what was taken back, the latest first; what was too much of it is taken back again."""
        undone = {move.undoes for move in self.moves}
        for move in reversed([m for m in self.moves if m.kind == "void" and m.number not in undone]):
            if amount <= 0:
                break
            self._restore(move)
            amount -= move.amount
        if amount < 0:
            self.lower(-amount)

    def _restore(self, move: PaymentMove) -> None:
        if move.effect_key is None:
            self._keep("restore", move.amount, 0, None, None, undoes=move.number)
            return
        undo = Reverse(f"key:{move.effect_key}", "a refund failed or a dispute was won")
        try:
            again = self._ledger.execute(self._tx, undo, actor=SYSTEM)
        except NothingToReverse:  # all of it had expired before it was taken back
            self._keep("restore", move.amount, 0, None, None, undoes=move.number)
            return
        found = self._tx.one("SELECT grant_id, amount FROM lots WHERE lot_id = ?", (again.lot_id or "",))
        grant_id, taken = found or (None, 0)
        self._keep("restore", move.amount, int(taken), grant_id, None, undoes=move.number)

    def _voided(self, grant_id: str | None) -> int:
        return sum(m.taken for m in self.moves if m.kind == "void" and m.grant_id == grant_id)

    def _key(self) -> str:
        return f"adj:{self._account.id}:{len(self.moves) + 1}"

    def _keep(  # noqa: PLR0917  - the columns of one row, in their order
        self,
        kind: str,
        amount: int,
        taken: int,
        grant_id: str | None,
        key: str | None,
        undoes: int | None = None,
    ) -> None:
        move = PaymentMove(len(self.moves) + 1, kind, amount, taken, grant_id, key, undoes)
        kept = self._account.kept
        self._tx.execute(
            f"INSERT INTO {kept.table} ({kept.whose}, number, kind, amount, taken, grant_id, effect_key,"  # noqa: S608  - constant names
            " undoes, created_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (self._account.id, *vars(move).values(), to_microseconds(self._tx.now)),
        )
        self.moves.append(move)


def _wallet(tx: Tx, ledger: Ledger, order: Order) -> str:
    """The owner's wallet in the order's asset; the one in dollars is opened when it is first needed."""
    found = ledger.wallet_id_of(tx, order.user_id, order.asset)
    if found is not None:
        return found
    key = f"wallet:{order.user_id}:{Asset.USD.value.lower()}"
    return ledger.execute(tx, OpenWallet(key, order.user_id, Asset.USD), actor=SYSTEM).wallet_id
