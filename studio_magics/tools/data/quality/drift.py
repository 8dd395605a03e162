"""What changed since the earlier table: columns, types, missing values, ranges, values and spreads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from studio_magics.contracts.quantities import number_text
from studio_magics.tools.data.quality import drift_measures as measures
from studio_magics.tools.data.quality.snapshot import (
    LEAST_OF_EACH,
    LEAST_ROWS,
    categories_in,
    code_text,
    codes_in,
    finely_in,
    kind_of,
    new_codes,
    new_values,
    numbers_in,
    outside_of,
)

if TYPE_CHECKING:
    from studio_magics.tools.data.quality.profile import ColumnProfile
    from studio_magics.tools.data.quality.snapshot import Snapshot, Spread
    from studio_magics.tools.tabular import TableSource


@dataclass(frozen=True)
class ColumnDrift:
    """One column that is in both tables; a measure that does not apply is None."""

    name: str
    before: ColumnProfile
    now: ColumnProfile
    psi: float | None = None
    psi_by_chance: float = 0.0
    ks: float | None = None
    ks_by_chance: float | None = None
    """The distance that chance alone would pass in one case of a hundred."""
    outside_count: int | None = None
    """Numbers below the least or above the greatest of the earlier table."""
    new_values: tuple[tuple[str, int], ...] = ()
    new_value_count: int | None = None
    """Rows with a value that the earlier table did not have; None where values are not compared."""
    vanished_values: tuple[str, ...] = ()
    buckets: tuple[tuple[str, int, int], ...] = ()
    """Name of a bucket, how many before, how many now; for the picture and the report."""

    @property
    def has_other_type(self) -> bool:
        """Whether the values mean something else now."""
        return self.before.reading != self.now.reading

    @property
    def missing_change(self) -> float:
        """How much the share of missing values grew, -1 to 1."""
        return self.now.missing_share - self.before.missing_share

    @property
    def outside_share(self) -> float | None:
        """Numbers outside the earlier range over all numbers."""
        if self.outside_count is None or not self.now.present_count:
            return None
        return self.outside_count / self.now.present_count

    @property
    def new_value_share(self) -> float | None:
        """Rows with new values over rows with any."""
        if self.new_value_count is None or not self.now.present_count:
            return None
        return self.new_value_count / self.now.present_count

    @property
    def is_stale(self) -> bool:
        """Whether the newest moment is no newer than before."""
        newest = (
            (self.before.dates.newest, self.now.dates.newest)
            if self.before.dates and self.now.dates
            else None
        )
        return newest is not None and newest[1] <= newest[0]


@dataclass(frozen=True)
class Drift:
    """The earlier table against the current one."""

    before_name: str
    before_rows: int
    now_rows: int
    new_columns: tuple[str, ...]
    vanished_columns: tuple[str, ...]
    columns: tuple[ColumnDrift, ...]
    not_compared: tuple[str, ...]
    """Columns in both tables whose spread could not be compared."""

    @property
    def row_change(self) -> float | None:
        """How much the number of rows grew, as a share of before."""
        return (self.now_rows - self.before_rows) / self.before_rows if self.before_rows else None


def compare(table: TableSource, columns: tuple[ColumnProfile, ...], before: Snapshot) -> Drift:
    """Count the current table in the buckets of the earlier one; names of columns are compared exactly."""
    current = {column.name: column for column in columns}
    shared = [name for name in current if name in before.columns]
    compared = tuple(
        _column(table, before.columns[name], current[name], before.spreads.get(name)) for name in shared
    )
    return Drift(
        before_name=before.name,
        before_rows=before.row_count,
        now_rows=table.row_count,
        new_columns=tuple(name for name in current if name not in before.columns),
        vanished_columns=tuple(name for name in before.columns if name not in current),
        columns=compared,
        not_compared=tuple(one.name for one in compared if one.psi is None and not one.before.dates),
    )


def _column(
    table: TableSource, before: ColumnProfile, now: ColumnProfile, spread: Spread | None
) -> ColumnDrift:
    bare = ColumnDrift(before.name, before, now)
    if spread is None or min(before.present_count, now.present_count) < LEAST_ROWS:
        return bare
    if spread.edges and now.numbers is not None:
        numbers = _numbers(table, bare, spread)
        return _codes(table, numbers, spread) if spread.codes else numbers
    if spread.categories and kind_of(now) != "key" and now.reading in {"text", "boolean"}:
        return _categories(table, bare, spread)
    return bare


def _numbers(table: TableSource, bare: ColumnDrift, spread: Spread) -> ColumnDrift:
    counts = numbers_in(table, bare.now, spread.edges)
    facts = bare.before.numbers
    low, high = (facts.minimum, facts.maximum) if facts else (spread.edges[0], spread.edges[-1])
    names, before, now = _tenths(spread, counts)
    return ColumnDrift(
        bare.name,
        bare.before,
        bare.now,
        psi=measures.psi(before, now),
        psi_by_chance=measures.psi_by_chance(before, now),
        ks=measures.ks(spread.fine, finely_in(table, bare.now, spread.edges))
        if spread.fine
        else measures.ks(spread.counts, counts),
        ks_by_chance=measures.by_chance(sum(spread.counts), sum(counts)),
        outside_count=outside_of(table, bare.now, low, high),
        buckets=tuple(zip(names, before, now, strict=True)),
    )


def _codes(table: TableSource, numbers: ColumnDrift, spread: Spread) -> ColumnDrift:
    """Very few different numbers: value by value, so that a new one between the old ones is seen."""
    counts = codes_in(table, numbers.now, spread.codes)
    names = (*map(code_text, spread.codes), "new values")
    expected = (one * sum(counts) / sum(spread.code_counts) for one in spread.code_counts)
    vanished = tuple(
        name for name, likely, found in zip(names[:-1], expected, counts, strict=False)
        if likely >= LEAST_OF_EACH and not found
    )  # fmt: skip
    return replace(
        numbers,
        psi=measures.psi(spread.code_counts, counts),
        psi_by_chance=measures.psi_by_chance(spread.code_counts, counts),
        new_values=tuple(new_codes(table, numbers.now, spread.codes)) if counts[-1] else (),
        new_value_count=counts[-1],
        vanished_values=vanished,
        buckets=tuple(zip(names, spread.code_counts, counts, strict=True)),
    )


def _tenths(spread: Spread, counts: tuple[int, ...]) -> tuple[list[str], list[int], list[int]]:
    """About ten buckets of the hundred: each closes when a tenth of the earlier values is in it."""
    names: list[str] = []
    before: list[int] = []
    now: list[int] = []
    share = sum(spread.counts) / 10
    sums = [0, 0]
    start, reached = "", 0
    for place, (one, other) in enumerate(zip(spread.counts, counts, strict=True)):
        sums = [sums[0] + one, sums[1] + other]
        reached += one
        is_last = place == len(counts) - 1
        if is_last or reached >= share * (len(names) + 1):
            edge = number_text(float(f"{spread.edges[place]:.4g}")) if place < len(spread.edges) else ""
            names.append(f"to {edge}" if not start else f"{start} to {edge}" if edge else f"above {start}")
            before.append(sums[0])
            now.append(sums[1])
            start, sums = edge, [0, 0]
    return names, before, now


def _categories(table: TableSource, bare: ColumnDrift, spread: Spread) -> ColumnDrift:
    counts = categories_in(table, bare.now, spread.categories)
    names = (*spread.categories, "new values")
    vanished = tuple(
        name for name, old, new in zip(names[:-1], spread.counts, counts, strict=False) if old and not new
    )
    return ColumnDrift(
        bare.name,
        bare.before,
        bare.now,
        psi=measures.psi(spread.counts, counts),
        psi_by_chance=measures.psi_by_chance(spread.counts, counts),
        new_values=tuple(new_values(table, bare.now, spread.categories)) if counts[-1] else (),
        new_value_count=counts[-1],
        vanished_values=vanished,
        buckets=tuple(zip(names, spread.counts, counts, strict=True)),
    )
