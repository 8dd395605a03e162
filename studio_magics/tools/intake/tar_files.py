"""Tar archives, read by hand: only plain files and folders, no huge header, all sizes bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from studio_magics.tools.intake.compressed import MAX_UNPACKED_BYTES, Compression, unpacked
from studio_magics.tools.intake.names import Names, shown
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.signatures import HEAD_BYTES, PACKED, TITLES, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 512
MAX_ENTRIES = 10_000
MAX_HEADER_BYTES = 1 << 20
REPACK = "pack it again: tar --format=ustar"
LINKS = frozenset(b"12")
FOLDER, FILES = ord("5"), frozenset(b"0\x007")
LONG_NAME, LONG_LINK, PAX, PAX_FOR_ALL = ord("L"), ord("K"), ord("x"), ord("g")


@dataclass(frozen=True)
class Entry:
    """One entry; its content comes in `pieces`, which must be read before the next entry."""

    name: str
    is_folder: bool
    size_bytes: int
    pieces: Iterator[bytes]


class Source(Protocol):
    """Where the bytes of an archive come from."""

    def exactly(self, count: int) -> bytes:
        """The next bytes; fewer at the end."""
        ...


class _Pieces:
    """Bytes of an iterator of pieces, as many as are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._held = bytearray()

    def exactly(self, count: int) -> bytes:
        while len(self._held) < count and (piece := next(self._pieces, None)) is not None:
            self._held += piece
        taken = bytes(self._held[:count])
        del self._held[:count]
        return taken


def check_tar(path: Path, compression: Compression | None = None) -> int:
    """Look through the whole archive and tell how many entries it has.

    Raises:
        IntakeRefused: It is damaged, or a trap.
    """
    count = 0
    for entry in entries(path, compression):
        count += 1
        head = bytearray()
        for piece in entry.pieces:
            if len(head) < HEAD_BYTES:
                head += piece[:HEAD_BYTES]
        _check_head(entry.name, bytes(head))
    return count


def _check_head(name: str, head: bytes) -> None:
    kind = kind_of(head)
    if kind in PACKED:
        what = TITLES.get(kind, "an archive")
        raise IntakeRefused(f"{what} inside the archive, {shown(name)}", "files only", "unpack it first")
    if kind == "pickle" or name.lower().endswith((".pkl", ".pickle", ".joblib")):
        found = f"a pickle inside the archive, {shown(name)}"
        raise IntakeRefused(found, "data that cannot run code", "write the table as Parquet")


def entries(path: Path, compression: Compression | None = None) -> Iterator[Entry]:
    """The entries of the archive, in order.

    Raises:
        IntakeRefused: It is damaged, or a trap; what came before was plain.
    """
    source = _Pieces(unpacked(path, compression) if compression else _blocks(path))
    yield from _Reader(source).entries()


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(1 << 16):
            yield block


class _Reader:
    """Reads one archive from its start to its end."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._names = Names()
        self._given_name: str | None = None
        self._total = self._count = self._in_a_row = 0

    def entries(self) -> Iterator[Entry]:
        while (header := self._header()) is not None:
            size = _number(header[124:136])
            kind = header[156]
            if kind in {LONG_NAME, LONG_LINK, PAX, PAX_FOR_ALL}:
                self._note(kind, size)
                continue
            yield self._entry(header, kind, size)

    def _header(self) -> bytes | None:
        header = self._source.exactly(BLOCK)
        if header and not header.strip(b"\x00"):
            return None
        if len(header) < BLOCK:
            raise IntakeRefused("a tar archive that was cut off", "a whole archive", "send it again")
        counted = sum(header[:148]) + 8 * 32 + sum(header[156:])
        if counted != _number(header[148:156]):
            raise IntakeRefused("a damaged tar archive", "a whole archive", REPACK)
        return header

    def _note(self, kind: int, size: int) -> None:
        """A header that says something of the next entry."""
        self._in_a_row += 1
        if size > MAX_HEADER_BYTES or self._in_a_row > 4:  # noqa: PLR2004  - a real archive has at most three
            raise IntakeRefused("a tar archive with huge headers", "usual headers", REPACK)
        content = self._source.exactly(size)
        self._source.exactly(-size % BLOCK)
        if kind == LONG_NAME:
            self._given_name = content.split(b"\x00", 1)[0].decode("utf-8", "replace")
        elif kind == PAX:
            self._given_name = _pax_path(content) or self._given_name
        elif kind == PAX_FOR_ALL and b" path=" in content:
            raise IntakeRefused("a tar archive that renames all of its entries", "usual headers", REPACK)

    def _entry(self, header: bytes, kind: int, size: int) -> Entry:
        name = self._given_name or _header_name(header)
        self._given_name, self._in_a_row = None, 0
        if kind != FOLDER and kind not in FILES:
            what = "a link" if kind in LINKS else "a device, a pipe or an unusual file"
            raise IntakeRefused(
                f"{what}, the entry {shown(name)}", "plain files and folders", "replace it by a copy"
            )
        is_folder = kind == FOLDER or name.endswith("/")
        self._count += 1
        if self._count > MAX_ENTRIES:
            found = f"more than {MAX_ENTRIES:,} entries"
            raise IntakeRefused(found, f"at most {MAX_ENTRIES:,}", "send fewer files")
        self._weigh(name, size, is_folder=is_folder)
        plain = self._names.take(name.removeprefix("./") or ".", is_folder=is_folder) if name != "./" else "."
        return Entry(plain, is_folder, size, self._content(size))

    def _weigh(self, name: str, size: int, *, is_folder: bool) -> None:
        self._total += size
        if is_folder and size:
            raise IntakeRefused(f"the folder {shown(name)} with content", "plain files and folders", REPACK)
        if self._total > MAX_UNPACKED_BYTES:
            allowed = f"at most {MAX_UNPACKED_BYTES // 10**6:,} MB unpacked"
            raise IntakeRefused(
                f"more than {MAX_UNPACKED_BYTES // 10**6:,} MB unpacked", allowed, "send fewer files"
            )

    def _content(self, size: int) -> Iterator[bytes]:
        left = size
        while left:
            piece = self._source.exactly(min(left, 1 << 16))
            if not piece:
                raise IntakeRefused("a tar archive that was cut off", "a whole archive", "send it again")
            left -= len(piece)
            yield piece
        self._source.exactly(-size % BLOCK)


def _number(field: bytes) -> int:
    """A size as tar writes it: octal digits. The form for larger numbers is beyond what is allowed here."""
    digits = field.strip(b" \x00")
    if field[:1] >= b"\x80" or any(digit not in b"01234567" for digit in digits):
        raise IntakeRefused("a tar archive with an impossible size", "entries below 8 GB", REPACK)
    return int(digits or b"0", 8)


def _header_name(header: bytes) -> str:
    name = header[:100].split(b"\x00", 1)[0]
    prefix = header[345:500].split(b"\x00", 1)[0] if header[257:263] == b"ustar\x00" else b""
    return (prefix + b"/" + name if prefix else name).decode("utf-8", "replace")


def _pax_path(content: bytes) -> str | None:
    """The name in an extended header; sizes, links and holes in there are refused."""
    found: str | None = None
    while content:
        length, _, rest = content.partition(b" ")
        if not length.isdigit() or len(length) > 7 or not len(length) + 2 < int(length) <= len(content):  # noqa: PLR2004  - seven digits hold the longest header
            raise IntakeRefused("a tar archive with damaged headers", "usual headers", REPACK)
        record, content = content[len(length) + 1 : int(length) - 1], content[int(length) :]
        key, _, value = record.partition(b"=")
        if key == b"size" or key.startswith(b"GNU.sparse"):
            raise IntakeRefused("a tar archive with holes or hidden sizes", "plain files", REPACK)
        if key == b"path":
            found = value.decode("utf-8", "replace")
        del rest
    return found
