"""What the writer asks of PostgreSQL goes by indexes from the first row on, for its plans are kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from studio_server.ledger import load_holds, load_together
from studio_server.ledger import write_together as writes
from studio_server.storage.postgres.arrays import array

from tests.fakes.postgres import cluster, migrated
from tests.ledger.books import Books

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from studio_server.storage import Tx
    from studio_server.storage.rowwise import RowWrite
    from studio_server.storage.tx import Statement

THE_OTHER_WAY = "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on"
WHOLE_TABLE = re.compile(r"Seq Scan on (\w+)")
CHANGED: tuple[RowWrite, ...] = (writes.ACCOUNTS, writes.LOTS, writes.END_ASIDE, writes.ENDS)
READ: dict[str, Callable[[Tx], Statement]] = {
    "answers": lambda tx: _among(tx, load_together.ANSWERED),
    "wallets": lambda tx: _among(tx, load_holds.SPENDING_OF, 1, 1, 1, 1),
    "lots to draw": lambda tx: _among(tx, *load_holds.to_draw_of("#").split("#")),
    "holds": lambda tx: _among(tx, load_holds.HELD_OF),
    "lots of holds": lambda tx: _among(tx, *load_holds.pinned_of("#").split("#")),
}


def _among(tx: Tx, sql: str, *rest: int | str) -> Statement:
    these, given = tx.among(["one", "two"])
    tail = "".join(part for part in rest if isinstance(part, str))
    return f"{sql}{these}{tail}", [*[value for value in rest if isinstance(value, int)], given]


def _change(write: RowWrite) -> Statement:
    return write.all_at_once, [array([], kind) for kind in write.columns.values()]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Books]:
    """Books in PostgreSQL with hardly anything in them: a table is read as a whole most cheaply."""
    opened = Books(tmp_path / "books.db", url=cluster().new_database(migrated))
    opened.open_wallet()
    yield opened
    opened.db.close()


def _read_as_a_whole(books: Books, asked: Callable[[Tx], Statement], before: str = "SELECT 1;") -> set[str]:
    def explained(tx: Tx) -> set[str]:
        tx.execute(before)
        sql, params = asked(tx)
        plan = tx.execute(f"EXPLAIN {sql}", params)
        return {found[1] for row in plan if (found := WHOLE_TABLE.search(row[0]))}

    return books.db.write_blocking(explained)


@pytest.mark.parametrize("what", READ)
def test_a_set_reads_no_table_as_a_whole(small: Books, what: str) -> None:
    assert _read_as_a_whole(small, READ[what]) == set()


@pytest.mark.parametrize("write", CHANGED, ids=lambda write: write.head.split()[1])
def test_a_set_changes_rows_it_finds_by_an_index(small: Books, write: RowWrite) -> None:
    assert _read_as_a_whole(small, lambda _: _change(write)) == set()


def test_planned_for_few_rows_whole_tables_would_be_read(small: Books) -> None:
    """The twin: so PostgreSQL plans by itself while the tables are small."""
    assert any(_read_as_a_whole(small, asked, THE_OTHER_WAY) for asked in READ.values())
