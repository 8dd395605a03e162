"""Runs the steps in their order and holds their tests against the rows."""
# ruff: noqa: S608  - names are quoted; the steps are the user's own SQL, in a session that reaches nothing else

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from studio_magics.tools.base import InputRejected
from studio_magics.tools.tabular import quoted, text_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from studio_magics.tools.base import RunContext
    from studio_magics.tools.data.pipelines.inputs import Scalar, TestsWish
    from studio_magics.tools.data.pipelines.plan import Plan, Step
    from studio_magics.tools.data.schema.facts import Store

MAX_SHOWN = 240


@dataclass(frozen=True)
class Check:
    """One test of one step."""

    step: str
    title: str
    sql: str
    """Counts the rows that break it."""


@dataclass(frozen=True)
class Checked:
    """What became of a test."""

    check: Check
    broken: int | None
    """None when it could not be run."""
    fault: str = ""


@dataclass
class Ran:
    """What became of the steps."""

    columns: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Table to its columns and their types, sources too."""
    rows: dict[str, int] = field(default_factory=dict[str, int])
    empty_columns: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    """Step to the reason it broke on the data."""
    skipped: dict[str, str] = field(default_factory=dict[str, str])
    """Step to the failed step it needs."""
    checks: list[Checked] = field(default_factory=list[Checked])


def run_steps(plan: Plan, store: Store, context: RunContext) -> Ran:
    """Bind all steps first, so that unknown columns cost nothing, then run and test one after the other.

    Raises:
        InputRejected: A step names a column or function that is not there.
    """
    ran = Ran()
    for name in plan.sources:
        _describe(name, store, ran)
    _bind(plan, store)
    for number, step in enumerate(plan.steps):
        context.progress(0.45 + 0.35 * number / max(len(plan.steps), 1), f"running {step.name}")
        _run(step, store, ran)
    return ran


def _bind(plan: Plan, store: Store) -> None:
    """Make every step a view and take it away again: only names and types are looked at."""
    import duckdb

    made: list[str] = []
    try:
        for step in plan.steps:
            store.query(f"CREATE VIEW {quoted(step.name)} AS (\n{step.sql}\n)")
            made.append(step.name)
    except duckdb.Error as error:
        step_name = plan.steps[len(made)].name
        raise InputRejected(
            "pipeline",
            found=f"step '{step_name}': {told(error)}",
            allowed="columns and functions that exist",
            action="correct the step",
        ) from error
    finally:
        for name in reversed(made):
            store.query(f"DROP VIEW {quoted(name)}")


def told(error: Exception) -> str:
    """The first line of an error of DuckDB, with the candidates it names."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    kept = (
        [lines[0], *(line for line in lines[1:3] if line.startswith("Candidate"))] if lines else ["unknown"]
    )
    return " ".join(kept)[:MAX_SHOWN]


def _run(step: Step, store: Store, ran: Ran) -> None:
    import duckdb

    needed = next((name for name in step.reads if name in ran.failed or name in ran.skipped), None)
    if needed is not None:
        ran.skipped[step.name] = needed
        return
    try:
        store.query(f"CREATE TABLE {quoted(step.name)} AS (\n{step.sql}\n)")
    except duckdb.Error as error:
        ran.failed[step.name] = told(error)
        return
    _describe(step.name, store, ran)
    ran.checks += [_checked(check, store) for check in checks_of(step.name, step.wish.tests)]


def _describe(name: str, store: Store, ran: Ran) -> None:
    described = store.query(f"DESCRIBE {quoted(name)}")
    columns = {str(row[0]): str(row[1]) for row in described}
    counts = ", ".join(["count(*)", *(f"count({quoted(column)})" for column in columns)])
    [found] = store.query(f"SELECT {counts} FROM {quoted(name)}")
    ran.columns[name] = columns
    ran.rows[name] = int(found[0])
    ran.empty_columns[name] = [
        column for column, filled in zip(columns, found[1:], strict=True) if found[0] and not filled
    ]


def _checked(check: Check, store: Store) -> Checked:
    import duckdb

    try:
        [(broken,)] = store.query(check.sql)
    except duckdb.Error as error:
        return Checked(check, None, told(error))
    return Checked(check, int(broken or 0))


def checks_of(step: str, tests: TestsWish, written: Callable[[str], str] = quoted) -> Iterator[Check]:
    """Every test of a step as a query that counts what breaks it; `written` is how a table stands in it."""
    table = written(step)
    for column in tests.not_null:
        title = f"{column} is never empty"
        yield Check(step, title, f"SELECT count(*) FROM {table} WHERE {quoted(column)} IS NULL")
    for column in tests.unique:
        yield Check(step, f"{column} has no value twice", _repeated(table, (column,)))
    if tests.key:
        yield Check(step, f"{', '.join(tests.key)} identify a row", _repeated(table, tests.key))
    for column, values in tests.accepted.items():
        allowed = ", ".join(_literal(value) for value in values) or "NULL"
        name = quoted(column)
        sql = f"SELECT count(*) FROM {table} WHERE {name} IS NOT NULL AND {name} NOT IN ({allowed})"
        yield Check(step, f"{column} is one of {len(values)} values", sql)
    for column, target in tests.references.items():
        other, _, key = target.rpartition(".")
        sql = (
            f"SELECT count(*) FROM {table} AS a WHERE a.{quoted(column)} IS NOT NULL AND NOT EXISTS "
            f"(SELECT 1 FROM {written(other)} AS b WHERE b.{quoted(key)} = a.{quoted(column)})"
        )
        yield Check(step, f"{column} is found in {target}", sql)
    for condition in tests.expressions:
        yield Check(step, condition, f"SELECT count(*) FROM {table} WHERE NOT ({condition})")
    yield from _row_checks(step, tests, table)


def _repeated(table: str, columns: tuple[str, ...]) -> str:
    names = ", ".join(quoted(column) for column in columns)
    filled = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
    return (
        f"SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {table} WHERE {filled} "
        f"GROUP BY {names} HAVING count(*) > 1)"
    )


def _row_checks(step: str, tests: TestsWish, table: str) -> Iterator[Check]:
    count = f"(SELECT count(*) FROM {table})"
    if tests.rows.min is not None:
        sql = f"SELECT greatest({tests.rows.min} - {count}, 0)"
        yield Check(step, f"at least {tests.rows.min:,} rows", sql)
    if tests.rows.max is not None:
        sql = f"SELECT greatest({count} - {tests.rows.max}, 0)"
        yield Check(step, f"at most {tests.rows.max:,} rows", sql)


def _literal(value: Scalar) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return repr(value) if isinstance(value, int | float) else text_literal(value)


def kept_parquet(names: Mapping[str, int], store: Store, limit: int) -> dict[str, bytes]:
    """The results of these steps as Parquet files, where they are not larger than `limit` bytes."""
    from pathlib import Path

    [(folder,)] = store.query("SELECT current_setting('temp_directory')")
    kept: dict[str, bytes] = {}
    for name in names:
        path = Path(str(folder)).parent / f"{name}.parquet"
        store.query(f"COPY {quoted(name)} TO {text_literal(str(path))} (FORMAT parquet)")
        if path.stat().st_size <= limit:
            kept[name] = path.read_bytes()
        path.unlink()
    return kept
