"""docs/benchmarks-ledger.md and the same figures as JSON: parts measured later replace earlier ones."""

from __future__ import annotations

import json
import subprocess
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from benchmarks.processes import ROOT
from benchmarks.results import Figure, Result, Yardstick
from benchmarks.table import bound, section, with_unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from benchmarks.results import Plan
    from tests.fakes.postgres import Cluster

FIGURES = ROOT / "docs" / "benchmarks-ledger.json"
PAGE = ROOT / "docs" / "benchmarks-ledger.md"
HEAD = """# Benchmarks of the ledger

Written by `python -m benchmarks.ledger`; do not edit. Candidates alternate within one run, figures are
medians, ratios are medians of the ratios of each round. Ratios say more than times, which belong to one
machine. *Goal* is for a quiet machine, *floor* must hold on a busy one. What makes an acknowledged write
durable is on: `synchronous=FULL` for SQLite, `fsync` and `synchronous_commit` for PostgreSQL. Load, server
and database share the machine. The figures are also in `docs/benchmarks-ledger.json`; how each is measured:
`benchmarks/README.md`.

P3 and P4 compare with another ledger; it is not part of this repository, and they are **not measured** here.
"""


def keep(results: Sequence[Result], plan: Plan, facts: Mapping[str, str], started: datetime) -> None:
    """Put results in place of earlier ones of the same name, and write both files."""
    kept: dict[str, Any] = json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.is_file() else {}
    for result in results:
        at = started.isoformat(timespec="seconds")
        run = {"started_at": at, "parameters": asdict(plan), "machine": dict(facts)}
        kept[result.name] = run | asdict(result)
    FIGURES.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(text(kept), encoding="utf-8")


def text(kept: Mapping[str, Any]) -> str:
    """The whole page."""
    results = {name: _result(stored) for name, stored in kept.items()}
    rows = [_row(one) for result in results.values() for one in result.yardsticks]
    goals = ["| | what | measured | goal | floor | |", "| --- | --- | ---: | ---: | ---: | --- |", *rows, ""]
    parts = [HEAD, *goals]
    for name, result in results.items():
        run = kept[name]
        plan = run["parameters"]
        told = f"{run['started_at'][:10]}, {plan['rounds']} rounds of {plan['seconds']:g} s per candidate."
        machine = "; ".join(f"{what}: {fact}" for what, fact in run["machine"].items())
        parts.append(section(result).replace("\n\n", f"\n\n{told} Machine: {machine}.\n\n", 1))
    return "\n".join(parts)


def verdict(one: Yardstick) -> str:
    """Whether goal and floor were met, in words."""
    if one.goal is None:
        return "no goal"
    if _reaches(one, one.goal):
        return "goal met"
    floor_met = one.floor is not None and _reaches(one, one.floor)
    return "goal missed, floor met" if floor_met else "goal and floor missed"


def postgresql_version(server: Cluster) -> str:
    """As the server's program tells it."""
    command = [str(server.programs / "postgres"), "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return told.split(") ")[1].split(" ")[0].strip()


def _reaches(one: Yardstick, limit: float) -> bool:
    return one.value >= limit if one.better == "higher" else one.value <= limit


def _row(one: Yardstick) -> str:
    limits = f"{bound(one, one.goal)} | {bound(one, one.floor)}"
    return f"| {one.name} | {one.what} | {with_unit(one.value, one.unit)} | {limits} | {verdict(one)} |"


def _result(stored: Mapping[str, Any]) -> Result:
    return Result(
        stored["name"],
        tuple(Figure(**one) for one in stored["figures"]),
        tuple(Yardstick(**one) for one in stored["yardsticks"]),
        tuple(stored["notes"]),
        stored["violations"],
        stored["effects"],
    )
