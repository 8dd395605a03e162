"""Every benchmark runs in its tiniest form, with its books checked, and writes what it promises."""

import json
from pathlib import Path

import pytest

from benchmarks import __main__ as command
from benchmarks import table
from benchmarks.machine import facts
from benchmarks.results import Plan

TINY = ["--rounds", "1", "--seconds", "0.05", "--generator", "sockets"]


def measured(name: str, folder: Path) -> dict:
    page = folder / "page.md"
    assert command.main([name, *TINY, "--results", str(folder), "--table", str(page)]) == 0
    assert not page.exists()
    [written] = folder.glob("*.json")
    return json.loads(written.read_text())


def names(content: dict, kind: str, key: str) -> set[str]:
    return {one[key] for one in content[kind]}


@pytest.mark.parametrize(
    ("name", "goals", "candidates", "touches_books"),
    [
        ("load_ext", {"K1"}, {"studio_magics", "studio_empty"}, False),
        ("run_overhead", {"K2", "P13"}, {"metered run of nothing", "python -c 'import pandas'"}, True),
        ("http", {"P8", "P9"}, {"bare GET", "balance", "estimate, signed in"}, True),
        ("under_attack", {"X30 balance", "X30 estimate"}, {"balance, idle", "estimate, under attack"}, True),
        ("estimate_from_kernel", {"K3"}, {"Jupyter's GET /api", "%studio estimate"}, True),
    ],
)
def test_a_benchmark_writes_figures_goals_and_the_state_of_the_books(
    name: str, goals: set[str], candidates: set[str], touches_books: bool, tmp_path: Path
) -> None:
    content = measured(name, tmp_path)
    assert (content["benchmark"], content["parameters"]["rounds"]) == (name, 1)
    assert goals <= names(content, "yardsticks", "name")
    assert candidates <= names(content, "figures", "candidate")
    assert all(figure["value"] > 0 and figure["samples"] > 0 for figure in content["figures"])
    assert content["violations"] == (0 if touches_books else None)
    assert (content["effects"] is not None) == touches_books
    assert content["machine"].keys() == facts().keys()


def test_the_machine_is_described_without_its_name() -> None:
    import platform

    assert platform.node() not in json.dumps(facts())


def test_the_page_shows_every_goal_with_its_direction_and_every_figure() -> None:
    from benchmarks.results import Result, Yardstick, of_rounds

    result = Result(
        "http",
        (of_rounds("balance", "requests", "1/s", [1_000.0, 3_000.0, 2_000.0]),),
        (Yardstick("P8", "balance over bare", 0.512, "x", "higher", 0.7, 0.5),),
        ("A note.",),
        violations=0,
        effects=12,
    )
    from datetime import UTC, datetime

    page = table.text([result], Plan(3, 1), {"python": "3"}, datetime(2026, 1, 2, tzinfo=UTC))
    assert "| P8 | balance over bare | 0.512 × | ≥ 0.7 × | ≥ 0.5 × |" in page
    assert "| balance | requests | 2,000 1/s | 1,000 | 3,000 | 3 |" in page
    assert "12 acts, 0 violations" in page
