"""Stores with one guard taken out: a simulation that finds nothing wrong with them is worth nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from studio_server.ledger import HoldState, OwnLimits, PlanCaps, Settle
from studio_server.ledger.commands import ExpireHold, PlaceHold, Release
from studio_server.ledger.memory import MemoryStore
from studio_server.ledger.state import HeldState, SpendState
from studio_server.ledger.values import Limits

if TYPE_CHECKING:
    from datetime import datetime


class ForgetsKeys(MemoryStore):
    """Does every command anew, whatever its key."""

    def _answered(self, *_: object) -> Any:
        return None


class SeesEveryHoldOpen(MemoryStore):
    """Ends a hold as often as it is asked to."""

    def load(self, command: Any, now: datetime) -> Any:
        state = super().load(command, now)
        ends = isinstance(command, Settle | Release | ExpireHold)
        if ends and isinstance(state, HeldState) and state.hold is not None:
            return replace(state, hold=replace(state.hold, state=HoldState.OPEN, settled=0, returned=0))
        return state

    def _check(self, *_: object) -> None:
        return None


class SeesNoCaps(MemoryStore):
    """Places holds as if nothing but the balance bounded them."""

    def load(self, command: Any, now: datetime) -> Any:
        state = super().load(command, now)
        if isinstance(command, PlaceHold) and isinstance(state, SpendState):
            return replace(state, limits=Limits(PlanCaps(), OwnLimits()))
        return state


class SeesEveryLotFull(MemoryStore):
    """Places holds as if every lot still had all it was given."""

    def load(self, command: Any, now: datetime) -> Any:
        state = super().load(command, now)
        if isinstance(command, PlaceHold) and isinstance(state, SpendState):
            return replace(state, lots=tuple(replace(lot, available=lot.amount) for lot in state.lots))
        return state

    def _check(self, *_: object) -> None:
        return None


class ForgetsDebt(MemoryStore):
    """Takes every wallet for one that owes nothing."""

    def load(self, command: Any, now: datetime) -> Any:
        state = super().load(command, now)
        wallet = getattr(state, "wallet", None)
        return state if wallet is None else replace(state, wallet=replace(wallet, debt=0))


class SeesNoEnd(MemoryStore):
    """Returns to a lot that has ended as if it had not."""

    def load(self, command: Any, now: datetime) -> Any:
        state = super().load(command, now)
        if isinstance(state, HeldState):
            return replace(state, lots=tuple(replace(lot, ends_at=None) for lot in state.lots))
        return state


STORES: dict[str | None, type[MemoryStore]] = {
    None: MemoryStore,
    "idempotency": ForgetsKeys,
    "open check": SeesEveryHoldOpen,
    "cap check": SeesNoCaps,
    "balance check": SeesEveryLotFull,
    "debt rule": ForgetsDebt,
    "lot's end": SeesNoEnd,
    "fence": MemoryStore,
    "answer after commit": MemoryStore,
}
