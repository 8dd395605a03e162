"""Conditions of a table: a small part of SQL that is read, never trusted, and written for each database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.schema_designer.reserved import reserved_in

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MAX_CHARACTERS = 500
DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql"}
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")
FUNCTIONS = ("length", "lower", "upper", "abs", "trim", "round", "coalesce")


class ConditionRefused(ValueError):
    """The condition uses what is not taken here."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(found)
        self.found = found
        self.allowed = allowed


def check_condition(text: str, columns: set[str]) -> str:
    """The condition in plain form.

    Raises:
        ConditionRefused: No SQL condition, a column of another table, a subquery, or a function not listed.
    """
    from sqlglot import exp

    if len(text) > MAX_CHARACTERS:
        raise ConditionRefused(f"{len(text):,} characters", f"at most {MAX_CHARACTERS}")
    tree = _parsed(text)
    for node in tree.walk():
        if isinstance(node, exp.Column):
            if node.name not in columns or node.args.get("table"):
                raise ConditionRefused(f"the column '{node.name[:60]}'", "columns of this table")
        elif not isinstance(node, _allowed()):
            raise ConditionRefused(
                f"'{node.key}'", f"comparisons, and, or, not, in, between, like, {_listed()}"
            )
    return tree.sql(dialect="postgres")


def _parsed(text: str) -> Any:
    import sqlglot
    from sqlglot.errors import SqlglotError

    try:
        statements = sqlglot.parse(f"SELECT 1 WHERE {text}", read="postgres")
    except (SqlglotError, RecursionError) as error:
        raise ConditionRefused("text that is no condition", "for example: total >= 0") from error
    where = statements[0].args.get("where") if len(statements) == 1 and statements[0] else None
    extra = statements[0] and {key for key, value in statements[0].args.items() if value} - {
        "expressions",
        "where",
        "kind",
    }
    if where is None or extra:
        raise ConditionRefused("text that is no condition", "for example: total >= 0")
    return where.this


def _allowed() -> tuple[type, ...]:
    from sqlglot import exp

    return (
        exp.Identifier,
        exp.Literal,
        exp.Boolean,
        exp.Null,
        exp.And,
        exp.Or,
        exp.Not,
        exp.Paren,
        exp.EQ,
        exp.NEQ,
        exp.GT,
        exp.GTE,
        exp.LT,
        exp.LTE,
        exp.Is,
        exp.In,
        exp.Between,
        exp.Like,
        exp.Add,
        exp.Sub,
        exp.Mul,
        exp.Neg,
        exp.Length,
        exp.Lower,
        exp.Upper,
        exp.Abs,
        exp.Trim,
        exp.Round,
        exp.Coalesce,
    )


def _listed() -> str:
    return ", ".join(FUNCTIONS)


def written_for(condition: str, dialect: str) -> str:
    """The condition as this database writes it, with names in quotes that it would change or refuse."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(condition, read="postgres")
    for node in tree.find_all(exp.Column):
        plain = PLAIN_NAME.fullmatch(node.name) and not reserved_in(node.name, (dialect,))
        node.this.set("quoted", not plain)
    return tree.sql(dialect=DIALECTS[dialect])


def columns_of(condition: str) -> set[str]:
    """The columns that a checked condition looks at."""
    import sqlglot
    from sqlglot import exp

    return {node.name for node in sqlglot.parse_one(condition, read="postgres").find_all(exp.Column)}


def renamed_condition(condition: str, names: Mapping[str, str]) -> str:
    """The checked condition with columns called anew."""
    if not any(names.get(name, name) != name for name in columns_of(condition)):
        return condition
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(condition, read="postgres")
    for node in list(tree.find_all(exp.Column)):
        node.this.set("this", names.get(node.name, node.name))
    return tree.sql(dialect="postgres")


def plainer(tree: Any, texts: Collection[str] = ()) -> Any:
    """Without what PostgreSQL adds when it writes a condition back: casts of constants, '= ANY (ARRAY[…])'.

    A cast to text is also taken from the columns in `texts`, which hold text anyway.
    """

    def bare(node: Any) -> Any:
        from sqlglot import exp

        if isinstance(node, exp.Cast) and _needs_no_cast(node, texts):
            return _constant(node)
        if isinstance(node, exp.EQ) and isinstance(node.expression, exp.Any):
            inner = _inside(node.expression.this)
            if isinstance(inner, exp.Array):
                values = [bare(_inside(one)) for one in inner.expressions]
                return exp.In(this=bare(_inside(node.this)), expressions=values)
        return node

    return _inside(tree.copy().transform(bare)) if tree is not None else None


def _needs_no_cast(node: Any, texts: Collection[str]) -> bool:
    from sqlglot import exp

    inner = _inside(node.this)
    if isinstance(inner, exp.Literal | exp.Null | exp.Neg):
        return True
    if isinstance(inner, exp.Array):
        return True
    return isinstance(inner, exp.Column) and inner.name in texts and node.is_type("text", "varchar")


def _constant(node: Any) -> Any:
    """What is inside of the cast; a number that was quoted is one again."""
    from sqlglot import exp

    inner = _inside(node.this)
    numeric = node.is_type(*exp.DataType.NUMERIC_TYPES)
    return exp.Literal.number(inner.this) if numeric and inner.is_string else inner


def _inside(node: Any) -> Any:
    from sqlglot import exp

    while isinstance(node, exp.Paren | exp.Cast) and (isinstance(node, exp.Paren) or _is_array(node)):
        node = node.this
    return node


def _is_array(node: Any) -> bool:
    from sqlglot import exp

    return isinstance(node.this.unnest(), exp.Array)
