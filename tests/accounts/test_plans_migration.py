"""People from before subscriptions go on: nobody gets the running month twice, nobody loses the next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from studio_server.clock import FixedClock, to_microseconds
from studio_server.ids import CountedIds
from studio_server.ledger import GrantSource, IssueGrant, Ledger, OpenWallet, PlanCaps
from studio_server.storage.database import Database
from studio_server.storage.postgres.database import PostgresDatabase
from studio_server.storage.schema import packaged_migrations

from tests.accounts.plan_books import PlanBooks, at
from tests.fakes.postgres import cluster

if TYPE_CHECKING:
    from studio_server.storage.tx import Tx

NOVEMBER, JANUARY = at(2025, 11, 1), at(2026, 1, 1)
REFERENCE = "free:user_old:2"
KEPT: dict[str, Any] = json.loads((Path(__file__).parents[1] / "storage" / "books" / "0003.json").read_text())
EARLIER = {name: kept for name, kept in KEPT.items() if name not in {"users", "identities", "plan_periods"}}
"""The tables of the ledger with their columns, as they were before subscriptions."""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Where the books are: both engines migrate."""
    return cluster().new_database() if request.param == "postgresql" else None


def _rows_of_the_ledger(folder: Path, *, given: bool) -> tuple[str, list[tuple[str, list[Any]]]]:
    """The wallet, and what this program writes of it: inserts that the earlier schema takes too."""
    ledger, clock = Ledger(CountedIds(5_000)), FixedClock(at(2026, 1, 20))
    db = Database.open(folder / "made.db", clock=clock)

    def work(tx: Tx) -> str:
        wallet = ledger.execute(tx, OpenWallet("wallet:old", "user_old", plan=PlanCaps(30, 300))).wallet_id
        grant = IssueGrant(
            f"plan:{REFERENCE}", wallet, GrantSource.PLAN, 300, REFERENCE, ends_at=at(2026, 2, 1)
        )
        if given:
            ledger.execute(tx, grant)
        return wallet

    wallet = db.write_blocking(work)
    inserts: list[tuple[str, list[Any]]] = []
    for table, kept in EARLIER.items():
        columns, marks = ", ".join(kept["columns"]), ", ".join("?" for _ in kept["columns"])
        rows = db.read(lambda tx, table=table, columns=columns: tx.execute(f"SELECT {columns} FROM {table}"))
        inserts += [(f"INSERT INTO {table} ({columns}) VALUES ({marks})", list(row)) for row in rows]
    db.close()
    return wallet, inserts


def before_subscriptions(path: Path, url: str | None, *, given: bool) -> None:
    """Books of a user who joined in November 2025, as the last schema without subscriptions kept them."""
    clock = FixedClock(at(2026, 1, 20))
    engine = "sqlite" if url is None else "postgresql"
    earlier = [migration for migration in packaged_migrations(engine) if migration.number < 5]
    wallet, inserts = _rows_of_the_ledger(path.parent, given=given)
    db = (
        Database.open(path, clock=clock, migrations=earlier)
        if url is None
        else PostgresDatabase.open(url, clock=clock, migrations=earlier)
    )

    def work(tx: Tx) -> None:
        tx.execute("DELETE FROM recorded_time")
        for insert, values in inserts:
            tx.execute(insert, values)
        tx.execute(
            "INSERT INTO users (id, plan_id, plan_anchor, wallet_id, created_at) VALUES (?, 'free', ?, ?, ?)",
            ("user_old", to_microseconds(NOVEMBER), wallet, to_microseconds(NOVEMBER)),
        )
        tx.execute(
            "INSERT INTO identities (issuer, subject, user_id, display_name)"
            " VALUES ('local', 'old', 'user_old', 'Old')"
        )
        if given:
            tx.execute(
                "INSERT INTO plan_periods (reference, user_id, starts_at) VALUES (?, 'user_old', ?)",
                (REFERENCE, to_microseconds(JANUARY)),
            )

    db.write_blocking(work)
    db.close()


def renewed(path: Path, url: str | None) -> tuple[PlanBooks, int]:
    """The same books opened by this version, after a sweep; and what the old user has."""
    books = PlanBooks(path, start=at(2026, 1, 21), url=url)
    for user_id in books.db.read(lambda tx: books.plans.due(tx, limit=10)):
        books.do(lambda tx, user_id=user_id: books.plans.renew(tx, user_id))
    held = books.rows(
        "SELECT sum(l.available) FROM lots l JOIN users u USING (wallet_id) WHERE u.id = 'user_old'"
    )
    return books, held[0][0]


def test_a_month_that_was_given_before_is_not_given_again(tmp_path: Path, url: str | None) -> None:
    before_subscriptions(tmp_path / "books.db", url, given=True)
    books, available = renewed(tmp_path / "books.db", url)
    assert available == 300
    state = books.db.read(lambda tx: books.plans.state(tx, "user_old"))
    assert (state.plan.id, state.period.number, state.period.ends_at) == ("free", 2, at(2026, 2, 1))
    assert books.violations() == []
    books.db.close()


def test_a_month_that_was_not_given_yet_is_given_and_the_missed_ones_are_not(
    tmp_path: Path, url: str | None
) -> None:
    before_subscriptions(tmp_path / "books.db", url, given=False)
    books, available = renewed(tmp_path / "books.db", url)
    assert available == 300
    dealt = books.rows(
        "SELECT reference, state FROM plan_periods WHERE user_id = 'user_old' ORDER BY starts_at"
    )
    assert dealt == [
        ("free:user_old:0", "missed"),
        ("free:user_old:1", "missed"),
        ("free:user_old:2", "granted"),
    ]
    books.db.close()
