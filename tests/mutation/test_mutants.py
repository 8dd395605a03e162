"""The mutation harness makes the mutants it says, puts them in place, and tells survivors apart."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.mutation import page
from tests.mutation.__main__ import main
from tests.mutation.sites import sites
from tests.mutation.transplant import transplant
from tests.mutation.warm import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

SOURCE = '''"""A module."""
LEAST = 3

def paid(amount: int, *, least: int = 1) -> int:
    """Text 1 is no number."""
    if amount < LEAST and least:
        raise ValueError(amount)
    return min(amount, 10) - 2
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The source above, importable for one test."""
    (tmp_path / "mutated_for_a_test.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    __import__("mutated_for_a_test")
    yield sys.modules["mutated_for_a_test"]
    del sys.modules["mutated_for_a_test"]


def mutant(text: str) -> ast.Module:
    tree = ast.parse(SOURCE)
    next(site for site in sites("m", tree) if text in site.described()).apply()
    return tree


def test_every_kind_of_change_is_found_in_its_place() -> None:
    assert sorted(site.described() for site in sites("m", ast.parse(SOURCE))) == sorted(
        [
            "LEAST = 3 → LEAST = 4",
            "LEAST = 3 → LEAST = 2",
            "def paid(amount: int, *, least: int=1) -> int: → def paid(amount: int, *, least: int=2) -> int:",
            "def paid(amount: int, *, least: int=1) -> int: → def paid(amount: int, *, least: int=0) -> int:",
            "if amount < LEAST and least: → if not (amount < LEAST and least):",
            "amount < LEAST and least → amount < LEAST or least",
            "amount < LEAST and least → True and least",
            "amount < LEAST and least → amount < LEAST and True",
            "amount < LEAST → amount <= LEAST",
            "raise ValueError(amount) → pass",
            "return min(amount, 10) - 2 → return None",
            "min(amount, 10) - 2 → min(amount, 10) + 2",
            "return min(amount, 10) - 2 → return max(amount, 10) - 2",
            "return min(amount, 10) - 2 → return min(amount, 11) - 2",
            "return min(amount, 10) - 2 → return min(amount, 9) - 2",
            "return min(amount, 10) - 2 → return min(amount, 10) - 3",
            "return min(amount, 10) - 2 → return min(amount, 10) - 1",
        ]
    )


def test_describing_a_mutant_leaves_the_tree_as_it_was() -> None:
    tree = ast.parse(SOURCE)
    before = ast.dump(tree)
    assert [site.described() for site in sites("m", tree)]
    assert ast.dump(tree) == before


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ("max(amount", 10 - 2),
        ("amount <= LEAST", None),
        ("10) + 2", 5),
        ("LEAST = 4", None),
        ("least: int=0", 1),
    ],
)
def test_a_reference_taken_before_sees_the_change(
    module: ModuleType, change: str, outcome: int | None
) -> None:
    paid = module.paid
    assert paid(3) == 1
    transplant(module.__name__, mutant(change))
    if outcome is None:
        with pytest.raises(ValueError, match="3"):
            paid(3)
    else:
        assert paid(3) == outcome


def test_a_method_kept_as_a_constant_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its code is the library's; what was changed is what it is bound to."""
    source = "import json\nwrite = json.JSONEncoder(sort_keys=True).encode\n"
    (tmp_path / "mutated_for_a_constant.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    module = __import__("mutated_for_a_constant")
    transplant(module.__name__, ast.parse(source.replace("True", "False")))
    assert module.write({"b": 1, "a": 2}) == '{"b": 1, "a": 2}'
    del sys.modules[module.__name__]


@pytest.mark.parametrize("words", [["led"], ["ledger", "postin"], ["pricing", "burn", "posting"]])
def test_what_is_not_there_is_said_instead_of_tried(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert told.startswith(
        f"there is no {'target' if len(words) == 1 else 'module'} {words[-1]}; there are: "
    )


def test_a_score_counts_survivors_and_asks_a_reason_for_each(tmp_path: Path) -> None:
    found = sites("m", ast.parse(SOURCE))
    whole = page.scored("t", "m", [Verdict(site, noticed=True, by="a test") for site in found])
    assert page.good([whole])
    lived = replace(whole, survivors=(page.key(found[-1]),))
    assert not page.good([replace(lived, mutants=100)])
    assert page.key(found[-1]) in lived.told()
    assert "NOT EXPLAINED" in page.text([lived])
    page.kept(lived, tmp_path)
    assert page.all_kept(tmp_path) == [lived]
