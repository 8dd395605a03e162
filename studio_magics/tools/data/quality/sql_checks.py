# ruff: noqa: S608  - the condition was parsed before and stands alone in a locked session
"""Conditions the user writes in SQL: one expression over one row, parsed before it is run.

The session is locked, so a condition reaches nothing outside the table anyway; refusing subqueries and
functions that change from call to call keeps the result the same on every run.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from studio_magics.tools.data.quality.expectations import ExpectationsRejected, SqlCheck, did_you_mean
from studio_magics.tools.tabular import TableSource

if TYPE_CHECKING:
    from collections.abc import Iterator

ALLOWED = "one true-or-false SQL expression over the columns of a row, without SELECT"
GROWING = frozenset({"lpad", "rpad", "repeat", "list_resize", "array_resize", "printf", "format", "bar"})
"""Functions that make values of any size from a small number."""
EXAMPLE = "for example total = net + tax"


def failing_counts(table: TableSource, check: SqlCheck) -> tuple[int, int]:
    """How many rows break the condition, and for how many it is unknown (NULL), which breaks nothing.

    Raises:
        ExpectationsRejected: It is not one boolean expression, names an unknown column, or fails on a value.
    """
    import duckdb

    _refuse_more_than_an_expression(table, check)
    try:
        kind = table.query(f"SELECT typeof((\n{check.sql}\n)) FROM {TableSource.relation} LIMIT 1")
        if kind and kind[0][0] not in {"BOOLEAN", '"NULL"'}:
            raise _refused(check, f"a result of type {kind[0][0]}")
        failing, unknown = table.query(
            f"SELECT count(*) FILTER (NOT (\n{check.sql}\n)), count(*) FILTER ((\n{check.sql}\n) IS NULL)"
            f" FROM {TableSource.relation} WHERE (\n{check.sql}\n) IS NOT TRUE"
        )[0]
    except duckdb.Error as error:
        raise _refused(check, str(error).splitlines()[0]) from error
    return failing, unknown


def failing_rows(table: TableSource, check: SqlCheck, limit: int) -> list[int]:
    """Numbers of the first rows that break the condition; the first row of data is 1."""
    rows = table.query(
        f"SELECT {table.row_number_sql} FROM {TableSource.relation}"
        f" WHERE NOT (\n{check.sql}\n) ORDER BY 1 LIMIT {limit}"
    )
    return [row[0] for row in rows if row[0] is not None]


def _refuse_more_than_an_expression(table: TableSource, check: SqlCheck) -> None:
    statement = f"SELECT 1 FROM {TableSource.relation} WHERE (\n{check.sql}\n)"
    parsed = json.loads(table.query("SELECT json_serialize_sql($1::VARCHAR)", [statement])[0][0])
    if parsed.get("error"):
        raise _refused(check, str(parsed.get("error_message", "no SQL")).splitlines()[0])
    if len(parsed["statements"]) != 1:
        raise _refused(check, "more than one statement")
    node = parsed["statements"][0]["node"]
    if node["type"] != "SELECT_NODE" or len(node["select_list"]) != 1 or node["modifiers"]:
        raise _refused(check, "more than an expression")
    for part in _nodes(node["where_clause"]):
        if part.get("class") in {"SUBQUERY", "WINDOW", "PARAMETER", "LAMBDA"}:
            raise _refused(check, f"a {str(part['class']).lower()}")
        if part.get("class") == "FUNCTION":
            _refuse_function(table, check, str(part["function_name"]))
        if part.get("class") == "COLUMN_REF":
            _refuse_other_names(table, check, part["column_names"])


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            node = cast("dict[str, Any]", one)
            yield node
            waiting.extend(node.values())
        elif isinstance(one, list):
            waiting.extend(cast("list[Any]", one))


def _refuse_function(table: TableSource, check: SqlCheck, name: str) -> None:
    stable = table.query(
        "SELECT bool_and(coalesce(stability, 'CONSISTENT') = 'CONSISTENT' AND function_type IN "
        "('scalar', 'macro'))"
        " FROM duckdb_functions() WHERE function_name = $1",
        [name],
    )[0][0]
    if stable is False or name in GROWING:
        raise _refused(
            check, f"the function '{name}', which changes, makes rows or makes texts of any length"
        )


def _refuse_other_names(table: TableSource, check: SqlCheck, parts: list[str]) -> None:
    """A name must be a column; `current_date` is a name to the parser, but a run has its own clock."""
    known = [column.name for column in table.columns]
    folded = {name.casefold() for name in known}
    name = parts[1] if len(parts) > 1 and parts[0].casefold() == TableSource.relation else parts[0]
    if name.casefold() not in folded:
        found = f"check '{check.name}': no column '{name}'"
        raise ExpectationsRejected(
            found=found, allowed="columns of the table", action=did_you_mean(name, known)
        )


def _refused(check: SqlCheck, found: str) -> ExpectationsRejected:
    return ExpectationsRejected(found=f"check '{check.name}': {found}", allowed=ALLOWED, action=EXAMPLE)
