"""What clients ask: every command, mostly of a kind that can succeed in the books as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from studio_server.ledger import (
    Asset,
    CloseEnvelope,
    ClosePeriod,
    CoverDebt,
    ExpireHold,
    ExpireLot,
    GrantSource,
    IssueGrant,
    OpenEnvelope,
    OpenWallet,
    OwnLimits,
    PlaceHold,
    PlanCaps,
    Release,
    Reverse,
    SetLimits,
    SetMember,
    Settle,
    SetWalletState,
    TransferCredits,
    VoidGrant,
    WalletState,
)

if TYPE_CHECKING:
    import random

    from studio_server.ledger.memory import MemoryStore

MOST_WALLETS = 5
MEMBERS = ("usr_bo", "usr_cy")
ZONES = ("UTC", "UTC", "Europe/Berlin", "America/Santiago", "Asia/Kathmandu")
KINDS = (
    *("place",) * 34,
    *("settle",) * 24,
    *("grant",) * 14,
    *("end",) * 7,
    *("void",) * 3,
    *("undo",) * 3,
    *("give",) * 3,
    *("lot",) * 5,
    *("rule",) * 5,
    *("pay",) * 1,
)


@dataclass
class Asker:
    """Draws commands from one seed, looking only at ids that exist."""

    draw: random.Random
    store: MemoryStore
    serial: int = 0
    voids: list[str] = field(default_factory=list)

    def command(self, now: datetime) -> Any:
        """The next command of some client."""
        self.serial += 1
        wallets = self.store.rows.wallets
        if len(wallets) < 2 or (len(wallets) < MOST_WALLETS and self.draw.random() < 0.02):
            return self._open()
        kind = KINDS[int(self.draw.random() * len(KINDS))]
        return getattr(self, f"_{kind}")(now)

    def _key(self) -> str:
        return f"k{self.serial}"

    def _below(self, count: int) -> int:
        return int(self.draw.random() * count)

    def _wallet(self) -> str:
        wallets = list(self.store.rows.wallets)
        return wallets[self._below(len(wallets))]

    def _newest(self, table: dict[str, Any], count: int) -> str:
        """One of the ids added last."""
        names = reversed(table)
        found = [name for name, _ in zip(names, range(count), strict=False)]
        return found[self._below(len(found))] if found else "nobody"

    def _open(self) -> Any:
        plan = PlanCaps(*(None if self._below(2) else 40 + self._below(200) for _ in range(3)), 20)
        asset = Asset.USD if self._below(6) == 0 else Asset.CREDIT
        return OpenWallet(self._key(), f"usr_{self.serial}", asset, plan, ZONES[self._below(len(ZONES))])

    def _grant(self, now: datetime) -> Any:
        sources = tuple(GrantSource)
        lasts = timedelta(minutes=1 + self._below(3_000))
        return IssueGrant(
            self._key(),
            self._wallet(),
            sources[self._below(len(sources))],
            1 + self._below(150),
            self._key(),
            now + lasts if self._below(3) else None,
            now + timedelta(minutes=self._below(90)) if self._below(12) == 0 else None,
            roll_over=1 + self._below(40) if self._below(6) == 0 else None,
        )

    def _place(self, _: datetime) -> Any:
        wallet_id, envelopes = self._wallet(), self.store.rows.envelopes
        inside = envelopes and self._below(8) == 0
        return PlaceHold(
            self._key(),
            wallet_id,
            "run",
            1 + self._below(40),
            "p1",
            60 + self._below(7_200),
            MEMBERS[self._below(2)] if self._below(10) == 0 else None,
            self._newest(envelopes, 3) if inside else None,
        )

    def _hold(self) -> str:
        held = [holds for holds in self.store.rows.open_holds.values() if holds]
        if held and self._below(5):
            some = sorted(held[self._below(len(held))])
            return some[self._below(len(some))]
        return self._newest(self.store.rows.holds, 8)

    def _settle(self, _: datetime) -> Any:
        hold = self.store.rows.holds.get(hold_id := self._hold())
        return Settle(hold_id, 0 if hold is None else self._below(hold.ceiling + 1), "p1")

    def _end(self, _: datetime) -> Any:
        hold_id = self._hold()
        return Release(hold_id, "cancelled") if self._below(2) else ExpireHold(hold_id)

    def _void(self, _: datetime) -> Any:
        self.voids.append(f"key:{self._key()}")
        grant = self._newest(self.store.rows.grants, 8)
        return VoidGrant(self._key(), grant, "refund", 1 + self._below(60) if self._below(2) else None)

    def _undo(self, _: datetime) -> Any:
        if self.voids and self._below(2):
            return Reverse(self.voids[-1 - self._below(min(4, len(self.voids)))], "mistake")
        return Reverse(f"hold:{self._newest(self.store.rows.holds, 10)}:terminal", "platform_error")

    def _give(self, _: datetime) -> Any:
        return TransferCredits(self._key(), self._wallet(), self._wallet(), 1 + self._below(30), self._key())

    def _lot(self, now: datetime) -> Any:
        lot_id = self._newest(self.store.rows.lots, 16)
        lot = self.store.rows.lots.get(lot_id)
        if lot is not None and lot.roll_over is not None:
            return ClosePeriod(lot_id, now + timedelta(hours=1 + self._below(90)) if self._below(4) else None)
        return ExpireLot(lot_id)

    def _pay(self, _: datetime) -> Any:
        return CoverDebt(self._key(), self._wallet())

    def _rule(self, now: datetime) -> Any:
        key, wallet_id = self._key(), self._wallet()
        match self._below(6):
            case 0:
                return SetMember(key, wallet_id, MEMBERS[self._below(2)], 30 + self._below(90))
            case 1:
                return OpenEnvelope(key, wallet_id, "plan", 20 + self._below(90), now + timedelta(hours=30))
            case 2:
                return CloseEnvelope(key, self._newest(self.store.rows.envelopes, 4))
            case 3:
                states = (*(WalletState.OPEN,) * 8, WalletState.FROZEN)
                return SetWalletState(key, wallet_id, states[self._below(9)], "asked")
            case 4:
                return SetLimits(key, wallet_id, OwnLimits(daily=60 + self._below(200)))
            case _:
                plan = PlanCaps(80 + self._below(300), 200 + self._below(900), 30 + self._below(60), 20)
                return SetLimits(key, wallet_id, plan=plan)
