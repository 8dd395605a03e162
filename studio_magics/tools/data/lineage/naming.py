"""Names as the database of a dialect folds them: ORDERS in Snowflake, orders in PostgreSQL."""

# sqlglot's trees are typed as `Expr | None` almost everywhere; what is read of them is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import exp

PART = re.compile(r'"((?:[^"]|"")+)"|`([^`]+)`|\[([^\]]+)\]|([^."`\[\]]+)')
PLAIN = re.compile(r"[A-Za-z_]\w*")
MOST_PARTS = 3
"""Catalog, schema and table."""


def folded_dataset(written: str, dialect: str) -> str:
    """The dotted name that the database gives a dataset; of too many parts, as it is written."""
    from sqlglot import exp
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

    parts = [_identifier(hit) for hit in PART.finditer(written)]
    if not 1 <= len(parts) <= MOST_PARTS:
        return written
    named = dict(zip(("this", "db", "catalog"), reversed(parts), strict=False))
    table = normalize_identifiers(exp.Table(**named), dialect=dialect)
    return ".".join(part.name for part in table.parts)


def folded_column(written: str, dialect: str) -> str:
    """The name that the database gives a column."""
    from sqlglot import exp
    from sqlglot.optimizer.normalize_identifiers import normalize_identifiers

    name = exp.to_identifier(written, quoted=PLAIN.fullmatch(written) is None)
    return str(normalize_identifiers(exp.Column(this=name), dialect=dialect).name)


def _identifier(hit: re.Match[str]) -> exp.Identifier:
    from sqlglot import exp

    quoted = hit[1] or hit[2] or hit[3]
    if quoted:
        return exp.to_identifier(quoted.replace('""', '"'), quoted=True)
    return exp.to_identifier(hit[4], quoted=PLAIN.fullmatch(hit[4]) is None)
