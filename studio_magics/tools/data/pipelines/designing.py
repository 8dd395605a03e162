"""Designs a pipeline from the tables alone: a cleaning step for each, with tests the data passes today."""
# ruff: noqa: S608  - every name is quoted, and the session is locked

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio_magics.tools.data.pipelines.inputs import PipelineWish, StepWish, TestsWish
from studio_magics.tools.tabular import quoted

if TYPE_CHECKING:
    from studio_magics.tools.data.pipelines.loading import Loaded
    from studio_magics.tools.data.schema.facts import Store

MAX_TESTED = 12
MAX_ACCEPTED = 8
FEWEST_ROWS = 20
MAX_KEY_CHARACTERS = 12


def designed(wish: PipelineWish, loaded: Loaded) -> PipelineWish:
    """The same pipeline with a step `stg_…` for every source."""
    steps = tuple(_staged(name, loaded.store) for name in sorted(loaded.sources))
    return wish.model_copy(update={"steps": steps})


def _staged(name: str, store: Store) -> StepWish:
    columns = [(str(row[0]), str(row[1])) for row in store.query(f"DESCRIBE {quoted(name)}")]
    cleaned = _cleaned([column for column, _ in columns])
    lines = [
        f"    nullif(trim({quoted(column)}), '') AS {new}" if kind == "VARCHAR" else _renamed(column, new)
        for (column, kind), new in zip(columns, cleaned, strict=True)
    ]
    every = f"SELECT count(*) FROM {quoted(name)}"
    once = f"SELECT count(*) FROM (SELECT DISTINCT * FROM {quoted(name)})"
    [(rows, different)] = store.query(f"SELECT ({every}), ({once})")
    word = "SELECT DISTINCT" if different < rows else "SELECT"
    told = f"Cleaned copy of {name}: blanks trimmed, empty texts are NULL"
    if different < rows:
        told += f", {rows - different:,} repeated rows left out"
    sql = f"{word}\n" + ",\n".join(lines) + f"\nFROM {quoted(name)}"
    tests = _tests(name, columns, cleaned, different, store)
    return StepWish(name=f"stg_{name}"[:60], sql=sql, kind="view", description=told, tests=tests)


def _renamed(column: str, new: str) -> str:
    return f"    {quoted(column)}" if column == new else f"    {quoted(column)} AS {new}"


def _cleaned(columns: list[str]) -> list[str]:
    """Names in snake_case, each once."""
    found: list[str] = []
    for column in columns:
        spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
        word = re.sub(r"[^A-Za-z0-9]+", "_", spaced).strip("_").lower() or "column"
        word = word if word[0].isalpha() else f"c_{word}"
        word = f"{word}_" if word in RESERVED else word
        while word in found:
            word += "_2"
        found.append(word)
    return found


RESERVED = frozenset({
    "all", "and", "as", "asc", "by", "case", "cast", "check", "column", "create", "cross", "default",
    "desc", "distinct", "else", "end", "except", "exists", "false", "for", "foreign", "from", "full", "group",
    "having", "in", "index", "inner", "insert", "into", "is", "join", "left", "limit", "natural", "not",
    "null", "offset", "on", "or", "order", "outer", "primary", "references", "right", "select", "set",
    "table", "then", "to", "true", "union", "unique", "update", "using", "values", "when", "where", "window",
    "with",
})  # fmt: skip


def _tests(
    name: str, columns: list[tuple[str, str]], cleaned: list[str], rows: int, store: Store
) -> TestsWish:
    """Rules the rows keep today: never empty, no value twice, one of few values."""
    if rows < FEWEST_ROWS:
        return TestsWish()
    parts = [f"count({quoted(column)}), count(DISTINCT {quoted(column)})" for column, _ in columns]
    [found] = store.query(f"SELECT {', '.join(parts)} FROM (SELECT DISTINCT * FROM {quoted(name)})")
    not_null = [new for place, new in enumerate(cleaned) if found[2 * place] == rows]
    unique = [
        new
        for place, new in enumerate(cleaned)
        if found[2 * place + 1] == rows == found[2 * place] and _is_key(columns[place], place, name, store)
    ]
    accepted: dict[str, tuple[str, ...]] = {}
    for place, (column, kind) in enumerate(columns):
        if kind == "VARCHAR" and 1 < found[2 * place + 1] <= MAX_ACCEPTED < rows // 4:
            values = store.query(
                f"SELECT DISTINCT nullif(trim({quoted(column)}), '') AS v FROM {quoted(name)} ORDER BY 1"
            )
            accepted[cleaned[place]] = tuple(str(value) for (value,) in values if value is not None)
    return TestsWish(not_null=tuple(not_null[:MAX_TESTED]), unique=tuple(unique[:1]), accepted=dict(accepted))


def _is_key(column: tuple[str, str], place: int, name: str, store: Store) -> bool:
    """Whether a column without repeats looks like a key: by its name, or first and short."""
    title, kind = column[0].lower(), column[1]
    if title in {"id", "key", "code", "uuid"} or title.endswith(("_id", "_key", "_code", "_no")):
        return True
    if place or kind in {"DOUBLE", "FLOAT", "DATE", "TIMESTAMP", "BOOLEAN"}:
        return False
    text = f"{quoted(column[0])}::VARCHAR"
    [(longest, spaced)] = store.query(
        f"SELECT max(length({text})), bool_or(contains({text}, ' ')) FROM {quoted(name)}"
    )
    return bool(longest and longest <= MAX_KEY_CHARACTERS and not spaced)
