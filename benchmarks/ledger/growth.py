"""What a balance and a pair cost when the books have ten thousand entries, a million, ten million."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import uvloop

from benchmarks.ledger import checked, engines
from benchmarks.ledger.bulk import filled
from benchmarks.ledger.worker import Loading
from benchmarks.results import Figure, Result, Yardstick, of_rounds, paired_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.ledger.engines import Places
    from benchmarks.results import Plan

CLIENTS = 64
BALANCES_TOGETHER = 200
CHECKED_UP_TO = 10_000
NOTE = (
    "1,000 wallets with three lots, whatever the number of entries, one of them with 1 % of all. The past was"
    " written in bulk from what the ledger's own core decided and posted. Pairs: 64 clients. CPU is this"
    " process alone: all of the work for SQLite, the client's half for PostgreSQL."
)


@dataclass
class Grown:
    """One database of one size, and what it gave in every round."""

    engine: str
    entries: int
    url: str
    loading: Loading
    balance_us: list[float] = field(default_factory=list[float])
    balance_cpu_us: list[float] = field(default_factory=list[float])
    pair_us: list[float] = field(default_factory=list[float])
    pair_cpu_us: list[float] = field(default_factory=list[float])

    @property
    def checked(self) -> bool:
        """Small enough for the checker, some of whose rules compare every hold with every transfer."""
        return self.entries <= CHECKED_UP_TO

    def round(self, seconds: float) -> None:
        """One stretch of balances and one of pairs."""
        walls, cpu, done = list[float](), time.process_time(), 0
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            began = time.perf_counter()
            for number in range(BALANCES_TOGETHER):
                self._balance(number)
            walls.append((time.perf_counter() - began) * 1_000_000 / BALANCES_TOGETHER)
            done += BALANCES_TOGETHER
        self.balance_us.append(median(walls))
        self.balance_cpu_us.append((time.process_time() - cpu) * 1_000_000 / done)
        stretch = uvloop.run(self.loading.stretch(CLIENTS, seconds))
        self.pair_us.append(stretch.seconds * 1_000_000 / stretch.pairs)
        self.pair_cpu_us.append(stretch.cpu_us)

    def warm(self, seconds: float) -> None:
        """A round that does not count."""
        self.round(seconds)
        for values in (self.balance_us, self.balance_cpu_us, self.pair_us, self.pair_cpu_us):
            values.clear()

    def _balance(self, number: int) -> None:
        wallet_id = self.loading.wallets[number * 7 % len(self.loading.wallets)]
        self.loading.store.read(lambda tx: self.loading.ledger.wallet_view(tx, wallet_id))


def run(plan: Plan, at: Places, sizes: Sequence[int]) -> Result:
    """Fill a database of each size on each engine, then alternate between them; check the books."""
    with ExitStack() as stack:
        grown = [one for size in sizes for one in _grown(stack, at, size)]
        for one in grown:
            one.warm(min(plan.seconds, 1.0))
        for _ in range(plan.rounds):
            for one in grown:
                one.round(plan.seconds)
    acts = sum(checked.effects(one.url) for one in grown if one.checked)
    rest = ", ".join(f"{one.entries:,} ({one.engine})" for one in grown if not one.checked)
    notes = (NOTE, *([f"Too long to be checked at the end: books of {rest} entries."] if rest else []))
    figures = tuple(figure for one in grown for figure in _figures(one))
    return Result("ledger, growth", figures, _yardsticks(grown), notes, violations=0, effects=acts)


def _grown(stack: ExitStack, at: Places, size: int) -> list[Grown]:
    """The same books in every engine."""
    urls = {engine: at.fresh(engine, f"grown-{size}") for engine in engines.ENGINES}
    began = time.monotonic()
    wallets = filled([*urls.values()], size)
    print(f"   {size:,} entries written in {time.monotonic() - began:.0f} s", flush=True)
    grown: list[Grown] = []
    for engine, url in urls.items():
        store = engines.opened(url)
        stack.callback(store.close)
        grown.append(Grown(engine, size, url, Loading(store, engines.ledger(), wallets)))
    return grown


def _figures(one: Grown) -> list[Figure]:
    name = f"{one.engine}, {one.entries:,} entries"
    return [
        of_rounds(name, "balance", "us", one.balance_us),
        of_rounds(name, "balance, CPU", "us", one.balance_cpu_us),
        of_rounds(name, "pair", "us", one.pair_us),
        of_rounds(name, "pair, CPU", "us", one.pair_cpu_us),
    ]


def _yardsticks(grown: list[Grown]) -> tuple[Yardstick, ...]:
    yardsticks: list[Yardstick] = []
    for engine in engines.ENGINES:
        sizes = [one for one in grown if one.engine == engine]
        small, large = sizes[0], sizes[-1]
        over = f"at {large.entries:,} entries over {small.entries:,}"
        for what, here, there, goal, floor in (
            ("pair, CPU", large.pair_cpu_us, small.pair_cpu_us, 1.25, 1.5),
            ("pair, wall", large.pair_us, small.pair_us, 1.3, 1.5),
            ("balance, CPU", large.balance_cpu_us, small.balance_cpu_us, 1.1, 1.3),
            ("balance, wall", large.balance_us, small.balance_us, 1.3, 1.5),
        ):
            ratio = paired_ratio(here, there)
            yardsticks.append(Yardstick("P7", f"{engine}, {what} {over}", ratio, "x", "lower", goal, floor))
    return tuple(yardsticks)
