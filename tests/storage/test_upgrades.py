"""Books that an earlier version kept are the same books after the upgrade, on both engines.

`books/0003.json` holds the rows of a ledger that the program wrote when its newest migration was number 3.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.audit.replay import Equality, judge
from studio_server.clock import FixedClock
from studio_server.ids import CountedIds
from studio_server.ledger import Ledger, PlaceHold, Settle
from studio_server.ledger.checker import check
from studio_server.ledger.verify import Verdict, verify
from studio_server.storage import Database, MigrationRefused
from studio_server.storage.postgres.database import PostgresDatabase
from studio_server.storage.schema import packaged_migrations

from tests.fakes.postgres import cluster

if TYPE_CHECKING:
    from studio_server.storage.store import Store
    from studio_server.storage.tx import Tx

KEPT: dict[str, Any] = json.loads((Path(__file__).parent / "books" / "0003.json").read_text())
WRITTEN_AT = 3
MONEY = (
    "accounts",
    "audit",
    "effects",
    "entries",
    "grants",
    "hold_lots",
    "holds",
    "lots",
    "transfers",
    "windows",
)
LATER = datetime(2026, 11, 22, 12, tzinfo=UTC)
NEWEST = packaged_migrations()[-1].number
VERSIONS = [migration.number for migration in packaged_migrations() if migration.number >= WRITTEN_AT]


class Place:
    """Where one database is, opened with the migrations up to a number."""

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine = engine
        self.path = folder / "books.db"
        self.url = cluster().new_database() if engine == "postgresql" else ""

    def open(self, newest: int) -> Store:
        """The store, brought up to this version."""
        wanted = [found for found in packaged_migrations(self.engine) if found.number <= newest]
        clock = FixedClock(LATER)
        if self.engine == "postgresql":
            return PostgresDatabase.open(self.url, clock=clock, migrations=wanted)
        return Database.open(self.path, clock=clock, migrations=wanted)


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty place on each engine."""
    return Place(request.param, tmp_path)


def _fill(tx: Tx) -> None:
    tx.execute("DELETE FROM recorded_time")
    for table, kept in KEPT.items():
        marks = ", ".join("?" for _ in kept["columns"])
        insert = f"INSERT INTO {table} ({', '.join(kept['columns'])}) VALUES ({marks})"
        for row in kept["rows"]:
            tx.execute(insert, [_value(value) for value in row])


def _value(value: Any) -> Any:
    is_blob = isinstance(value, str) and value.startswith("hex:")
    return bytes.fromhex(value.removeprefix("hex:")) if is_blob else value


def _books(store: Store) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the books, by table, in the columns that it had when it was written."""

    def read(tx: Tx) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table: tx.execute(f"SELECT {', '.join(KEPT[table]['columns'])} FROM {table} ORDER BY 1, 2, 3")
            for table in MONEY
        }

    return store.read(read)


@pytest.mark.parametrize("version", VERSIONS)
def test_books_of_an_earlier_version_are_right_and_unchanged_after_the_upgrade(
    place: Place, version: int
) -> None:
    store = place.open(WRITTEN_AT)
    store.write_blocking(_fill)
    before = _books(store)
    store.close()
    if version < NEWEST:
        place.open(version).close()
    store = place.open(NEWEST)
    assert store.read(check) == []
    assert store.read(lambda tx: judge(tx, "the upgraded books")).found is Equality.EQUAL
    assert _books(store) == before
    assert all(before.values())
    store.close()


def test_upgraded_books_go_on(place: Place) -> None:
    store = place.open(WRITTEN_AT)
    store.write_blocking(_fill)
    store.close()
    store = place.open(NEWEST)
    ledger = Ledger(CountedIds(1_000))
    wallet = store.read(lambda tx: tx.one("SELECT wallet_id FROM wallets WHERE owner_id = 'usr_bob'"))[0]
    placed = store.write_blocking(lambda tx: ledger.execute(tx, PlaceHold("k", wallet, "r", 5, "p", 60)))
    store.write_blocking(lambda tx: ledger.execute(tx, Settle(placed.hold_id, 2, "p")))
    assert store.read(lambda tx: ledger.wallet_view(tx, wallet)).available == 40 - 8 - 3 - 2
    assert store.read(check) == []
    store.close()


@pytest.mark.parametrize("version", [0, 1, 2])
def test_an_empty_database_of_any_version_is_brought_up_to_date(place: Place, version: int) -> None:
    if version:
        place.open(version).close()
    store = place.open(NEWEST)
    assert store.read(check) == []
    store.close()


def test_the_log_says_that_books_are_brought_up_to_date_and_nothing_of_new_ones(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    def told() -> list[str]:
        return [found for found in caplog.messages if "brought up to date" in found]

    place.open(NEWEST - 1).close()
    assert told() == []
    place.open(NEWEST).close()
    place.open(NEWEST).close()
    assert len(told()) == 1
    assert packaged_migrations(place.engine)[-1].name in told()[0]


def test_books_that_are_newer_than_the_program_are_not_judged_by_it(place: Place, tmp_path: Path) -> None:
    store = place.open(NEWEST)
    store.write_blocking(
        lambda tx: tx.execute("INSERT INTO migrations VALUES (9999, '9999_later.sql', 'unknown', 0)")
    )
    with pytest.raises(MigrationRefused, match="update the program"):
        store.read(lambda tx: judge(tx, "newer books"))
    store.close()
    url = place.url if place.engine == "postgresql" else None
    report = verify(place.path, anchor=tmp_path / "no-anchor.json", url=url)
    assert report.verdict is Verdict.COULD_NOT_CHECK
    assert "migration 9999" in report.reason
    assert report.violations == ()
