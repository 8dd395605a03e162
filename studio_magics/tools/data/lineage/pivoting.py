"""PIVOT and UNPIVOT: which columns they make, and of what."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp
    from sqlglot.optimizer.scope import Scope

    from studio_magics.tools.data.lineage.leaves import How

Parts = list[tuple["exp.Expr", "How"]]


def pivot_called(name: str, scope: Scope) -> exp.Expr | None:
    """The PIVOT whose result has this name in the query."""
    return next((one for one in scope.pivots if one.alias == name), None)


def pivot_source(pivot: exp.Expr) -> str:
    """The name of the table or query that is turned."""
    return pivot.parent.alias_or_name if pivot.parent is not None else ""


def made_by_pivot(pivot: exp.Expr, name: str) -> Parts | None:
    """The expressions a new column is made of; None for a column that stays as it was."""
    return _unpivoted(pivot, name) if pivot.args.get("unpivot") else _pivoted(pivot, name)


def _pivoted(pivot: exp.Expr, name: str) -> Parts | None:
    """`sum(x) FOR y IN (1, 2)`: the columns 1 and 2 are sums of x, and y decides into which a row goes."""
    made = [one.name for one in pivot.args.get("columns") or []]
    if name not in made:
        return None
    named = {one.alias: one for one in pivot.expressions if one.alias}
    mine = [one for alias, one in named.items() if name.startswith(alias) or name.endswith(alias)]
    sums: Parts = [(one.unalias(), "TRANSFORMATION") for one in mine or pivot.expressions]
    return sums + [(one.this, "CONDITIONAL") for one in pivot.args.get("fields") or []]


def _unpivoted(pivot: exp.Expr, name: str) -> Parts | None:
    """`value FOR name IN (p, q)`: value is p or q, and name is none of them but what they are called."""
    from sqlglot import exp

    fields = pivot.args.get("fields") or []
    values = [part.name for one in pivot.expressions for part in (one.expressions or [one])]
    if name in values:
        turned = [
            column for one in fields for part in one.expressions for column in part.find_all(exp.Column)
        ]
        count = len(values)
        return [(one, "IDENTITY") for place, one in enumerate(turned) if place % count == values.index(name)]
    return [] if name in {one.this.name for one in fields} else None
