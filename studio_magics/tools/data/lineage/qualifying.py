"""Prepares a query for tracing: one name for every dataset, a source for every column, stars written out."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio_magics.tools.data.lineage.reshaping import reshaped
from studio_magics.tools.data.lineage.statements import dataset_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlglot import exp

Columns = dict[str, dict[str, str]]
UNKNOWN = "unknown"
NAMED = re.compile(r"(?:Unknown column: |Column '?\"?)(?P<name>[^'\"]+)")
MAX_TRIES = 20
SYSTEM_COLUMNS = {
    "duckdb": frozenset({"rowid"}),
    "oracle": frozenset({"ora_rowscn", "rowid", "rownum"}),
    "postgres": frozenset({"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"}),
    "sqlite": frozenset({"_rowid_", "oid", "rowid"}),
}
"""Columns that every table has without declaring them."""
USUAL_SCHEMAS = frozenset({"public", "main", "dbo", "default"})
"""Where a table stands that is named without a schema."""


@dataclass(frozen=True)
class Qualified:
    """A query that can be traced, and what was wrong with it."""

    query: exp.Expr
    missing: tuple[tuple[str, str], ...]
    """Dataset and column, where the dataset's columns are known and this is none of them."""
    notes: tuple[str, ...]


class NotQualified(ValueError):
    """The query cannot be traced; says why."""


def full_names(query: exp.Expr, known: Mapping[str, object]) -> exp.Expr:
    """The query with every table written as one quoted name, its dataset, and its own alias.

    A name without a schema stands for the only known dataset of that last name.
    """
    from sqlglot import exp

    query = query.copy()
    above = {cte.alias for cte in query.find_all(exp.CTE)}
    tables = [table for table in query.find_all(exp.Table) if isinstance(table.this, exp.Identifier)]
    twins, written = _twins(tables), {dataset_of(table) for table in tables}
    for table in tables:
        name = dataset_of(table)
        if name in above:
            continue
        alias = table.alias or (name if name in twins else table.name)
        table.set("this", exp.to_identifier(known_as(name, known), quoted=True))
        table.set("db", None)
        table.set("catalog", None)
        if not table.alias:
            table.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    for column in query.find_all(exp.Column):
        whole = ".".join(part.name for part in column.parts[:-1])
        if whole in twins:
            column.set("table", exp.to_identifier(whole, quoted=True))
        elif not any(f".{name}".endswith(f".{whole}") for name in written):
            continue  # fields of a column, as in BigQuery: sqlglot tells which part is the column
        column.set("db", None)
        column.set("catalog", None)
    return query


def _twins(tables: list[exp.Table]) -> set[str]:
    """Datasets of different schemas that share their last name in one statement and have no alias."""
    plain = {dataset_of(table): table.name for table in tables if not table.alias}
    last = list(plain.values())
    return {name for name, short in plain.items() if last.count(short) > 1}


def known_as(name: str, known: Mapping[str, object]) -> str:
    """The known dataset of a name: the same, without a usual schema, or the only one of that last name."""
    if name in known:
        return name
    schema, _, short = name.partition(".")
    if schema in USUAL_SCHEMAS and short in known:
        return short
    same = [other for other in known if other.endswith("." + name)]
    return same[0] if len(same) == 1 else name


def qualified(query: exp.Expr, declared: Mapping[str, Mapping[str, str]], dialect: str) -> Qualified:
    """Place every column; a column a known table lacks is noted and the rest goes on.

    Raises:
        NotQualified: It cannot be worked on.
    """
    from sqlglot.errors import SqlglotError

    columns: Columns = {name: dict(declared[name]) for name in _read(query) if declared.get(name)}
    missing: list[tuple[str, str]] = []
    for _ in range(MAX_TRIES):
        try:
            return Qualified(_qualify(query, columns, dialect), tuple(missing), ())
        except SqlglotError as error:
            lacking = _lacking(query, str(error), columns)
            if not lacking:
                return _without_aliases(query, columns, dialect, missing, str(error))
            for dataset, column in lacking:
                columns[dataset][column] = UNKNOWN
                if column.lower() not in SYSTEM_COLUMNS.get(dialect, frozenset()):
                    missing.append((dataset, column))
        except (RecursionError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise NotQualified(f"the optimizer gave up ({type(error).__name__})") from error
    raise NotQualified("too many columns that do not exist")


def _read(query: exp.Expr) -> list[str]:
    from sqlglot import exp

    return list(dict.fromkeys(table.name for table in query.find_all(exp.Table)))


def _without_aliases(
    query: exp.Expr, columns: Columns, dialect: str, missing: list[tuple[str, str]], reason: str
) -> Qualified:
    """Once more, not reading a name as the alias of another column; then without placing columns at all."""
    from sqlglot.errors import SqlglotError

    for options in ({"expand_alias_refs": False}, {"expand_alias_refs": False, "qualify_columns": False}):
        try:
            found = _qualify(query, columns, dialect, **options)
        except (SqlglotError, RecursionError, AttributeError, KeyError, TypeError, ValueError):
            continue
        return Qualified(found, tuple(missing), (reason.splitlines()[0],))
    raise NotQualified(reason.splitlines()[0])


def _qualify(query: exp.Expr, columns: Columns, dialect: str, **options: Any) -> exp.Expr:
    from sqlglot import exp
    from sqlglot.optimizer.qualify import qualify
    from sqlglot.schema import MappingSchema

    schema = MappingSchema(dialect=dialect, normalize=False)
    for name, found in columns.items():
        table = exp.Table(this=exp.to_identifier(name, quoted=True))
        schema.add_table(table, dict.fromkeys(found, UNKNOWN), match_depth=False)
    return qualify(
        reshaped(query.copy(), dialect),
        dialect=dialect,
        schema=schema,
        validate_qualify_columns=False,
        quote_identifiers=False,
        identify=False,
        **options,
    )


def _lacking(query: exp.Expr, told: str, columns: Columns) -> list[tuple[str, str]]:
    """Which datasets lack the column the error names."""
    from sqlglot import exp

    match = NAMED.search(told)
    if match is None:
        return []
    name = match["name"].strip()
    tables = {table.alias_or_name: table.name for table in query.find_all(exp.Table)}
    found: list[tuple[str, str]] = []
    for column in query.find_all(exp.Column):
        dataset = tables.get(column.table, "")
        if column.name == name and dataset in columns and name not in columns[dataset]:
            found.append((dataset, name))
    return list(dict.fromkeys(found))
