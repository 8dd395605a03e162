"""The benchmark of the ledger fills honest books, fails on wrong ones, and says what was missed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from benchmarks.books import BooksBroken
from benchmarks.ledger import bulk, checked, engines, page
from benchmarks.ledger.filling import ENTRIES_PER_PAIR
from benchmarks.results import Plan, Result, Yardstick, of_rounds

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = 2 * 3 * engines.WALLETS + 10 * ENTRIES_PER_PAIR


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with a short past."""
    url = f"sqlite:///{tmp_path_factory.mktemp('filled') / 'books.db'}"
    assert len(bulk.filled([url], ENTRIES)) == engines.WALLETS
    return url


def test_books_filled_in_bulk_pass_every_check_of_the_ledger(filled: str) -> None:
    assert checked.effects(filled) == 4 * engines.WALLETS + 2 * 10


def test_books_filled_in_bulk_take_the_ledgers_own_commands(filled: str) -> None:
    store = engines.opened(filled)
    [(wallet_id,)] = store.read(lambda tx: tx.execute("SELECT wallet_id FROM wallets LIMIT 1"))
    view = store.read(lambda tx: engines.ledger().wallet_view(tx, wallet_id))
    store.close()
    assert 0 < view.available <= 3 * engines.AMOUNT


DAMAGE = (
    "DROP TRIGGER accounts_move_by_entries",
    "UPDATE accounts SET balance = balance + 1 WHERE kind = 'revenue'",
)


def test_books_that_are_wrong_fail_the_benchmark(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'books.db'}"
    store = engines.opened(url)
    [wallet_id] = engines.wallets(store, 1)
    store.write_blocking(lambda tx: [tx.execute(statement) for statement in DAMAGE])
    store.close()
    with pytest.raises(BooksBroken):
        checked.effects(url)
    assert wallet_id


@pytest.mark.parametrize(
    ("value", "better", "told"),
    [
        (0.5, "higher", "goal met"),
        (0.3, "higher", "goal missed, floor met"),
        (0.1, "higher", "goal and floor missed"),
        (0.1, "lower", "goal met"),
        (0.5, "lower", "goal and floor missed"),
    ],
)
def test_a_goal_that_was_missed_is_called_missed(value: float, better: str, told: str) -> None:
    bounds = (0.4, 0.25) if better == "higher" else (0.2, 0.3)
    assert page.verdict(Yardstick("P", "what", value, "x", better, *bounds)) == told


def test_a_later_part_replaces_its_own_figures_and_no_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "FIGURES", tmp_path / "figures.json")
    monkeypatch.setattr(page, "PAGE", tmp_path / "page.md")
    at = datetime(2026, 11, 25, tzinfo=UTC)
    for name, value in (("one", 1.0), ("two", 2.0), ("one", 3.0)):
        result = Result(name, (of_rounds("c", f"of {name}", "ms", [value]),), (), ("A note.",), 0, 5)
        page.keep([result], Plan(1, 1), {"python": "3"}, at)
    told = page.PAGE.read_text()
    assert "| c | of one | 3 ms |" in told
    assert "| c | of two | 2 ms |" in told
    assert "| c | of one | 1 ms |" not in told
