"""docs/proof.md: which law was tried how often, from which seed, the result, and what it leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.laws.prove.laws import LAWS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.laws.prove.laws import Law
    from tests.laws.prove.records import Record

HEAD = """# Proof

Written by `make prove`; do not edit. Every law of the ledger has a harness that tries to break it. A row says
how often it tried, from which seed, and what it found. The first table keeps the longest run without a
finding; the second is the latest run of this checkout, whatever it found, else the longest one on record.
"""
COLUMNS = "| law | harness | count | seed | findings | time | commit | date |"
RULE = "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |"
TAIL = """## To run it again

- `make prove`: short counts, a few minutes on two cores; `make test` runs the same and writes nothing here.
- `make prove N=long`: the counts of a long run. `make prove SIMULATION=20000000 SEED=7`: this harness alone.
- `make prove ONLY=kills,races_sqlite`: some rows; separate runs are merged into these tables.
- The same count and seed try the same cases: simulation, machine, grids and faults repeat exactly. Races,
  kills and replicas repeat their choices, but the operating system decides who comes first.
- `docs/proof.json` holds the first table for programs.

## What this does not show

- **Power loss.** A killed process loses nothing that the operating system has taken; a machine without power
  may. What was acknowledged had been flushed (`synchronous=FULL`, `fsync`); that the disk keeps its word is
  not tried here. The faults tell the server that a flush failed; they do not lose what was flushed.
- Harness and ledger can share a mistake in what they take to be right. The model was written from the
  semantics alone, without reading the ledger's code, to make that less likely.
- A count says how much was tried, not that nothing is left. Bugs in SQLite, PostgreSQL, Python or the kernel
  are found only where a law shows them.
"""


def text(longest: Mapping[str, Record], latest: Mapping[str, Record]) -> str:
    """The whole page."""
    parts = [HEAD, *_machine(longest), "## Longest runs without a finding", "", *_table(longest)]
    parts += [*_details(longest), "## Latest run", "", *_table(latest), *_how(), TAIL]
    return "\n".join(parts)


def _machine(longest: Mapping[str, Record]) -> list[str]:
    machines: dict[str, list[str]] = {}
    for name, record in longest.items():
        told = ", ".join(f"{what} {value}" for what, value in record.machine.items())
        machines.setdefault(told, []).append(name)
    return [*(f"- {told}: {', '.join(names)}" for told, names in machines.items()), ""]


def _table(records: Mapping[str, Record]) -> list[str]:
    return [COLUMNS, RULE, *(_row(law, records.get(law.name)) for law in LAWS), ""]


def _details(records: Mapping[str, Record]) -> list[str]:
    """What the counts are made of, as the harnesses told it."""
    told = [f"- {name}: {record.detail}" for name, record in records.items() if record.detail]
    return ["What was in them:", "", *told, ""] if told else []


def _row(law: Law, record: Record | None) -> str:
    if record is None:
        return f"| {law.promise} | {law.name} | none yet | | | | | |"
    return (
        f"| {law.promise} | {law.name} | {record.count:,} {law.unit} | {record.seed}"
        f" | {record.findings} | {_duration(record.seconds)} | {record.commit} | {record.at} |"
    )


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def _how() -> list[str]:
    told = {law.family: law for law in LAWS}
    rows = [f"| {name} | {law.fault} | {law.oracle} |" for name, law in told.items()]
    head = ["| harness | what goes wrong | how it would be seen |", "| --- | --- | --- |"]
    return ["## Faults and oracles", "", *head, *rows, ""]
