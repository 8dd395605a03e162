"""Statements as the driver of PostgreSQL wants them, and values that come back as from SQLite."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import apsw
import psycopg
import pytest
from studio_server.storage.postgres.statements import translated

if TYPE_CHECKING:
    from studio_server.storage import Store, Tx
    from studio_server.storage.postgres.database import PostgresDatabase


class Colour(StrEnum):
    """A value the driver knows nothing of."""

    GREEN = "green"


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("SELECT ? WHERE a = ?", b"SELECT $1 WHERE a = $2"),
        ("SELECT '?' || ?", b"SELECT '?' || $1"),
        ("SELECT 'it''s ?' || ?", b"SELECT 'it''s ?' || $1"),
        ('SELECT "?" FROM t WHERE a = ?', b'SELECT "?" FROM t WHERE a = $1'),
        ("SELECT a LIKE '50%' AND b = ?", b"SELECT a LIKE '50%' AND b = $1"),
        ("SELECT a % ?", b"SELECT a % $1"),
        ("SELECT ? -- why?\n, ?", b"SELECT $1 -- why?\n, $2"),
    ],
)
def test_only_a_parameter_is_a_parameter(written: str, sent: bytes) -> None:
    assert translated(written) == sent


def test_a_per_cent_sign_and_a_question_mark_in_text_reach_the_server_as_they_are(database: Store) -> None:
    with_one = database.read(lambda tx: tx.one("SELECT '50 % of ?', CAST(? AS text)", ("%s ?",)))
    without = database.read(lambda tx: tx.one("SELECT '50 % of %s?'"))
    assert (with_one, without) == (("50 % of ?", "%s ?"), ("50 % of %s?",))


def test_values_come_back_as_they_went_on_both_engines(database: Store) -> None:
    def there_and_back(tx: Tx) -> object:
        sql = "CREATE TABLE kinds (big {int}, low {int}, yes {int}, said text, hue text, raw {raw}, no text)"
        names = ("bigint", "bytea") if tx.engine == "postgresql" else ("INTEGER", "BLOB")
        tx.execute(sql.format(int=names[0], raw=names[1]))
        values = (2**53 - 1, 1, True, "é \\ ' %", Colour.GREEN, bytes(range(256)), None)
        tx.execute("INSERT INTO kinds VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        return tx.one("SELECT big, low, yes, said, hue, raw, no FROM kinds")

    found = database.write_blocking(there_and_back)
    assert found == (2**53 - 1, 1, 1, "é \\ ' %", "green", bytes(range(256)), None)


def test_sums_and_counts_are_whole_numbers(database: Store) -> None:
    row = database.read(
        lambda tx: tx.one(
            "SELECT sum(n), count(*), avg(n), min(n) FROM (SELECT 1 AS n UNION ALL SELECT 2) AS pair"
        )
    )
    assert row == (3, 2, 1.5, 1)
    assert [type(value) for value in row or ()] == [int, int, float, int]


def test_text_sorts_by_its_bytes_on_both_engines(database: Store) -> None:
    def sorted_texts(tx: Tx) -> list[str]:
        for number, word in enumerate(("b", "B", "a", "_", "é", "Z")):
            tx.execute("INSERT INTO price_versions VALUES (?, ?, ?)", (word, "{}", number))
        return [row[0] for row in tx.execute("SELECT id FROM price_versions ORDER BY id")]

    assert database.write_blocking(sorted_texts) == ["B", "Z", "_", "a", "b", "é"]


def test_changes_tell_how_many_rows_the_last_change_touched(database: Store) -> None:
    def change(tx: Tx) -> list[int]:
        told: list[int] = []
        for sql in (
            "INSERT INTO notes VALUES ('a'), ('b')",
            "UPDATE notes SET note = 'c' WHERE note = 'b'",
            "SELECT * FROM notes",
            "DELETE FROM notes WHERE note = 'nobody'",
            "INSERT INTO notes VALUES ('a') ON CONFLICT DO NOTHING",
        ):
            tx.execute(sql)
            told.append(tx.changes())
        return told

    assert database.write_blocking(change) == [2, 1, 1, 0, 0]


def test_a_batch_gives_rows_and_changes_of_each_statement(database: Store) -> None:
    def both(tx: Tx) -> object:
        return tx.batch(
            (
                ("INSERT INTO notes VALUES (?), (?)", ("a", "b")),
                ("SELECT note FROM notes ORDER BY note", ()),
                ("UPDATE notes SET note = ? WHERE note = ?", ("c", "b")),
            )
        )

    assert database.write_blocking(both) == [([], 2), ([("a",), ("b",)], 2), ([], 1)]


def test_a_batch_stops_at_the_statement_that_fails_and_is_undone(postgres: PostgresDatabase) -> None:
    wrong = (("INSERT INTO notes VALUES (?)", ("a",)), ("SELECT 1 / ?", (0,)), ("SELECT 1", ()))
    with pytest.raises(psycopg.errors.DivisionByZero):
        postgres.write_blocking(lambda tx: tx.batch(wrong))
    assert postgres.write_blocking(lambda tx: tx.execute("SELECT * FROM notes")) == []


def test_a_stream_reads_more_rows_than_it_fetches_at_once_and_lets_others_be_asked(database: Store) -> None:
    many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n"

    def read(tx: Tx) -> int:
        return sum(row[0] for row in tx.stream(many, (5_000,)) if tx.one("SELECT 1") == (1,))

    assert database.read(read) == 5_000 * 5_001 // 2


def test_writes_apart_tell_the_changes_of_each_on_both_engines(database: Store) -> None:
    price = "INSERT INTO price_versions VALUES (?, ?, ?)"
    replica = "INSERT INTO replicas VALUES (?, 1, 1)"
    seen = "UPDATE replicas SET seen_us = ? WHERE started_us = ?"
    database.write_blocking(lambda tx: tx.execute(replica, ("old",)))

    def write(tx: Tx) -> list[int]:
        return tx.write_apart(
            [(price, ("a", "{}", 1)), (seen, (5, 1)), (seen, (6, 2)), (price, ("b", "{}", 2))]
        )

    assert database.write_blocking(write) == [1, 1, 0, 1]
    assert database.read(lambda tx: tx.execute("SELECT id, seen_us FROM replicas")) == [("old", 5)]


def test_of_writes_apart_of_which_one_fails_none_is_kept(database: Store) -> None:
    price = "INSERT INTO price_versions VALUES (?, ?, ?)"
    with pytest.raises((apsw.ConstraintError, psycopg.IntegrityError)):
        database.write_blocking(
            lambda tx: tx.write_apart([(price, ("a", "{}", 1)), (price, (None, "{}", 1))])
        )
    assert database.read(lambda tx: tx.execute("SELECT id FROM price_versions")) == []
