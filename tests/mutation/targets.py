"""What is mutated, and the tests that must notice: fast ones, run again and again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOAL_PERCENT = 95


@dataclass(frozen=True)
class Target:
    """Modules of one package and the tests that are run against their mutants."""

    name: str
    package: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


TARGETS = (
    Target("pricing", "studio_server.pricing", ("burn", "estimate", "limits", "quote"), ("tests/pricing",)),
    Target(
        "ledger",
        "studio_server.ledger",
        (
            "amounts",
            "commands",
            "debt",
            "decide",
            "decide_grants",
            "decide_holds",
            "decide_undo",
            "decide_wallets",
            "limits",
            "posting",
            "windows",
        ),
        ("tests/mutation/test_walks.py", "tests/ledger", "tests/laws/grids"),
    ),
)
