"""Compressed streams, unpacked piece by piece within limits: how much comes out, and out of how little."""

from __future__ import annotations

import bz2
import lzma
import zlib
from typing import TYPE_CHECKING, Literal, Protocol

from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Compression = Literal["gzip", "bzip2", "xz", "zlib"]
READ_BYTES = 1 << 16
PIECE_BYTES = 1 << 20
MAX_UNPACKED_BYTES = 2_000_000_000
MAX_RATIO = 200
"""Real data compresses three to thirty times; a bomb a thousand times and more."""
FREE_BYTES = 16_000_000
"""So much may come out whatever the ratio is: small tables of one value are no bombs."""
MAX_MEMBERS = 10_000
MAX_WINDOW_BYTES = 100_000_000


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def drain(self, block: bytes) -> Iterator[bytes]: ...


def unpacked(path: Path, kind: Compression, *, most_bytes: int = MAX_UNPACKED_BYTES) -> Iterator[bytes]:
    """The content in pieces of at most a megabyte.

    Raises:
        IntakeRefused: More comes out than allowed, or than is plausible; it is cut off; or more follows it.
    """
    total = taken = 0
    with path.open("rb") as stream:
        members = _Members(kind)
        while block := stream.read(READ_BYTES):
            taken += len(block)
            for piece in members.feed(block):
                total += len(piece)
                _refuse_bomb(total, taken, most_bytes)
                yield piece
        members.finish()


def _refuse_bomb(total: int, taken: int, most_bytes: int) -> None:
    if total > most_bytes:
        allowed = f"at most {most_bytes // 10**6:,} MB unpacked"
        raise IntakeRefused(f"more than {most_bytes // 10**6:,} MB unpacked", allowed, "send less")
    if total > FREE_BYTES and total > taken * MAX_RATIO:
        found = f"content that grows more than {MAX_RATIO} times when it is unpacked"
        raise IntakeRefused(found, f"at most {MAX_RATIO} times", "send it uncompressed, or a part of it")


class _Members:
    """The members of a stream, one after the other."""

    def __init__(self, kind: Compression) -> None:
        self._kind: Compression = kind
        self._current: _Decompressor | None = None
        self._count = 0
        self._padding = False

    def feed(self, block: bytes) -> Iterator[bytes]:
        """What this block unpacks to."""
        rest = block
        while rest:
            if self._current is None and not self._begin(rest):
                return
            yield from self._drained(rest)
            current = self._current
            if current is None or not current.eof:
                return
            rest, self._current = current.unused_data, None

    def finish(self) -> None:
        """Look at the end."""
        if self._current is not None or not self._count:
            raise IntakeRefused(
                f"a {self._kind} stream that was cut off",
                "a whole file",
                "compress it again, or send it again",
            )

    def _begin(self, rest: bytes) -> bool:
        """Open the next member; zeros after the last one are padding, anything else is refused."""
        if self._count and not rest.strip(b"\x00"):
            self._padding = True
            return False
        if self._padding or (self._count and not rest.startswith(_MAGIC[self._kind][: len(rest)])):
            raise IntakeRefused(
                f"bytes after the end of the {self._kind} stream", "one stream", "compress it again"
            )
        self._count += 1
        if self._count > MAX_MEMBERS:
            raise IntakeRefused(
                f"more than {MAX_MEMBERS:,} streams in one file", "one stream", "compress it again"
            )
        self._current = _new(self._kind)
        return True

    def _drained(self, block: bytes) -> Iterator[bytes]:
        try:
            yield from self._current.drain(block) if self._current else ()
        except (zlib.error, OSError, EOFError, lzma.LZMAError, ValueError) as error:
            if isinstance(error, IntakeRefused):
                raise
            raise IntakeRefused(
                f"a damaged {self._kind} stream", "a whole file", "compress it again, or send it again"
            ) from error


_MAGIC: dict[Compression, bytes] = {
    "gzip": b"\x1f\x8b",
    "bzip2": b"BZh",
    "xz": b"\xfd7zXZ\x00",
    "zlib": b"\x78",
}


def _new(kind: Compression) -> _Decompressor:
    if kind in {"gzip", "zlib"}:
        return _Inflating(kind)
    return _Windowed(
        bz2.BZ2Decompressor() if kind == "bzip2" else lzma.LZMADecompressor(memlimit=MAX_WINDOW_BYTES)
    )


class _Inflating:
    """zlib's own streams."""

    def __init__(self, kind: Compression) -> None:
        self._stream = zlib.decompressobj(31 if kind == "gzip" else 15)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def drain(self, block: bytes) -> Iterator[bytes]:
        while True:
            piece = self._stream.decompress(block, PIECE_BYTES)
            yield piece
            block = self._stream.unconsumed_tail
            if self._stream.eof or (not block and len(piece) < PIECE_BYTES):
                return


class _Windowed:
    """bzip2 and xz."""

    def __init__(self, stream: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._stream = stream

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def drain(self, block: bytes) -> Iterator[bytes]:
        yield self._stream.decompress(block, PIECE_BYTES)
        while not self._stream.eof and not self._stream.needs_input:
            yield self._stream.decompress(b"", PIECE_BYTES)
