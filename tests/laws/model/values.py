"""What the model is made of. Amounts are integers, times whole microseconds since 1970."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MOST = 2**53 - 1
RANK = {"plan": 10, "gift": 20, "promotion": 20, "refund": 25, "adjustment": 25, "purchase": 30}
GIVABLE = frozenset({"purchase", "gift", "adjustment", "refund"})


class Refused(Exception):
    """The model says no: the refusal's name, and the numbers it must carry."""

    def __init__(self, name: str, **said: Any) -> None:
        super().__init__(name, said)
        self.name = name
        self.said = said


class Answer(dict[str, Any]):
    """What the model answers: the numbers a right outcome must carry."""


@dataclass(eq=False, repr=False)
class Lot:
    """One grant and what became of it."""

    number: int
    wallet: Wallet
    source: str
    reference: str
    rank: int
    effective: int
    ends: int | None
    issued: int
    amount: int
    roll_over: int | None
    available: int
    held: int = 0
    spent: int = 0
    expired: int = 0
    revoked: int = 0
    voided: int = 0
    owed: int = 0
    name: str = ""
    """What the books call it: the last thing that decides which of two lots is drawn first."""

    def over(self, now: int) -> bool:
        """Its end has come."""
        return self.ends is not None and self.ends <= now

    def live(self, now: int) -> bool:
        """It can be drawn."""
        return self.effective <= now and not self.over(now)

    def columns(self) -> tuple[int, ...]:
        """Amount, then where it is, then what was taken back."""
        parts = (self.available, self.held, self.spent, self.expired, self.revoked)
        return (self.amount, *parts, self.voided, self.owed)


@dataclass(eq=False, repr=False)
class Hold:
    """Parts set aside for one purpose; `charges` is what was spent of each part."""

    number: int
    wallet: Wallet
    parts: list[tuple[Lot, int]]
    ceiling: int
    price: str
    placed: int
    lease: int
    member: str | None
    envelope: Envelope | None
    spans: dict[str, int]
    state: str = "open"
    charge: int = 0
    charges: list[tuple[Lot, int]] = field(default_factory=list)
    undone: bool = False
    late: int | None = None


@dataclass(eq=False, repr=False)
class Envelope:
    """A ceiling several holds share."""

    number: int
    wallet: Wallet
    ceiling: int
    opened: int
    ends: int
    closed: bool = False


@dataclass(frozen=True)
class Caps:
    """Daily, monthly and per run; None is no cap."""

    daily: int | None = None
    monthly: int | None = None
    per_run: int | None = None


@dataclass(eq=False, repr=False)
class Wallet:
    """One owner's lots in one asset, and everything that bounds spending them."""

    number: int
    owner: str
    asset: str
    zone: str
    plan: Caps
    most_open: int
    own: Caps = Caps()
    state: str = "open"
    debt: int = 0
    lots: list[Lot] = field(default_factory=list)
    holds: list[Hold] = field(default_factory=list)
    members: dict[str, tuple[int | None, bool]] = field(default_factory=dict)

    def burnable(self, now: int) -> list[Lot]:
        """Live lots in burn order."""
        live = [lot for lot in self.lots if lot.available and lot.live(now)]
        return sorted(live, key=lambda lot: (lot.rank, lot.ends is None, lot.ends or 0, lot.issued, lot.name))

    def ready(self, now: int) -> int:
        """What can be set aside."""
        return sum(lot.available for lot in self.lots if lot.live(now))

    def open_holds(self) -> list[Hold]:
        """Holds without an end."""
        return [hold for hold in self.holds if hold.state == "open"]


@dataclass(frozen=True)
class Voided:
    """What one voiding did, for its undoing."""

    lot: Lot
    revoked: int
    owed: int
