"""How easily rows are told apart: k-anonymity, l-diversity, and what coarser values would change."""
# ruff: noqa: S608  - every name is quoted, and the session is locked

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_magics.tools.data.privacy.columns import NUMBERS
from studio_magics.tools.tabular import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from studio_magics.tools.data.privacy.columns import Look
    from studio_magics.tools.tabular import TableSource

MAX_QUASI = 6
SIZES = ((1, 1), (2, 4), (5, 9), (10, 99), (100, None))


@dataclass(frozen=True)
class Grouped:
    """Rows grouped by columns."""

    smallest: int
    groups: int
    alone: int
    """Rows nobody else looks like."""
    exposed: int
    """Rows in groups smaller than k."""
    rows: int

    @property
    def exposed_share(self) -> float:
        """Share of rows in groups smaller than k."""
        return self.exposed / self.rows if self.rows else 0.0


@dataclass(frozen=True)
class Diversity:
    """How many different values of a sensitive column there are in a group."""

    column: str
    least: int
    revealed: int
    """Rows in groups in which all have the same value: whoever knows the group knows the value."""


@dataclass(frozen=True)
class Anonymity:
    """The risk of one table."""

    quasi: tuple[str, ...]
    k: int
    now: Grouped
    sizes: tuple[tuple[str, int], ...]
    """Rows by the size of their group."""
    without: tuple[tuple[str, Grouped], ...]
    """The same with one column left out."""
    coarser: Grouped | None
    coarser_how: tuple[str, ...]
    diversity: tuple[Diversity, ...]


def quasi_of(looks: Sequence[Look], wanted: Sequence[str]) -> list[Look]:
    """The columns that together may tell who a row is about: the named ones, else those of such kinds."""
    if wanted:
        return [look for look in looks if look.name in wanted]
    found = [
        look for look in looks if look.kind is not None and look.kind.group == "quasi" and look.distinct > 1
    ]
    return sorted(found, key=lambda look: -look.distinct)[:MAX_QUASI]


def measure(table: TableSource, quasi: Sequence[Look], sensitive: Sequence[str], k: int) -> Anonymity:
    """Group the rows by the columns and count."""
    plain = [quoted(look.name) for look in quasi]
    coarse = [_coarser(look) for look in quasi]
    how = tuple(f"{look.name} as {word}" for look, (_, word) in zip(quasi, coarse, strict=True) if word)
    return Anonymity(
        quasi=tuple(look.name for look in quasi),
        k=k,
        now=_grouped(table, plain, k),
        sizes=_sizes(table, plain),
        without=tuple(
            (look.name, _grouped(table, [name for name in plain if name != quoted(look.name)], k))
            for look in quasi
            if len(quasi) > 1
        ),
        coarser=_grouped(table, [sql for sql, _ in coarse], k) if how else None,
        coarser_how=how,
        diversity=tuple(_diversity(table, plain, name) for name in sensitive),
    )


def _groups(columns: Sequence[str]) -> str:
    return f"SELECT count(*) AS n FROM data GROUP BY {', '.join(columns)}"


def _grouped(table: TableSource, columns: Sequence[str], k: int) -> Grouped:
    [row] = table.query(
        "SELECT min(n), count(*), coalesce(sum(n) FILTER (n = 1), 0), "
        f"coalesce(sum(n) FILTER (n < {int(k)}), 0), sum(n) FROM ({_groups(columns)})"
    )
    smallest, groups, alone, exposed, rows = (int(value) for value in row)
    return Grouped(smallest, groups, alone, exposed, rows)


def _sizes(table: TableSource, columns: Sequence[str]) -> tuple[tuple[str, int], ...]:
    parts = ", ".join(
        f"coalesce(sum(n) FILTER (n >= {low}{f' AND n <= {high}' if high else ''}), 0)" for low, high in SIZES
    )
    [counts] = table.query(f"SELECT {parts} FROM ({_groups(columns)})")
    names = [
        "1 row" if high == 1 else f"{low} to {high} rows" if high else f"{low} or more rows"
        for low, high in SIZES
    ]
    return tuple((name, int(count)) for name, count in zip(names, counts, strict=True))


def _coarser(look: Look) -> tuple[str, str]:
    """The column in wider steps, and how that is said; unchanged where nothing is known to help."""
    name = quoted(look.name)
    kind = look.kind.id if look.kind else ""
    if look.type in {"DATE", "TIMESTAMP"}:
        return f"(year({name}) // 10) * 10", "decade"
    is_number = look.type in NUMBERS
    if kind == "birth" and is_number:
        return f"floor({name} / 10) * 10", "decade"
    if kind == "age" or (is_number and look.distinct > 20):  # noqa: PLR2004  - fewer are coarse already
        return f"floor({name} / 10) * 10", "steps of ten"
    if kind == "postcode":
        return f"left({name}::VARCHAR, 2)", "its first two signs"
    if kind == "birth":
        year = f"nullif(regexp_extract({name}::VARCHAR, '(?:1[89]|20)[0-9]{{2}}'), '')"
        return f"coalesce({year}, {name}::VARCHAR)", "its year"
    return name, ""


def _diversity(table: TableSource, columns: Sequence[str], sensitive: str) -> Diversity:
    name = quoted(sensitive)
    [(least, revealed)] = table.query(
        f"SELECT min(v), coalesce(sum(n) FILTER (v = 1), 0) FROM (SELECT count(*) AS n, "
        f"count(DISTINCT {name}) AS v FROM data WHERE {name} IS NOT NULL GROUP BY {', '.join(columns)})"
    )
    return Diversity(sensitive, int(least or 0), int(revealed or 0))
