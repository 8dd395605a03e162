"""SQL with `?` for parameters, as psycopg wants it: `%s`, and every other per cent sign doubled."""

from __future__ import annotations

import re
from functools import lru_cache

REMEMBERED = 4_096
PIECE = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|--[^\n]*|[?%]|\$\d")
"""Quoted text, quoted names and comments as a whole, so that a `?` inside them stays one."""


@lru_cache(REMEMBERED)
def translated(sql: str) -> bytes:
    """The statement for psycopg, to be run with parameters."""
    return PIECE.sub(_piece, sql).encode()


def _piece(found: re.Match[str]) -> str:
    piece = found[0]
    return "%s" if piece == "?" else piece.replace("%", "%%")
