"""The catalogue as a SQLite file with full-text search, and the ranked answer to a query."""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_magics.tools.data.catalog.entries import Catalogue, Dataset

MAX_MATCHES = 50
TABLES = """
CREATE TABLE datasets (name TEXT PRIMARY KEY, title TEXT, description TEXT, owner TEXT, licence TEXT,
  tags TEXT, sensitivity TEXT, file TEXT, row_count INTEGER, newest TEXT) STRICT;
CREATE TABLE columns (dataset TEXT NOT NULL, name TEXT NOT NULL, type TEXT, description TEXT, personal TEXT,
  sensitivity TEXT, filled INTEGER, distinct_values INTEGER, PRIMARY KEY (dataset, name)) STRICT;
CREATE VIRTUAL TABLE search USING fts5 (dataset UNINDEXED, item UNINDEXED, name, words,
  tokenize = 'porter unicode61');
"""


@dataclass(frozen=True)
class Match:
    """One dataset or column that fits a query."""

    dataset: str
    item: str
    """The column, or '' for the dataset itself."""
    rank: float


def build(catalogue: Catalogue) -> sqlite3.Connection:
    """The index in memory."""
    db = sqlite3.connect(":memory:")
    db.executescript(TABLES)
    for one in catalogue.datasets:
        _add(db, one)
    db.commit()
    return db


def _add(db: sqlite3.Connection, one: Dataset) -> None:
    newest = one.newest.isoformat() if one.newest else None
    db.execute(
        "INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            one.name,
            one.title,
            one.description,
            one.owner,
            one.licence,
            " ".join(one.tags),
            one.sensitivity,
            one.file,
            one.rows,
            newest,
        ),
    )
    words = " ".join((one.title, one.description, one.owner, *one.tags, one.file))
    db.execute("INSERT INTO search VALUES (?, '', ?, ?)", (one.name, _spaced(one.name), words))
    for column in one.columns:
        db.execute(
            "INSERT OR IGNORE INTO columns VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                one.name,
                column.name,
                column.type,
                column.description,
                column.personal,
                column.sensitivity,
                column.filled,
                column.distinct,
            ),
        )
        db.execute(
            "INSERT INTO search VALUES (?, ?, ?, ?)",
            (one.name, column.name, _spaced(column.name), f"{column.description} {column.personal}"),
        )


def _spaced(name: str) -> str:
    """'customerId' and 'customer_id' are found by 'customer'."""
    return f"{name} " + re.sub(r"[_\-.:]+|(?<=[a-z0-9])(?=[A-Z])", " ", name)


def search(db: sqlite3.Connection, query: str) -> list[Match]:
    """The best matches first: datasets before columns, names before descriptions; words may be beginnings."""
    words = re.findall(r"\w+", query)
    if not words:
        return []
    wanted = " OR ".join(f'"{word}"*' for word in words)
    rows = db.execute(
        "SELECT dataset, item, bm25(search, 0, 0, 4.0, 1.0) * (CASE item WHEN '' THEN 2 ELSE 1 END) "
        "FROM search WHERE search MATCH ? "
        "ORDER BY 3, dataset, item LIMIT ?",
        (wanted, MAX_MATCHES),
    ).fetchall()
    return [Match(str(dataset), str(item), -float(rank)) for dataset, item, rank in rows]


def as_bytes(db: sqlite3.Connection) -> bytes:
    """The index as a file."""
    return db.serialize()
