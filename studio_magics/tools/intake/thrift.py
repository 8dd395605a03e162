"""Reads Thrift's compact form, in which Parquet writes its footer: bounded, no native code."""

from __future__ import annotations

from typing import Any

from studio_magics.tools.intake.refusal import IntakeRefused

MAX_VALUES = 2_000_000
MAX_DEPTH = 16
TRUE, FALSE, BYTE, SMALL, MIDDLE, LARGE, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)
LONGEST_NUMBER = 10


class Reader:
    """Reads one message."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._left = MAX_VALUES

    def struct(self, depth: int = 0) -> dict[int, Any]:
        """A struct as field number → value.

        Raises:
            IntakeRefused: It is not well formed, too deep or too large.
        """
        if depth > MAX_DEPTH:
            raise damaged()
        fields: dict[int, Any] = {}
        number = 0
        while (head := self._byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self._signed()
            fields[number] = self._field(head & 0x0F, depth)
        return fields

    def _field(self, kind: int, depth: int) -> Any:
        return kind == TRUE if kind in {TRUE, FALSE} else self._value(kind, depth)

    def _value(self, kind: int, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise damaged()
        if kind in {TRUE, FALSE, BYTE}:
            return self._byte()
        if kind in {SMALL, MIDDLE, LARGE}:
            return self._signed()
        if kind == DOUBLE:
            return self._taken(8)
        if kind == BINARY:
            return self._taken(self._unsigned())
        if kind in {LIST, SET}:
            return self._list(depth)
        if kind == STRUCT:
            return self.struct(depth + 1)
        raise damaged()

    def _list(self, depth: int) -> list[Any]:
        head = self._byte()
        size = self._unsigned() if head >> 4 == 0x0F else head >> 4  # noqa: PLR2004  - longer lists say their length apart
        if size > len(self._content) - self._at:
            raise damaged()
        return [self._value(head & 0x0F, depth + 1) for _ in range(size)]

    def _byte(self) -> int:
        return self._taken(1)[0]

    def _taken(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) < count:
            raise damaged()
        self._at += count
        return taken

    def _unsigned(self) -> int:
        found = 0
        for place in range(LONGEST_NUMBER):
            byte = self._byte()
            found |= (byte & 0x7F) << (7 * place)
            if not byte & 0x80:
                return found
        raise damaged()

    def _signed(self) -> int:
        found = self._unsigned()
        return (found >> 1) ^ -(found & 1)


def damaged() -> IntakeRefused:
    """The refusal of a footer that cannot be read."""
    return IntakeRefused(
        "a Parquet file with a damaged footer", "a whole Parquet file", "write the file again"
    )
