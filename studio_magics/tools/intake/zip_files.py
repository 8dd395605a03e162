"""ZIP archives, looked at before anything is unpacked: entries, names, sizes, overlaps, what hides inside."""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from itertools import pairwise
from typing import TYPE_CHECKING, BinaryIO

from studio_magics.tools.intake.compressed import FREE_BYTES, MAX_RATIO, MAX_UNPACKED_BYTES
from studio_magics.tools.intake.names import Names, shown
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.signatures import HEAD_BYTES, PACKED, TITLES, kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_ENTRIES = 10_000
MAX_DIRECTORY_BYTES = 8_000_000
END_MARK = b"PK\x05\x06"
END_BYTES = 22
LONGEST_COMMENT = 65_535
LOCAL_BYTES = 30
ELSEWHERE_SHORT, ELSEWHERE_LONG = 0xFFFF, 0xFFFFFFFF
"""What the end record holds when the number is in a ZIP64 record."""
ENCRYPTED_BITS = 0x1 | 0x40 | 0x2000
PLAIN_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
REPACK = "pack it again with a usual ZIP program"


def check_zip(path: Path) -> list[zipfile.ZipInfo]:
    """The entries of the archive, all of which may be unpacked.

    Raises:
        IntakeRefused: It is damaged, or a trap.
    """
    with path.open("rb") as stream:
        _check_end(stream)
        try:
            with zipfile.ZipFile(stream) as archive:
                entries = archive.infolist()
                _check_entries(entries)
                _check_places(stream, entries, archive.start_dir)
                _check_content(archive, entries)
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, UnicodeDecodeError) as error:
            raise IntakeRefused("a damaged ZIP archive", "a whole ZIP archive", REPACK) from error
        except NotImplementedError as error:
            raise IntakeRefused("a ZIP archive of an unusual kind", "a plain ZIP archive", REPACK) from error
    return entries


def _check_end(stream: BinaryIO) -> None:
    """The end record says how much a reader would load at once; so it is read first, by hand."""
    size = stream.seek(0, 2)
    stream.seek(max(0, size - END_BYTES - LONGEST_COMMENT))
    tail = stream.read()
    at = tail.rfind(END_MARK)
    if at < 0 or len(tail) - at < END_BYTES:
        raise IntakeRefused("a ZIP archive without its end", "a whole ZIP archive", "send it again")
    disk, start_disk, here, entries, directory_bytes, offset, comment = struct.unpack_from(
        "<4H2LH", tail, at + 4
    )
    if ELSEWHERE_SHORT in {disk, here, entries} or ELSEWHERE_LONG in {directory_bytes, offset}:
        raise IntakeRefused("a ZIP64 archive", "a ZIP archive below 4 GB", REPACK)
    if disk or start_disk or here != entries or at + END_BYTES + comment != len(tail):
        raise IntakeRefused(
            "a ZIP archive in several parts, or with bytes after its end", "one archive", REPACK
        )
    if entries > MAX_ENTRIES or directory_bytes > MAX_DIRECTORY_BYTES:
        raise IntakeRefused(
            f"more than {MAX_ENTRIES:,} entries", f"at most {MAX_ENTRIES:,}", "send fewer files"
        )


def _check_entries(entries: Sequence[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise IntakeRefused(
            f"more than {MAX_ENTRIES:,} entries", f"at most {MAX_ENTRIES:,}", "send fewer files"
        )
    names, total, packed = Names(), 0, 0
    for entry in entries:
        if entry.flag_bits & ENCRYPTED_BITS:
            raise IntakeRefused(
                f"the encrypted entry {shown(entry.filename)}",
                "entries without a password",
                "pack it without one",
            )
        if entry.compress_type not in PLAIN_METHODS:
            raise IntakeRefused(
                f"the entry {shown(entry.filename)} packed in an unusual way", "deflate", REPACK
            )
        _check_type(entry)
        names.take(entry.orig_filename, is_folder=entry.is_dir())
        total, packed = total + entry.file_size, packed + entry.compress_size
    if total > MAX_UNPACKED_BYTES:
        allowed = f"at most {MAX_UNPACKED_BYTES // 10**6:,} MB unpacked"
        raise IntakeRefused(f"{total // 10**6:,} MB unpacked", allowed, "send fewer files")
    if total > FREE_BYTES and total > packed * MAX_RATIO:
        raise IntakeRefused(
            f"content that grows more than {MAX_RATIO} times when it is unpacked",
            f"at most {MAX_RATIO} times",
            "send it uncompressed, or a part of it",
        )


def _check_type(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        what = "a link" if kind == stat.S_IFLNK else "a device or a pipe"
        raise IntakeRefused(
            f"{what}, the entry {shown(entry.filename)}", "plain files and folders", "replace it by a copy"
        )
    if entry.is_dir() and entry.file_size:
        raise IntakeRefused(
            f"the folder {shown(entry.filename)} with content", "plain files and folders", REPACK
        )


def _check_places(stream: BinaryIO, entries: Sequence[zipfile.ZipInfo], directory_at: int) -> None:
    """No two entries share bytes, and each is called the same in both places that name it."""
    placed = sorted(entries, key=lambda entry: entry.header_offset)
    for entry in placed:
        _check_local(stream, entry)
    ends = [*(entry.header_offset for entry in placed), directory_at]
    for entry, (start, end) in zip(placed, pairwise(ends), strict=True):
        if start + LOCAL_BYTES + len(entry.orig_filename) + entry.compress_size > end:
            raise IntakeRefused("entries that share the same bytes", "each entry on its own", REPACK)


def _check_local(stream: BinaryIO, entry: zipfile.ZipInfo) -> None:
    stream.seek(entry.header_offset)
    header = stream.read(LOCAL_BYTES)
    if len(header) < LOCAL_BYTES or not header.startswith(b"PK\x03\x04"):
        raise IntakeRefused("a damaged ZIP archive", "a whole ZIP archive", REPACK)
    flags, method = struct.unpack_from("<2H", header, 6)
    name = stream.read(struct.unpack_from("<H", header, 26)[0])
    encoding = "utf-8" if flags & 0x800 else "cp437"
    if name.decode(encoding, "replace") != entry.orig_filename or method != entry.compress_type:
        raise IntakeRefused(
            f"the entry {shown(entry.filename)} with two names or forms", "one of them", REPACK
        )
    if flags & ENCRYPTED_BITS:
        raise IntakeRefused(
            f"the encrypted entry {shown(entry.filename)}",
            "entries without a password",
            "pack it without one",
        )


def _check_content(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> None:
    for entry in entries:
        if entry.is_dir():
            continue
        with archive.open(entry) as content:
            kind = kind_of(content.read(HEAD_BYTES))
        if kind in PACKED:
            what = TITLES.get(kind, "an archive")
            raise IntakeRefused(
                f"{what} inside the archive, {shown(entry.filename)}", "files only", "unpack it first"
            )
        if kind == "pickle" or entry.filename.lower().endswith((".pkl", ".pickle", ".joblib")):
            raise IntakeRefused(
                f"a pickle inside the archive, {shown(entry.filename)}",
                "data that cannot run code",
                "write the table as Parquet",
            )
