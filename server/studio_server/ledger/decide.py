"""The pure core: `decide(state, command, now)` gives effects or a refusal, and touches nothing.

Clock, ids and database are passed in as values, so any decision can be replayed from what it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.ledger.commands import (
    ExpireHold,
    ExpireLot,
    IssueGrant,
    OpenWallet,
    PlaceHold,
    Release,
    SetLimits,
    Settle,
)
from studio_server.ledger.decide_holds import expire_hold, place_hold, release, settle
from studio_server.ledger.decide_wallets import expire_lot, issue_grant, open_wallet, set_limits
from studio_server.ledger.state import GrantState, HeldState, LimitsState, LotState, OpeningState, SpendState

if TYPE_CHECKING:
    from studio_server.ledger.commands import Command
    from studio_server.ledger.effects import Effects, Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import State


class StateDoesNotFit(TypeError):
    """A store loaded the rows of another command: a fault of the program."""

    def __init__(self, state: object, command: object) -> None:
        super().__init__(f"{type(state).__name__} was loaded for {type(command).__name__}")


def decide(  # noqa: PLR0911  - one line per command
    state: State, command: Command, now: Moment
) -> Effects | LedgerRefusal:
    """What `command` does to `state`, or the class that says why it does nothing."""
    match command, state:
        case PlaceHold(), SpendState():
            return place_hold(state, command, now)
        case Settle(), HeldState():
            return settle(state, command, now)
        case Release(), HeldState():
            return release(state, command, now)
        case ExpireHold(), HeldState():
            return expire_hold(state, command, now)
        case OpenWallet(), OpeningState():
            return open_wallet(state, command, now)
        case IssueGrant(), GrantState():
            return issue_grant(state, command, now)
        case ExpireLot(), LotState():
            return expire_lot(state, command, now)
        case SetLimits(), LimitsState():
            return set_limits(state, command)
        case _:
            raise StateDoesNotFit(state, command)
