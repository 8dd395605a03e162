"""Invariant 14, what can be said anew: limits, members, envelopes, states, voided amounts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from studio_server.clock import to_microseconds
from studio_server.ledger.commands import (
    CloseEnvelope,
    OpenEnvelope,
    OpenWallet,
    SetLimits,
    SetMember,
    SetWalletState,
    VoidGrant,
)
from studio_server.ledger.outcomes import (
    EnvelopeClosed,
    EnvelopeOpened,
    GrantVoided,
    LimitsSet,
    MemberSet,
    WalletOpened,
    WalletStateSet,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_server.ledger.values import OwnLimits, PlanCaps
    from studio_server.storage import Tx

Line = tuple[Any, ...]
STORED = {
    "wallets": "SELECT wallet_id, owner_id, asset, zone, state FROM wallets",
    "limits": (
        "SELECT wallet_id, plan_daily, plan_monthly_allocation, plan_per_run, plan_open_holds, own_daily,"
        " own_monthly, own_per_run FROM wallet_limits"
    ),
    "members": "SELECT wallet_id || ' ' || member_id, cap, active FROM members",
    "envelopes": (
        "SELECT envelope_id, wallet_id, purpose, ceiling, opened_us, ends_us, closed_us FROM envelopes"
    ),
    "voided": "SELECT grant_id, voided FROM lots WHERE voided <> 0",
}


@dataclass
class Said:
    """What the journal's answers leave standing, by table and row."""

    tables: dict[str, dict[str, Line]] = field(default_factory=lambda: {name: {} for name in STORED})
    voided: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def hear(self, wallet_id: str, asked: object, answered: object, at_us: int) -> bool:
        """Take note of one answer; False if it is none of these."""
        match asked, answered:
            case OpenWallet(), WalletOpened():
                self.tables["wallets"][wallet_id] = (asked.owner_id, str(asked.asset), asked.zone, "open")
                self.tables["limits"][wallet_id] = (*_plan(asked.plan), None, None, None)
            case SetLimits(), LimitsSet():
                self.tables["limits"][wallet_id] = (*_plan(answered.plan), *_own(answered.own))
            case SetWalletState(), WalletStateSet():
                row = self.tables["wallets"].get(wallet_id, ())
                self.tables["wallets"][wallet_id] = (*row[:3], str(answered.state))
            case SetMember(), MemberSet():
                row = (answered.cap, int(answered.active))
                self.tables["members"][f"{wallet_id} {answered.member_id}"] = row
            case _:
                return self._hear_of_grants(wallet_id, asked, answered, at_us)
        return True

    def _hear_of_grants(self, wallet_id: str, asked: object, answered: object, at_us: int) -> bool:
        envelopes = self.tables["envelopes"]
        match asked, answered:
            case OpenEnvelope(), EnvelopeOpened():
                ends_us = to_microseconds(answered.ends_at)
                row = (wallet_id, asked.purpose, answered.ceiling, at_us, ends_us, None)
                envelopes[answered.envelope_id] = row
            case CloseEnvelope(), EnvelopeClosed():
                envelopes[answered.envelope_id] = (*envelopes.get(answered.envelope_id, ())[:5], at_us)
            case VoidGrant(), GrantVoided():
                self.voided[answered.grant_id] += answered.amount
                self.tables["voided"][answered.grant_id] = (self.voided[answered.grant_id],)
            case _:
                return False
        return True

    def differences(self, tx: Tx) -> Iterator[tuple[str, str]]:
        """What the tables say otherwise: subject and how."""
        for name, query in STORED.items():
            left = dict(self.tables[name])
            for row in tx.stream(query):
                said = left.pop(row[0], ())
                if tuple(row[1:]) != said:
                    yield f"{name} of {row[0]}", f"says {row[1:]} where {said} was answered"
            for subject in left:
                yield f"{name} of {subject}", "are gone"


def _plan(plan: PlanCaps) -> Line:
    return (plan.daily, plan.monthly_allocation, plan.per_run, plan.open_holds)


def _own(own: OwnLimits) -> Line:
    return (own.daily, own.monthly, own.per_run)
