"""Asks the rows: counts, empty and constant columns, misplaced text, likely keys, and a bounded sample."""
# ruff: noqa: S608  - every name is quoted, and every store is read-only

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_magics.tools.data.schema.facts import ORDERED_KINDS, ColumnFacts, ColumnProfile, TableProfile
from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.schema.facts import Engine, Store, TableFacts

COLUMNS_AT_ONCE = 100
MAX_KEY_CANDIDATES = 12
MAX_SAMPLE_COLUMNS = 60
SHOWN_CHARACTERS = 200
_NUMERIC_KINDS = frozenset({"integer", "number"})
_OF_DUCKDB: frozenset[Engine] = frozenset({"duckdb", "files"})


def profile_table(table: TableFacts, store: Store, *, engine: Engine, sample_rows: int) -> TableProfile:
    """Everything the checks need to know of this table's rows."""
    relation = store.relation(table.name)
    rows = int(store.query(f"SELECT count(*) FROM {relation}")[0][0])
    columns: dict[str, ColumnProfile] = {}
    for start in range(0, len(table.columns), COLUMNS_AT_ONCE):
        part = table.columns[start : start + COLUMNS_AT_ONCE]
        columns |= _columns(part, relation, store, engine, rows)
    shown = [column for column in table.columns if column.kind != "binary"][:MAX_SAMPLE_COLUMNS]
    return TableProfile(
        row_count=rows,
        columns=columns,
        sample_columns=tuple(column.name for column in shown),
        sample=_sample(table, [_shown(one, engine) for one in shown], relation, store, sample_rows)
        if rows and shown
        else (),
        likely_keys=_likely_keys(table, columns, relation, store, rows),
    )


def _columns(
    columns: Sequence[ColumnFacts], relation: str, store: Store, engine: Engine, rows: int
) -> dict[str, ColumnProfile]:
    parts: list[str] = []
    for column in columns:
        name = quoted(column.name)
        is_ordered = column.kind in ORDERED_KINDS
        parts += [f"count({name})", f"min({name}) = max({name})" if is_ordered else "NULL"]
        misplaced = engine == "sqlite" and column.kind in _NUMERIC_KINDS
        parts.append(f"sum(typeof({name}) = 'text')" if misplaced else "0")
    found = list(store.query(f"SELECT {', '.join(parts)} FROM {relation}")[0])
    profiles: dict[str, ColumnProfile] = {}
    for place, column in enumerate(columns):
        filled, same, text = found[3 * place : 3 * place + 3]
        is_constant = bool(same) and int(filled) == rows and rows > 1
        profiles[column.name] = ColumnProfile(int(filled), is_constant, int(text or 0))
    return profiles


def _sample(
    table: TableFacts, parts: Sequence[str], relation: str, store: Store, limit: int
) -> tuple[tuple[object, ...], ...]:
    """The first rows; of PostgreSQL, whose order is not fixed, by the key where there is one."""
    order = f" ORDER BY {', '.join(quoted(name) for name in table.primary_key)}" if table.primary_key else ""
    return tuple(store.query(f"SELECT {', '.join(parts)} FROM {relation}{order} LIMIT {int(limit)}"))


def _shown(column: ColumnFacts, engine: Engine) -> str:
    """The value to look at; DuckDB has days, times and nested values that Python has not: those as text."""
    name = quoted(column.name)
    if engine in _OF_DUCKDB and column.kind not in {*_NUMERIC_KINDS, "boolean"}:
        return f"substr(CAST({name} AS VARCHAR), 1, {SHOWN_CHARACTERS})"
    return f"substr({name}, 1, {SHOWN_CHARACTERS})" if column.kind == "text" else name


def _likely_keys(
    table: TableFacts, profiles: dict[str, ColumnProfile], relation: str, store: Store, rows: int
) -> tuple[str, ...]:
    """Single columns that could be the key of a table that declares none."""
    if table.primary_key or rows < 2:  # noqa: PLR2004  - one row makes every column unique
        return ()
    candidates = [
        column
        for column in table.columns
        if column.kind in {"integer", "text"} and profiles[column.name].filled == rows
    ]
    candidates.sort(key=lambda column: not _sounds_like_key(column.name))
    tried = candidates[:MAX_KEY_CANDIDATES]
    if not tried:
        return ()
    counts = ", ".join(f"count(DISTINCT {quoted(column.name)})" for column in tried)
    distinct = store.query(f"SELECT {counts} FROM {relation}")[0]
    names = [column.name for column, count in zip(tried, distinct, strict=True) if int(count) == rows]
    order = [column.name for column in table.columns]
    return tuple(sorted(names, key=lambda name: (not _sounds_like_key(name), order.index(name))))


def _sounds_like_key(name: str) -> bool:
    lowered = name.lower()
    return lowered in {"id", "key", "code", "uuid", "iso"} or lowered.endswith(
        ("id", "_key", "_code", "_no", "_nr")
    )
