"""Faults of single tables: no key, redundant indexes, misleading types, empty and constant columns."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from studio_magics.contracts.results import Finding
from studio_magics.tools.data.schema.facts import IndexFacts
from studio_magics.tools.data.schema.reference_checks import spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from studio_magics.tools.data.schema.facts import ColumnFacts, Inspection, TableFacts, TableProfile

KEY = "the primary key"
MIN_VALUES_TO_JUDGE = 5
SHOWN_VALUES = 3


def table_findings(seen: Inspection) -> Iterator[Finding]:
    """All of them."""
    for table in seen.schema.tables:
        profile = seen.profiles[table.name]
        yield from _keys(table, profile, is_files=seen.schema.engine == "files")
        yield from _redundant(table)
        yield from _contents(table, profile)
        yield from _types(table, profile, is_sqlite=seen.schema.engine == "sqlite")


def _keys(table: TableFacts, profile: TableProfile, *, is_files: bool) -> Iterator[Finding]:
    likely = profile.likely_keys
    if likely:
        yield Finding(
            code="likely-key",
            severity="info" if is_files else "medium",
            title=f"{table.name} declares no key; {likely[0]} would be one",
            where=table.name,
            detail=f"No nulls and no repeats in {profile.row_count:,} rows: {', '.join(likely)}.",
            action=f"Declare {likely[0]} the primary key."
            if not is_files
            else "Keep it unique when rows are added.",
            count=len(likely),
        )
    elif not table.primary_key:
        yield Finding(
            code="no-key",
            severity="low" if is_files else "medium",
            title=f"{table.name} has no key",
            where=table.name,
            detail="No single column names a row"
            + (" (looked at all rows)." if profile.row_count > 1 else "; too few rows to propose one."),
            action="Add a primary key, or declare the combination of columns that is unique.",
        )


def redundant_indexes(table: TableFacts) -> list[tuple[IndexFacts, IndexFacts]]:
    """Each index that another one makes superfluous, with that other one.

    Of equal indexes the unique one stays, then the one made by a constraint, then the first by name, so that
    never both of a pair are called redundant.
    """
    key = IndexFacts(KEY, table.primary_key, is_unique=True, is_constraint=True)
    usable = [index for index in table.indexes if not index.is_partial]
    usable = [*([key] if table.primary_key else []), *usable]
    usable.sort(
        key=lambda index: (-len(index.columns), not index.is_unique, not index.is_constraint, index.name)
    )
    found: list[tuple[IndexFacts, IndexFacts]] = []
    kept: list[IndexFacts] = []
    for index in usable:
        cover = next((other for other in kept if _covers(other, index)), None)
        if cover is None or index.is_constraint:
            kept.append(index)
        else:
            found.append((index, cover))
    return found


def _covers(other: IndexFacts, index: IndexFacts) -> bool:
    starts = other.columns[: len(index.columns)] == index.columns
    return starts and (not index.is_unique or (other.is_unique and len(other.columns) == len(index.columns)))


def _redundant(table: TableFacts) -> Iterator[Finding]:
    for index, cover in redundant_indexes(table):
        yield Finding(
            code="redundant-index",
            severity="low",
            title=f"Index {index.name} on {table.name} is superfluous beside {cover.name}",
            where=f"{table.name}.{index.name}",
            detail=f"{index.name} has {spoken(index.columns)}; {cover.name} has {spoken(cover.columns)}.",
            action=f"DROP INDEX {index.name}",
        )


def _contents(table: TableFacts, profile: TableProfile) -> Iterator[Finding]:
    if not profile.row_count:
        yield Finding(
            code="empty-table", severity="info", title=f"{table.name} has no rows", where=table.name
        )
        return
    for column in table.columns:
        facts = profile.columns[column.name]
        where = f"{table.name}.{column.name}"
        if not facts.filled:
            yield Finding(
                code="empty-column",
                severity="low",
                title=f"{where} is always null",
                where=where,
                detail=f"In all {profile.row_count:,} rows.",
                action="Drop it, or find out who should fill it.",
                count=profile.row_count,
            )
        elif facts.is_constant and profile.row_count >= MIN_VALUES_TO_JUDGE:
            yield Finding(
                code="constant-column",
                severity="info",
                title=f"{where} has one and the same value in all {profile.row_count:,} rows",
                where=where,
                action="Keep it only if it will vary.",
            )


def _types(table: TableFacts, profile: TableProfile, *, is_sqlite: bool) -> Iterator[Finding]:
    for column in table.columns:
        where = f"{table.name}.{column.name}"
        if is_sqlite:
            yield from _affinity(column, where)
        text = profile.columns[column.name].text_values
        if text:
            yield Finding(
                code="text-in-number",
                severity="high",
                title=f"{text:,} values of {where} are text, though it is declared {column.type}",
                where=where,
                detail="SQLite keeps what does not convert; sums skip or misread it. "
                f"For example: {', '.join(_misplaced(profile, column.name)) or 'beyond the sample'}.",
                action="Correct the values; a STRICT table refuses them.",
                count=text,
            )
        elif column.kind == "text" and not profile.columns[column.name].is_constant:
            yield from _numbers_as_text(column, profile, where)


def _affinity(column: ColumnFacts, where: str) -> Iterator[Finding]:
    upper = column.type.upper()
    meant = treated = ""
    if "STRING" in upper and not any(part in upper for part in ("CHAR", "CLOB", "TEXT")):
        meant, treated = "text", "a number where it looks like one, so '007' becomes 7"
    elif "INT" in upper and any(part in upper for part in ("FLOAT", "DOUBLE", "REAL", "POINT")):
        meant, treated = "a number with decimals", "an integer"
    if meant:
        yield Finding(
            code="type-affinity",
            severity="medium",
            title=f"{where} is declared {column.type}: meant as {meant}, kept by SQLite as {treated}",
            where=where,
            action="Declare it TEXT." if meant == "text" else "Declare it REAL.",
        )


def _misplaced(profile: TableProfile, column: str) -> list[str]:
    if column not in profile.sample_columns:
        return []
    place = profile.sample_columns.index(column)
    return list(
        islice((repr(row[place])[:60] for row in profile.sample if isinstance(row[place], str)), SHOWN_VALUES)
    )


def _numbers_as_text(column: ColumnFacts, profile: TableProfile, where: str) -> Iterator[Finding]:
    if column.name not in profile.sample_columns:
        return
    place = profile.sample_columns.index(column.name)
    values = [row[place] for row in profile.sample if isinstance(row[place], str) and row[place].strip()]
    if len(values) < MIN_VALUES_TO_JUDGE or not all(_is_plain_number(value) for value in values):
        return
    yield Finding(
        code="numbers-as-text",
        severity="low",
        title=f"{where} holds only numbers but is {column.type}",
        where=where,
        detail=f"All {len(values):,} sampled values; text sorts '10' before '9'.",
        action="Make it a number, unless it is a code that is never calculated with.",
    )


def _is_plain_number(text: str) -> bool:
    """Digits with at most one point and a sign; a leading zero means a code, not a number."""
    digits = text.strip().removeprefix("-")
    whole, _, part = digits.partition(".")
    if not whole.isascii() or not whole.isdigit() or (part and not (part.isascii() and part.isdigit())):
        return False
    return len(whole) == 1 or not whole.startswith("0")
