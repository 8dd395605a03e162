"""Conditions of a table: a small part of SQL that is read, never trusted, and written for each database."""

from __future__ import annotations

from typing import Any

MAX_CHARACTERS = 500
DIALECTS = {"postgresql": "postgres", "sqlite": "sqlite", "mysql": "mysql"}
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
    """The condition as this database writes it."""
    import sqlglot

    return sqlglot.transpile(condition, read="postgres", write=DIALECTS[dialect])[0]


def columns_of(condition: str) -> set[str]:
    """The columns that a checked condition looks at."""
    import sqlglot
    from sqlglot import exp

    return {node.name for node in sqlglot.parse_one(condition, read="postgres").find_all(exp.Column)}
