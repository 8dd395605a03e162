"""The pure core: `decide(state, command, now)` gives effects or a refusal, and touches nothing.

Clock, ids and database are passed in as values, so any decision can be replayed from what it was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.ledger import commands as ask
from studio_server.ledger import state as seen
from studio_server.ledger.decide_grants import close_period, expire_lot, issue_grant, void_grant
from studio_server.ledger.decide_holds import expire_hold, place_hold, release, settle
from studio_server.ledger.decide_undo import reverse, transfer_credits
from studio_server.ledger.decide_wallets import (
    close_envelope,
    cover_debt,
    open_envelope,
    open_wallet,
    set_limits,
    set_member,
    set_wallet_state,
)

if TYPE_CHECKING:
    from studio_server.ledger.commands import Command
    from studio_server.ledger.effects import Effects, Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import State


class StateDoesNotFit(TypeError):
    """A store loaded the rows of another command: a fault of the program."""

    def __init__(self, state: object, command: object) -> None:
        super().__init__(f"{type(state).__name__} was loaded for {type(command).__name__}")


def decide(state: State, command: Command, now: Moment) -> Effects | LedgerRefusal:
    """What `command` does to `state`, or the class that says why it does nothing."""
    match state:
        case seen.SpendState() | seen.HeldState():
            return _about_holds(state, command, now)
        case seen.GrantState() | seen.LotState() | seen.VoidState():
            return _about_lots(state, command, now)
        case seen.UndoState() | seen.TransferState():
            return _about_two(state, command, now)
        case _:
            return _about_wallets(state, command, now)


def _about_holds(
    state: seen.SpendState | seen.HeldState, command: Command, now: Moment
) -> Effects | LedgerRefusal:
    match command, state:
        case ask.PlaceHold(), seen.SpendState():
            return place_hold(state, command, now)
        case ask.Settle(), seen.HeldState():
            return settle(state, command, now)
        case ask.Release(), seen.HeldState():
            return release(state, command, now)
        case ask.ExpireHold(), seen.HeldState():
            return expire_hold(state, command, now)
        case _:
            raise StateDoesNotFit(state, command)


def _about_lots(
    state: seen.GrantState | seen.LotState | seen.VoidState, command: Command, now: Moment
) -> Effects | LedgerRefusal:
    match command, state:
        case ask.IssueGrant(), seen.GrantState():
            return issue_grant(state, command, now)
        case ask.ExpireLot(), seen.LotState():
            return expire_lot(state, command, now)
        case ask.ClosePeriod(), seen.LotState():
            return close_period(state, command, now)
        case ask.VoidGrant(), seen.VoidState():
            return void_grant(state, command, now)
        case _:
            raise StateDoesNotFit(state, command)


def _about_two(
    state: seen.UndoState | seen.TransferState, command: Command, now: Moment
) -> Effects | LedgerRefusal:
    match command, state:
        case ask.Reverse(), seen.UndoState():
            return reverse(state, command, now)
        case ask.TransferCredits(), seen.TransferState():
            return transfer_credits(state, command, now)
        case _:
            raise StateDoesNotFit(state, command)


def _about_wallets(state: State, command: Command, now: Moment) -> Effects | LedgerRefusal:  # noqa: PLR0911  - one line per command
    match command, state:
        case ask.OpenWallet(), seen.OpeningState():
            return open_wallet(state, command, now)
        case ask.SetLimits(), seen.LimitsState():
            return set_limits(state, command)
        case ask.SetMember(), seen.StandingState():
            return set_member(state, command)
        case ask.OpenEnvelope(), seen.StandingState():
            return open_envelope(state, command, now)
        case ask.CloseEnvelope(), seen.EnvelopeState():
            return close_envelope(state, command, now)
        case ask.SetWalletState(), seen.StandingState():
            return set_wallet_state(state, command)
        case ask.CoverDebt(), seen.StandingState():
            return cover_debt(state, command, now)
        case _:
            raise StateDoesNotFit(state, command)
