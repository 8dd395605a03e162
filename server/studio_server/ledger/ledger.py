"""The ledger's front: one method that changes anything, and the reads.

Owns: replaying an answer that was given, loading, deciding, applying. Does not own: the transaction, which
the caller opens, so that a run, its hold and its stored answer commit together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from studio_server.ledger import rows, views
from studio_server.ledger.answering import stored_answer
from studio_server.ledger.apply import apply
from studio_server.ledger.canonical import to_text
from studio_server.ledger.commands import (
    CoverDebt,
    CoverDebts,
    ExpireHold,
    ExpireHolds,
    ExpireLot,
    ExpireLots,
    PlaceHold,
    Release,
    Settle,
    effect_key,
)
from studio_server.ledger.decide import decide
from studio_server.ledger.decide_holds import hold_refusal
from studio_server.ledger.effects import Moment
from studio_server.ledger.ground import HEAD, ahead, ground
from studio_server.ledger.load import ANSWERED, loader, spending
from studio_server.ledger.outcomes import DebtsCovered, HoldsExpired, LotsExpired
from studio_server.ledger.posting import Asked, post
from studio_server.ledger.refusals import HoldNotFound, HoldRefused, LedgerRefusal, WalletNotFound
from studio_server.ledger.together import SYSTEM, Order, Together

if TYPE_CHECKING:
    from studio_server.ids import IdSource
    from studio_server.ledger.commands import (
        CloseEnvelope,
        ClosePeriod,
        Command,
        IssueGrant,
        OpenEnvelope,
        OpenWallet,
        Reverse,
        SetLimits,
        SetMember,
        SetWalletState,
        Sweep,
        TransferCredits,
        VoidGrant,
    )
    from studio_server.ledger.outcomes import (
        CreditsTransferred,
        DebtCovered,
        EnvelopeClosed,
        EnvelopeOpened,
        GrantIssued,
        GrantVoided,
        HoldEnded,
        HoldPlaced,
        LimitsSet,
        LotExpired,
        MemberSet,
        PeriodClosed,
        Reversed,
        WalletOpened,
        WalletStateSet,
    )
    from studio_server.ledger.values import Asset, Hold
    from studio_server.ledger.views import StatementLine, WalletView
    from studio_server.storage import Tx


class Ledger:
    """The books of every wallet in one database."""

    def __init__(self, ids: IdSource) -> None:
        self._ids = ids
        self.together = Together(self._once, ids)
        """Places and ends holds as one set with others: `store.write_jointly(ledger.together, Order(…))`."""

    @overload
    def execute(self, tx: Tx, command: OpenWallet, *, actor: str = SYSTEM) -> WalletOpened: ...
    @overload
    def execute(self, tx: Tx, command: IssueGrant, *, actor: str = SYSTEM) -> GrantIssued: ...
    @overload
    def execute(self, tx: Tx, command: PlaceHold, *, actor: str = SYSTEM) -> HoldPlaced: ...
    @overload
    def execute(
        self, tx: Tx, command: Settle | Release | ExpireHold, *, actor: str = SYSTEM
    ) -> HoldEnded: ...
    @overload
    def execute(self, tx: Tx, command: ExpireHolds, *, actor: str = SYSTEM) -> HoldsExpired: ...
    @overload
    def execute(self, tx: Tx, command: ExpireLot, *, actor: str = SYSTEM) -> LotExpired: ...
    @overload
    def execute(self, tx: Tx, command: ExpireLots, *, actor: str = SYSTEM) -> LotsExpired: ...
    @overload
    def execute(self, tx: Tx, command: SetLimits, *, actor: str = SYSTEM) -> LimitsSet: ...
    @overload
    def execute(self, tx: Tx, command: VoidGrant, *, actor: str = SYSTEM) -> GrantVoided: ...
    @overload
    def execute(self, tx: Tx, command: Reverse, *, actor: str = SYSTEM) -> Reversed: ...
    @overload
    def execute(self, tx: Tx, command: TransferCredits, *, actor: str = SYSTEM) -> CreditsTransferred: ...
    @overload
    def execute(self, tx: Tx, command: SetMember, *, actor: str = SYSTEM) -> MemberSet: ...
    @overload
    def execute(self, tx: Tx, command: OpenEnvelope, *, actor: str = SYSTEM) -> EnvelopeOpened: ...
    @overload
    def execute(self, tx: Tx, command: CloseEnvelope, *, actor: str = SYSTEM) -> EnvelopeClosed: ...
    @overload
    def execute(self, tx: Tx, command: SetWalletState, *, actor: str = SYSTEM) -> WalletStateSet: ...
    @overload
    def execute(self, tx: Tx, command: ClosePeriod, *, actor: str = SYSTEM) -> PeriodClosed: ...
    @overload
    def execute(self, tx: Tx, command: CoverDebt, *, actor: str = SYSTEM) -> DebtCovered: ...
    @overload
    def execute(self, tx: Tx, command: CoverDebts, *, actor: str = SYSTEM) -> DebtsCovered: ...
    def execute(self, tx: Tx, command: Command | Sweep, *, actor: str = SYSTEM) -> Any:
        """Do what the command says, once, in the caller's transaction; asked again it answers as before.

        `actor` is the random id of who asked; it goes on the audit record.

        Raises:
            LedgerRefusal: a subclass with fields says why; nothing was changed.
            GuardFailed: let it pass, so that the transaction is rolled back.
        """
        match command:
            case ExpireHolds():
                due = rows.holds_past_lease(tx, command.limit)
                return HoldsExpired(self._expire(tx, due, actor))
            case ExpireLots():
                ended = rows.lots_past_end(tx, command.limit)
                return LotsExpired(tuple(self._once(tx, ExpireLot(lot_id), actor) for lot_id in ended))
            case CoverDebts():
                able = rows.wallets_able_to_pay(tx, command.limit)
                return DebtsCovered(tuple(self._cover(tx, wallet_id, actor) for wallet_id in able))
            case _:
                return self._once(tx, command, actor)

    def prospect(self, tx: Tx, command: PlaceHold) -> tuple[WalletView, HoldRefused | None]:
        """What the owner sees, and the limit that would refuse this hold now; nothing is set aside.

        Raises:
            WalletNotFound: there is no such wallet.
        """
        state = spending(tx, command)
        refusal = hold_refusal(state, command, tx.now)
        if state.wallet is None:
            raise WalletNotFound(command.wallet_id)
        view = views.wallet_view(state.wallet, state, tx.now)
        return view, refusal if isinstance(refusal, HoldRefused) else None

    def wallet_view(self, tx: Tx, wallet_id: str) -> WalletView:
        """What the owner sees: available, held, spent, caps, limits, what ends next.

        Raises:
            WalletNotFound: there is no such wallet.
        """
        state = spending(tx, PlaceHold("view", wallet_id, "view", 1, "view", 1))
        if state.wallet is None:
            raise WalletNotFound(wallet_id)
        return views.wallet_view(state.wallet, state, tx.now)

    def latest_change(self, tx: Tx, wallet_id: str) -> int:
        """The sequence of the latest act on this wallet: it rises with every change; 0 before the first."""
        return rows.latest_change(tx, wallet_id)

    def wallet_id_of(self, tx: Tx, owner_id: str, asset: Asset) -> str | None:
        """The one wallet of this owner in this asset, or None."""
        return rows.wallet_id_of(tx, owner_id, asset)

    def statement(
        self, tx: Tx, wallet_id: str, *, before: int | None = None, limit: int = 50
    ) -> tuple[StatementLine, ...]:
        """The newest lines first; `before` is the sequence of the last line of the page before."""
        return views.statement(tx, wallet_id, before, limit)

    def hold(self, tx: Tx, hold_id: str) -> Hold:
        """One hold.

        Raises:
            HoldNotFound: there is no such hold.
        """
        found = rows.hold(tx, hold_id)
        if found is None:
            raise HoldNotFound(hold_id)
        return found

    def open_holds(self, tx: Tx) -> tuple[Hold, ...]:
        """Every open hold, the one whose lease ends first in front."""
        return rows.open_holds(tx)

    def periods_past_end(self, tx: Tx, *, limit: int = 500) -> list[str]:
        """Ended lots that may roll over: whoever knows the plan closes them with `ClosePeriod`."""
        return rows.lots_to_close(tx, limit)

    def _expire(self, tx: Tx, due: list[str], actor: str) -> tuple[HoldEnded, ...]:
        orders = [Order(ExpireHold(hold_id), actor) for hold_id in due]
        answers = self.together.together(tx, orders)
        return tuple(
            self._once(tx, order.command, actor) if found is None else found.take()
            for order, found in zip(orders, answers, strict=True)
        )

    def _cover(self, tx: Tx, wallet_id: str, actor: str) -> DebtCovered:
        key = f"cover:{wallet_id}:{rows.latest_change(tx, wallet_id)}"
        return self._once(tx, CoverDebt(key, wallet_id), actor)

    def _once(self, tx: Tx, command: Command, actor: str) -> Any:
        body, key = to_text(command), effect_key(command)
        reads = loader(command, tx.now)
        found = [result.rows for result in tx.batch([(HEAD, (key,)), *reads.statements])]
        head = found.pop(0)[0]
        answered = stored_answer([] if head[-1] is None else [head[-2:]], key, body, command)
        if answered is not None:
            return answered
        moment = Moment(tx.now, self._ids.serial())
        effects = decide(reads.build(found), command, moment)
        if isinstance(effects, LedgerRefusal):
            raise effects
        if effects.effect_key != key:
            stored = tx.execute(ANSWERED, (effects.effect_key,))
            answered = stored_answer(stored, effects.effect_key, body, command)
        if answered is not None:
            return answered
        standing = ground(tx, effects, ahead(head, reads, found))
        apply(tx, effects, post(effects, standing, Asked(body, actor, moment)))
        return effects.answer
