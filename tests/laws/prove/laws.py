"""Every row of docs/proof.md: the law, the harness that tries to break it, and how it would be seen."""

from __future__ import annotations

from dataclasses import dataclass

SHORT_SECONDS = 600
LONG_SECONDS = 3_600


@dataclass(frozen=True)
class Law:
    """One row. `harness` is a module with `run(count, seed)` or, per engine, `run(count, seed, engine)`."""

    name: str
    promise: str
    harness: str
    unit: str
    short: int
    long: int
    fault: str
    oracle: str
    engine: str = ""

    @property
    def family(self) -> str:
        """The name without its engine: `MACHINE=…` sets the count of every engine."""
        return self.name.removesuffix(f"_{self.engine}")


def _both(short: tuple[int, int], long: tuple[int, int], name: str, *texts: str) -> tuple[Law, Law]:
    promise, unit, fault, oracle = texts
    sqlite, postgresql = (
        Law(
            f"{name}_{engine}",
            promise,
            f"tests.laws.{name}",
            unit,
            short[number],
            long[number],
            fault,
            oracle,
            engine,
        )
        for number, engine in enumerate(("sqlite", "postgresql"))
    )
    return sqlite, postgresql


LAWS = (
    Law(
        "simulation",
        "Whatever is lost, doubled, delayed or restarted, no credit appears, disappears or is spent twice.",
        "tests.laws.simulation",
        "ledger commands",
        200_000,
        20_000_000,
        "crashes before and after commits, lost and doubled requests, clock steps, restarts from the journal",
        "after each command the sums of the touched wallets; every few thousand all sums and the replayed"
        " journal; everything acknowledged is in the books, once",
    ),
    *_both(
        (6_000, 3_000),
        (1_000_000, 1_000_000),
        "machine",
        "Every command does what the written semantics say, in any order.",
        "commands",
        "any command after any other, repeats under the same key, other bodies, clock moves, restarts",
        "an independent model in plain integers with its own calendar; the shared checker",
    ),
    *_both(
        (60, 30),
        (10_000, 10_000),
        "races",
        "Exactly as many win as can be paid for.",
        "races of 64 clients",
        "64 clients at once on one balance, cap, envelope, key or hold; on PostgreSQL from two replicas",
        "the number of winners by formula; the shared checker",
    ),
    Law(
        "grids",
        "Days and months tile time in every zone, and renewals never drift.",
        "tests.laws.grids",
        "instants",
        20_000,
        2_000_000,
        "all zones, anchors on the 1st and from the 28th to the 31st, leap years, skipped and doubled hours",
        "a slow calendar that counts days",
    ),
    *_both(
        (40, 8),
        (2_000, 300),
        "kills",
        "What was acknowledged survives kill -9, once; what was not leaves no trace that is wrong.",
        "kills",
        "SIGKILL at random and at named points (before and after the commit, in a sweep, a migration, a"
        " backup); on PostgreSQL of the client or of the database server, flushing on",
        "the client's list of acknowledged effects against the books after the restart; the shared checker",
    ),
    Law(
        "faults",
        "A disk that fails never makes the server tell an untruth.",
        "tests.laws.faults",
        "failed calls",
        150,
        2_000,
        "the n-th write, flush, truncation or opening of each money route fails: I/O error, disk full, short"
        " write",
        "after reopening: everything acknowledged is recorded, once; the shared checker",
    ),
    Law(
        "replicas",
        "Two servers on one PostgreSQL are one ledger, also when one dies or sleeps past its leases.",
        "tests.laws.replicas",
        "rounds",
        6,
        300,
        "one of two servers is killed, or stopped past the lease of its holds and continued, under load",
        "every hold ends once, by whoever came first; acknowledged effects are recorded; the shared checker",
    ),
)
