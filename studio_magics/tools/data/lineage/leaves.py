"""The columns of an expression, each with what it is there for: a value, a condition, a window, a sum."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlglot import exp

How = Literal[
    "IDENTITY", "TRANSFORMATION", "AGGREGATION", "CONDITIONAL", "WINDOW", "FILTER", "JOIN", "GROUP_BY", "SORT"
]
DIRECT: tuple[How, ...] = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
"""From the weakest to the strongest change of a value; the others only decide which rows or which branch."""


def leaves(written: exp.Expr, how: How) -> Iterator[tuple[exp.Expr, How]]:
    """Columns and nested queries of an expression, each with what it is there for."""
    from sqlglot import exp

    if isinstance(written, exp.Column | exp.Query):
        yield written, how
        return
    if isinstance(written, exp.AggFunc) and not isinstance(written, _of_one_row()):
        how = _summed(how)
    for name, value in written.args.items():
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, exp.Expr):
                yield from leaves(child, _inside(written, name, place, how))


def _of_one_row() -> tuple[type, ...]:
    """Functions of a window that hand on the value of one row."""
    from sqlglot import exp

    return (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)


def _summed(how: How) -> How:
    return "AGGREGATION" if how in DIRECT else how


def _inside(written: exp.Expr, name: str, place: int, how: How) -> How:
    """What this part of the expression is there for."""
    from sqlglot import exp

    if isinstance(written, exp.If | exp.Case | exp.Nvl2) and name == "this":
        return "CONDITIONAL"
    if isinstance(written, exp.Filter) and name == "expression":
        return "CONDITIONAL"
    if isinstance(written, exp.DecodeCase) and not _is_result(written, place):
        return "CONDITIONAL"
    if isinstance(written, exp.Window) and name in {"partition_by", "order"}:
        return "WINDOW"
    if isinstance(written, exp.WithinGroup) and name == "expression":
        return _summed(how)
    return how


def _is_result(decode: exp.Expr, place: int) -> bool:
    """Of decode(value, search, result, …, otherwise) a result or what it is otherwise."""
    count = len(decode.expressions)
    return (place > 1 and place % 2 == 0) or (place == count - 1 and count % 2 == 0)
