"""Decisions about wallets, members, envelopes and limits. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from studio_server.clock import in_utc
from studio_server.ledger.amounts import amount_refusal, first_refusal, text_refusal
from studio_server.ledger.commands import effect_key
from studio_server.ledger.debt import covered, debt_left
from studio_server.ledger.effects import Effects
from studio_server.ledger.limits import monthly_allowance
from studio_server.ledger.outcomes import (
    DebtCovered,
    EnvelopeClosed,
    EnvelopeOpened,
    LimitsSet,
    MemberSet,
    WalletOpened,
    WalletStateSet,
)
from studio_server.ledger.refusals import (
    EnvelopeEnded,
    EnvelopeNotFound,
    LimitAbovePlan,
    NoDebt,
    UnknownZone,
    WalletAlreadyOpen,
    WalletNotEmpty,
    WalletNotFound,
    WalletNotOpen,
)
from studio_server.ledger.values import Asset, Envelope, Limits, Member, OwnLimits, Wallet, WalletState
from studio_server.ledger.windows import known_zone

if TYPE_CHECKING:
    from studio_server.ledger.commands import (
        CloseEnvelope,
        CoverDebt,
        OpenEnvelope,
        OpenWallet,
        SetLimits,
        SetMember,
        SetWalletState,
    )
    from studio_server.ledger.effects import Moment
    from studio_server.ledger.refusals import LedgerRefusal
    from studio_server.ledger.state import EnvelopeState, LimitsState, OpeningState, StandingState
    from studio_server.ledger.values import PlanCaps


def open_wallet(state: OpeningState, command: OpenWallet, now: Moment) -> Effects | LedgerRefusal:
    """Open the wallet, unless the owner has one in this asset."""
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key, owner_id=command.owner_id), _caps_refusal(command.plan)
    )
    if refusal is not None:
        return refusal
    if state.existing_wallet_id is not None:
        return WalletAlreadyOpen(state.existing_wallet_id)
    if not known_zone(command.zone):
        return UnknownZone(command.zone)
    wallet = Wallet(
        f"wal_{now.serial}", command.owner_id, Asset(command.asset), WalletState.OPEN, zone=command.zone
    )
    return Effects(
        effect_key=effect_key(command),
        kind="open_wallet",
        wallet_id=wallet.wallet_id,
        answer=WalletOpened(wallet.wallet_id, now.now),
        wallet=wallet,
        limits=Limits(command.plan, OwnLimits()),
    )


def set_limits(state: LimitsState, command: SetLimits) -> Effects | LedgerRefusal:
    """Replace limits; an own limit is never higher than the plan's."""
    if state.wallet is None:
        return WalletNotFound(command.wallet_id)
    plan = state.limits.plan if command.plan is None else command.plan
    own = state.limits.own if command.own is None else command.own
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key),
        _caps_refusal(plan),
        None if command.own is None else _own_refusal(own, plan, state.limits.bought),
    )
    if refusal is not None:
        return refusal
    return Effects(
        effect_key=effect_key(command),
        kind="set_limits",
        wallet_id=command.wallet_id,
        answer=LimitsSet(command.wallet_id, plan, own),
        limits=Limits(plan, own, state.limits.bought),
    )


def set_member(state: StandingState, command: SetMember) -> Effects | LedgerRefusal:
    """Let a member spend from the wallet, under a monthly cap, or no longer."""
    if state.wallet is None:
        return WalletNotFound(command.wallet_id)
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key, member_id=command.member_id),
        None if command.cap is None else amount_refusal("cap", command.cap, least=0),
    )
    if refusal is not None:
        return refusal
    return Effects(
        effect_key=effect_key(command),
        kind="set_member",
        wallet_id=command.wallet_id,
        answer=MemberSet(command.wallet_id, command.member_id, command.cap, command.active),
        member=Member(command.member_id, command.cap, command.active),
    )


def open_envelope(state: StandingState, command: OpenEnvelope, now: Moment) -> Effects | LedgerRefusal:
    """Open a ceiling that several holds share; nothing is set aside by it."""
    wallet = state.wallet
    if wallet is None:
        return WalletNotFound(command.wallet_id)
    if wallet.state is not WalletState.OPEN:
        return WalletNotOpen(wallet.wallet_id, wallet.state)
    refusal = first_refusal(
        text_refusal(effect_key=command.effect_key, purpose=command.purpose),
        amount_refusal("ceiling", command.ceiling),
    )
    if refusal is not None:
        return refusal
    ends_at = in_utc(command.ends_at)
    if ends_at <= now.now:
        return EnvelopeEnded("", ends_at)
    envelope = Envelope(
        f"env_{now.serial}", command.wallet_id, command.purpose, command.ceiling, now.now, ends_at
    )
    return Effects(
        effect_key=effect_key(command),
        kind="open_envelope",
        wallet_id=command.wallet_id,
        answer=EnvelopeOpened(envelope.envelope_id, envelope.ceiling, now.now, ends_at),
        envelope=envelope,
    )


def close_envelope(state: EnvelopeState, command: CloseEnvelope, now: Moment) -> Effects | LedgerRefusal:
    """Accept no further hold in the envelope."""
    envelope, window = state.envelope, state.window
    if envelope is None or window is None:
        return EnvelopeNotFound(command.envelope_id)
    refusal = text_refusal(effect_key=command.effect_key)
    if refusal is not None:
        return refusal
    if envelope.closed_at is not None:
        return EnvelopeEnded(envelope.envelope_id, envelope.closed_at)
    return Effects(
        effect_key=effect_key(command),
        kind="close_envelope",
        wallet_id=envelope.wallet_id,
        answer=EnvelopeClosed(envelope.envelope_id, window.used, window.held, now.now),
        envelope_closed=envelope.envelope_id,
    )


def set_wallet_state(state: StandingState, command: SetWalletState) -> Effects | LedgerRefusal:
    """Freeze, reopen or close the wallet; a closed one stays closed."""
    wallet = state.wallet
    if wallet is None:
        return WalletNotFound(command.wallet_id)
    refusal = text_refusal(effect_key=command.effect_key, reason=command.reason)
    if refusal is not None:
        return refusal
    if wallet.state is WalletState.CLOSED:
        return WalletNotOpen(wallet.wallet_id, wallet.state)
    if command.state == WalletState.CLOSED and (state.open_holds > 0 or wallet.debt < 0):
        return WalletNotEmpty(wallet.wallet_id, state.open_holds, -wallet.debt)
    return Effects(
        effect_key=effect_key(command),
        kind="set_wallet_state",
        wallet_id=command.wallet_id,
        answer=WalletStateSet(command.wallet_id, command.state),
        wallet_state=command.state,
    )


def cover_debt(state: StandingState, command: CoverDebt, now: Moment) -> Effects | LedgerRefusal:
    """Use what is available against the debt, as every command on the wallet would."""
    wallet = state.wallet
    if wallet is None:
        return WalletNotFound(command.wallet_id)
    answer = DebtCovered(wallet.wallet_id, 0, wallet.debt)
    nothing = Effects(effect_key(command), "cover_debt", wallet.wallet_id, answer)
    effects = covered(nothing, wallet, state.owing, now.now)
    if not effects.moves:
        available = sum(lot.available for lot in state.owing if lot.is_live(now.now))
        return NoDebt(wallet.wallet_id, -wallet.debt, available)
    debt = debt_left(effects, wallet)
    return replace(effects, answer=replace(answer, amount=debt - wallet.debt, debt_after=debt))


def _caps_refusal(plan: PlanCaps) -> LedgerRefusal | None:
    caps = {"daily": plan.daily, "monthly": plan.monthly_allocation, "per_run": plan.per_run}
    return first_refusal(
        amount_refusal("open_holds", plan.open_holds, least=0, most=1_000_000),
        *(amount_refusal(name, cap, least=0) for name, cap in caps.items() if cap is not None),
    )


def _own_refusal(own: OwnLimits, plan: PlanCaps, bought: int) -> LedgerRefusal | None:
    asked_and_allowed = (
        ("monthly", own.monthly, monthly_allowance(plan, bought)),
        ("daily", own.daily, plan.daily),
        ("per_run", own.per_run, plan.per_run),
    )
    return first_refusal(*(_limit_refusal(*limit) for limit in asked_and_allowed))


def _limit_refusal(limit: str, asked: int | None, allowed: int | None) -> LedgerRefusal | None:
    if asked is None:
        return None
    if allowed is not None and type(asked) is int and asked > allowed:
        return LimitAbovePlan(limit, asked, allowed)
    return amount_refusal(limit, asked, least=0)
