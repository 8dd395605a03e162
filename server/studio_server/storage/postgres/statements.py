"""SQL with `?` for parameters, as PostgreSQL wants it: `$1`, `$2` … in their order."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count

REMEMBERED = 4_096
PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|\?")
"""Quoted text, quoted names and comments as a whole, so that a `?` inside them stays one."""


@lru_cache(REMEMBERED)
def translated(sql: str) -> bytes:
    """The statement as the server numbers its parameters."""
    numbers = count(1)
    return PIECE.sub(lambda found: f"${next(numbers)}" if found[0] == "?" else found[0], sql).encode()


@lru_cache(REMEMBERED)
def as_one(statements: tuple[str, ...]) -> str:
    """One statement that runs these INSERTs and UPDATEs together and gives one row: the changes of each."""
    parts = ", ".join(f"w{place} AS ({sql} RETURNING 1)" for place, sql in enumerate(statements))
    counts = ", ".join(f"(SELECT count(*) FROM w{place})" for place in range(len(statements)))  # noqa: S608  - a number
    return f"WITH {parts} SELECT {counts}"
