"""What the bytes of a text table say before any parser sees them: encoding, number of records, first lines.

One pass in pieces of a megabyte. The number of records is counted here, independently of the parser, so that
rows the parser drops without a word are noticed.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from studio_magics.tools.intake.compressed import unpacked
from studio_magics.tools.intake.refusal import IntakeRefused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHUNK_BYTES = 1 << 20
HEAD_BYTES = 1 << 18
MAX_TEXT_BYTES = 2_000_000_000
"""Most bytes of text read from one file, after decompression; what stops a gzip bomb."""
SIGNATURES = (
    (b"\x80\x02", "a pickle"),
    (b"\x80\x03", "a pickle"),
    (b"\x80\x04", "a pickle"),
    (b"\x80\x05", "a pickle"),
    (b"PK\x03\x04", "a ZIP archive (Excel files are ZIP archives too)"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file"),
    (b"PAR1", "a Parquet file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
)
Encoding = Literal["utf-8", "latin-1"]


class NotText(ValueError):
    """The bytes are not a text that can be read as a table."""

    def __init__(self, found: str, action: str) -> None:
        super().__init__(found)
        self.found = found
        self.action = action


@dataclass(frozen=True)
class TextFacts:
    """What one pass over the bytes found."""

    size_bytes: int
    record_count: int
    blank_count: int
    quoted: bool
    encoding: Encoding
    head: str
    head_complete: bool
    """True when `head` is the whole text."""


@dataclass
class _Tally:
    """Counts records across pieces; a line break between double quotes does not end one."""

    records: int = 0
    blanks: int = 0
    quoted: bool = False
    inside: bool = False
    rest: bytes = b""
    decoder: codecs.IncrementalDecoder = field(default_factory=codecs.getincrementaldecoder("utf-8"))
    utf8: bool = True

    def add(self, piece: bytes, *, final: bool = False) -> None:
        if self.utf8:
            try:
                self.decoder.decode(piece, final)
            except UnicodeDecodeError:
                self.utf8 = False
        self._count(self._outside_quotes(piece), final=final)

    def _outside_quotes(self, piece: bytes) -> bytes:
        parts = piece.split(b'"')
        if len(parts) == 1:
            return b"" if self.inside else piece
        self.quoted = True
        kept = parts[1::2] if self.inside else parts[::2]
        opens_inside = self.inside
        self.inside ^= len(parts) % 2 == 0
        joined = b"x".join(kept)
        return b"x" + joined if opens_inside else joined + (b"x" if self.inside else b"")

    def _count(self, piece: bytes, *, final: bool) -> None:
        text = self.rest + piece
        if text.endswith(b"\r") and not final:
            text, held = text[:-1], b"\r"
        else:
            held = b""
        if b"\r" in text:
            text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = text.split(b"\n")
        self.rest = (b"x" if lines.pop() else b"") + held
        if final and self.rest:
            lines.append(self.rest)
        self.records += len(lines)
        self.blanks += sum(not line for line in lines)


def read_facts(path: Path) -> TextFacts:
    """Read every byte once.

    Raises:
        NotText: Empty, binary, UTF-16, or more than `MAX_TEXT_BYTES`.
    """
    tally = _Tally()
    size = 0
    head = b""
    for piece in _pieces(path):
        if size == 0:
            _refuse_binary_start(piece)
            piece = piece.removeprefix(codecs.BOM_UTF8)  # noqa: PLW2901  - the mark is not part of the text
        _refuse_zero_bytes(piece, size)
        if len(head) < HEAD_BYTES:
            head += piece[: HEAD_BYTES - len(head)]
        size += len(piece)
        tally.add(piece)
    tally.add(b"", final=True)
    if not head.strip():
        raise NotText("the file is empty", "send a file with a header line and at least one row")
    encoding: Encoding = "utf-8" if tally.utf8 else "latin-1"
    return TextFacts(
        size_bytes=size,
        record_count=tally.records,
        blank_count=tally.blanks,
        quoted=tally.quoted,
        encoding=encoding,
        head=_whole_lines(head, complete=len(head) == size).decode(encoding),
        head_complete=len(head) == size,
    )


def _pieces(path: Path) -> Iterator[bytes]:
    total = 0
    for piece in _unpacked(path) if path.suffix == ".gz" else _read(path):
        total += len(piece)
        if total > MAX_TEXT_BYTES:
            raise NotText(
                f"more than {MAX_TEXT_BYTES // 1_000_000:,} MB of text", "send fewer rows, or Parquet"
            )
        if piece:
            yield piece


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while piece := stream.read(CHUNK_BYTES):
            yield piece


def _unpacked(path: Path) -> Iterator[bytes]:
    try:
        yield from unpacked(path, "gzip")
    except IntakeRefused as refused:
        raise NotText(f"the compressed file cannot be unpacked: {refused.found}", refused.action) from refused


def _refuse_binary_start(piece: bytes) -> None:
    if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise NotText("the text is UTF-16", "save it as UTF-8, for example with `iconv -f utf-16 -t utf-8`")
    for signature, name in SIGNATURES:
        if piece.startswith(signature):
            raise NotText(
                f"the content is {name}, whatever its name says", "export it as CSV (UTF-8) or Parquet"
            )


def _refuse_zero_bytes(piece: bytes, offset: int) -> None:
    at = piece.find(b"\x00")
    if at < 0:
        return
    zeros = piece[: 1 << 12].count(b"\x00")
    if zeros * 3 > min(len(piece), 1 << 12):
        raise NotText("the text looks like UTF-16 without a byte order mark", "save it as UTF-8")
    raise NotText(
        f"binary content (a zero byte at byte {offset + at:,})", "export it as CSV (UTF-8) or Parquet"
    )


def _whole_lines(head: bytes, *, complete: bool) -> bytes:
    if complete:
        return head
    end = max(head.rfind(b"\n"), head.rfind(b"\r"))
    return head[: end + 1]
