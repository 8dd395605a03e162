"""Writes what dialects leave unsaid: the columns that a value of several parts or a list comes to."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

NAMED_AFTER_ALIAS = frozenset({"postgres", "redshift"})


def reshaped(query: exp.Expr, dialect: str) -> exp.Expr:
    """The query, changed in place, with such columns written out."""
    from sqlglot import exp

    for nested in query.find_all(exp.Subquery, exp.CTE):
        _spread(nested)
    for select in query.find_all(exp.Select):
        _write_out_windows(select)
    if dialect in NAMED_AFTER_ALIAS:
        for source in query.find_all(exp.Unnest, exp.Table):
            _name_its_column(source)
    return query


def _write_out_windows(select: exp.Expr) -> None:
    """`sum(a) OVER w … WINDOW w AS (PARTITION BY b)`: each window says itself how it is cut and sorted."""
    from sqlglot import exp

    named = {one.this.name: one for one in select.args.get("windows") or []}
    for window in select.find_all(exp.Window) if named else ():
        base = named.get(window.alias)
        if base is None or window in named.values():
            continue
        for part in ("partition_by", "order"):
            if not window.args.get(part) and base.args.get(part):
                value = base.args[part]
                copied = [one.copy() for one in value] if isinstance(value, list) else value.copy()
                window.set(part, copied)


def _spread(nested: exp.Expr) -> None:
    """`(SELECT a, (f(b)).* FROM t) AS s (a, x, y)`: x and y are both made of f(b)."""
    from sqlglot import exp

    alias = nested.args.get("alias")
    names = [column.name for column in alias.args.get("columns") or []] if alias is not None else []
    selects = nested.this.selects if isinstance(nested.this, exp.Select) else []
    parts = [place for place, one in enumerate(selects) if _is_of_parts(one)]
    more = len(names) - len(selects) + 1
    if len(parts) != 1 or more < 1:
        return
    first, whole = parts[0], selects[parts[0]].this
    spread = [exp.alias_(whole.copy(), name, quoted=True) for name in names[first : first + more]]
    nested.this.set("expressions", [*selects[:first], *spread, *selects[first + 1 :]])


def _is_of_parts(written: exp.Expr) -> bool:
    from sqlglot import exp

    return isinstance(written, exp.Dot) and isinstance(written.expression, exp.Star)


def _name_its_column(source: exp.Expr) -> None:
    """`FROM unnest(a) AS k`: the table k has one column, which is named k too."""
    from sqlglot import exp

    is_list = isinstance(source, exp.Unnest) or isinstance(source.this, exp.GenerateSeries)
    alias = source.args.get("alias")
    if is_list and alias is not None and alias.this is not None and not alias.args.get("columns"):
        alias.set("columns", [alias.this.copy()])
