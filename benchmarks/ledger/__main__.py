"""`python -m benchmarks.ledger [PART …] --rounds 5 --seconds 3 --entries 10000,1000000`: measure, check."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from benchmarks import machine
from benchmarks.ledger import engines, growth, in_process, over_http, page
from benchmarks.results import Plan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.ledger.engines import Places
    from benchmarks.results import Result

PARTS = ("in_process", "over_http", "growth")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the parts that are named, or all; wrong books raise and end the run without a page."""
    chosen = _parser().parse_args(arguments)
    plan, started = Plan(chosen.rounds, chosen.seconds), datetime.now(UTC)
    sizes = sorted(int(size) for size in chosen.entries.split(","))
    with engines.places() as at:
        facts = machine.facts() | {"postgresql": page.postgresql_version(at.server)}
        results = [_part(name, plan, at, sizes) for name in chosen.parts or PARTS]
    page.keep(results, plan, facts, started)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description="Speed of the ledger.")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds (default: 5)")
    parser.add_argument(
        "--seconds", type=float, default=3, help="of each candidate in each round (default: 3)"
    )
    parser.add_argument("--entries", default="10000,1000000", help="sizes of books for growth, by commas")
    return parser


def _part(name: str, plan: Plan, at: Places, sizes: list[int]) -> Result:
    print(f"── {name}", flush=True)
    if name == "growth":
        result = growth.run(plan, at, sizes)
    else:
        result = (in_process if name == "in_process" else over_http).run(plan, at)
    for one in result.yardsticks:
        print(f"   {one.name:<14} {one.value:9.3f} {one.unit:<3}{one.what}   {page.verdict(one)}", flush=True)
    return result


if __name__ == "__main__":
    sys.exit(main())
