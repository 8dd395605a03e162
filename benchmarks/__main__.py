"""`python -m benchmarks [NAME …] --rounds N --seconds S`: measure, check the books, write JSON and table."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import estimate_from_kernel, fair_queue, http_routes, load_ext, machine, run_overhead, table
from benchmarks.processes import ROOT
from benchmarks.results import Plan, Result
from benchmarks.runs import overhead, under_attack

BENCHMARKS = {
    "load_ext": load_ext.run,
    "run_overhead": run_overhead.run,
    "fair_queue": fair_queue.run,
    "worker": overhead.run,
    "under_attack": under_attack.run,
    "http": http_routes.run,
    "estimate_from_kernel": estimate_from_kernel.run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is named, or all; a benchmark whose books are wrong raises and ends the run."""
    chosen = _parser().parse_args(arguments)
    names = chosen.names or list(BENCHMARKS)
    plan = Plan(chosen.rounds, chosen.seconds, chosen.generator)
    facts, started = machine.facts(), datetime.now(UTC)
    results: list[Result] = []
    for name in names:
        print(f"── {name}", flush=True)
        results.append(BENCHMARKS[name](plan))
        _tell(results[-1])
    _write_json(results, plan, facts, started, chosen.results)
    if len(names) == len(BENCHMARKS):
        chosen.table.write_text(table.text(results, plan, facts, started), encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Side-by-side speed.")
    parser.add_argument(
        "names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME", help=", ".join(BENCHMARKS)
    )
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds (default: 5)")
    parser.add_argument(
        "--seconds", type=float, default=2, help="of each candidate in each round (default: 2)"
    )
    parser.add_argument(
        "--generator",
        choices=["auto", "wrk", "sockets"],
        default="auto",
        help="of HTTP load (default: wrk if here)",
    )
    parser.add_argument(
        "--results", type=Path, default=ROOT / "benchmarks" / "results", help="folder for the JSON"
    )
    parser.add_argument(
        "--table", type=Path, default=ROOT / "docs" / "benchmarks.md", help="page that a run of all rewrites"
    )
    return parser


def _tell(result: Result) -> None:
    for one in result.yardsticks:
        goal = "" if one.goal is None else f"   goal {one.goal:g}"
        print(f"   {one.name:<14} {one.value:9.3f} {one.unit:<3}{one.what}{goal}", flush=True)


def _write_json(
    results: Sequence[Result], plan: Plan, facts: dict[str, str], started: datetime, folder: Path
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for result in results:
        content = {
            "benchmark": result.name,
            "started_at": started.isoformat(timespec="seconds"),
            "parameters": asdict(plan),
            "machine": facts,
            **asdict(result),
        }
        path = folder / f"{started:%Y%m%dT%H%M%SZ}-{result.name}.json"
        path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
        print(f"   {path}")


if __name__ == "__main__":
    sys.exit(main())
