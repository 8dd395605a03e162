"""Columns of rows as the arrays PostgreSQL reads: one text per column, quickly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from studio_server.storage.rowwise import Kind
    from studio_server.storage.tx import Row

NULL = "NULL"


def columns_of(rows: Sequence[Row], kinds: Iterable[Kind]) -> list[str]:
    """The rows turned on their side: one array literal per column."""
    return [array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True)]


def array(values: Sequence[Any], kind: Kind) -> str:
    """The literal of an array of these values; None is NULL.

    Source: PostgreSQL's manual, "Array Input and Output Syntax": quoted elements escape `"` and backslash.
    """
    if kind == "text" and values and None not in values:
        return _texts(values)
    written = WRITTEN[kind]
    return "{" + ",".join([NULL if value is None else written(value) for value in values]) + "}"


def _texts(values: Sequence[str]) -> str:
    """All at once: hardly any text has something to escape."""
    joined = "".join(values)
    if '"' in joined or "\\" in joined:
        return "{" + ",".join(map(_text, values)) + "}"
    return '{"' + '","'.join(values) + '"}'


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _bytes(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


WRITTEN: dict[Kind, Callable[[Any], str]] = {"text": _text, "bigint": int.__repr__, "bytea": _bytes}
