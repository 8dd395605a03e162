"""A small model of the ledger, written from the design and sharing no code with it.

Whole numbers of credits, times in whole minutes since the first midnight of the model's month.
"""

from __future__ import annotations

from dataclasses import dataclass, field

DAY = 1_440
MONTHS = ((0, 30 * DAY), (30 * DAY, 61 * DAY), (61 * DAY, 92 * DAY))
"""November, December and January, in minutes."""


@dataclass
class ModelLot:
    """An amount given, drawn by rank, until it ends."""

    rank: int
    ends: int | None
    born: int
    amount: int
    bought: bool
    ready: int
    aside: int = 0
    gone: int = 0
    lost: int = 0


@dataclass
class ModelHold:
    """Parts set aside, with the minute and the lease."""

    parts: list[tuple[ModelLot, int]]
    placed: int
    lease: int
    state: str = "open"
    charged: int = 0

    @property
    def ceiling(self) -> int:
        """All that was set aside."""
        return sum(amount for _, amount in self.parts)


@dataclass
class Model:
    """One wallet."""

    day_cap: int
    month_allocation: int
    most_open: int
    minute: int
    own_day: int | None = None
    lots: list[ModelLot] = field(default_factory=list)
    holds: list[ModelHold] = field(default_factory=list)

    def give(self, rank: int, amount: int, lasts: int | None, *, bought: bool) -> None:
        """A new lot."""
        ends = None if lasts is None else self.minute + lasts
        self.lots.append(ModelLot(rank, ends, len(self.lots), amount, bought, amount))

    def refusal(self, needed: int) -> str | None:
        """The first limit in the way."""
        bought = sum(lot.amount for lot in self.lots if lot.bought and not self._over(lot))
        if self._in_month(self.minute) + needed > self.month_allocation + bought:
            return "monthly"
        day_cap = self.day_cap if self.own_day is None else min(self.day_cap, self.own_day)
        if self._in_day(self.minute) + needed > day_cap:
            return "daily"
        if needed > self.ready():
            return "balance"
        if len(self.open()) >= self.most_open:
            return "open_holds"
        return None

    def place(self, needed: int, lease: int) -> ModelHold:
        """Set aside, cheapest rank first, soonest end first, oldest first."""
        live = [lot for lot in self.lots if not self._over(lot)]
        live.sort(key=lambda lot: (lot.rank, 10**9 if lot.ends is None else lot.ends, lot.born))
        parts: list[tuple[ModelLot, int]] = []
        for lot in live:
            taken = min(lot.ready, needed)
            if taken:
                parts.append((lot, taken))
                lot.ready, lot.aside, needed = lot.ready - taken, lot.aside + taken, needed - taken
        hold = ModelHold(parts, self.minute, self.minute + lease)
        self.holds.append(hold)
        return hold

    def end(self, hold: ModelHold, state: str, charge: int) -> None:
        """Spend the charge, give the rest back, or lose it where the lot is over."""
        hold.state, hold.charged = state, charge
        for lot, amount in hold.parts:
            spent = min(charge, amount)
            charge -= spent
            lot.aside, lot.gone = lot.aside - amount, lot.gone + spent
            if self._over(lot):
                lot.lost += amount - spent
            else:
                lot.ready += amount - spent

    def sweep_holds(self) -> int:
        """End every hold past its lease."""
        due = [hold for hold in self.open() if hold.lease <= self.minute]
        for hold in due:
            self.end(hold, "expired", 0)
        return len(due)

    def sweep_lots(self) -> int:
        """Lose what is ready in lots that are over."""
        over = [lot for lot in self.lots if self._over(lot) and lot.ready]
        for lot in over:
            lot.lost, lot.ready = lot.lost + lot.ready, 0
        return len(over)

    def open(self) -> list[ModelHold]:
        """Holds without an end."""
        return [hold for hold in self.holds if hold.state == "open"]

    def ready(self) -> int:
        """What can be set aside."""
        return sum(lot.ready for lot in self.lots if not self._over(lot))

    def _over(self, lot: ModelLot) -> bool:
        return lot.ends is not None and lot.ends <= self.minute

    def _in_day(self, minute: int) -> int:
        return sum(_counts(hold) for hold in self.holds if hold.placed // DAY == minute // DAY)

    def _in_month(self, minute: int) -> int:
        start, end = next(month for month in MONTHS if month[0] <= minute < month[1])
        return sum(_counts(hold) for hold in self.holds if start <= hold.placed < end)


def _counts(hold: ModelHold) -> int:
    return hold.ceiling if hold.state == "open" else hold.charged
