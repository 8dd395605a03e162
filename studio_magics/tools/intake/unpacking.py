"""Unpacks an archive that was looked at into a new folder: plain files only, counted as they are written."""

from __future__ import annotations

import os
import zipfile
from typing import TYPE_CHECKING

from studio_magics.tools.intake.compressed import MAX_UNPACKED_BYTES, Compression
from studio_magics.tools.intake.refusal import IntakeRefused
from studio_magics.tools.intake.signatures import HEAD_BYTES, kind_of
from studio_magics.tools.intake.tar_files import check_tar, entries
from studio_magics.tools.intake.zip_files import check_zip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

PIECE_BYTES = 1 << 20
COMPRESSIONS: dict[str, Compression] = {"gzip": "gzip", "bzip2": "bzip2", "xz": "xz"}


def unpack(path: Path, folder: Path, *, most_bytes: int = MAX_UNPACKED_BYTES) -> list[Path]:
    """Unpack a ZIP or tar archive (also .gz, .bz2, .xz) into a new folder; gives the files, sorted.

    The archive is looked through first, so a trap leaves nothing behind.

    Raises:
        IntakeRefused: It is no archive, damaged, a trap, or more comes out than allowed.
        FileExistsError: The folder is there already.
    """
    with path.open("rb") as stream:
        kind = kind_of(stream.read(HEAD_BYTES))
    if kind == "zip":
        return _write_all(_zip_content(path), folder, most_bytes)
    if kind != "tar" and kind not in COMPRESSIONS:
        raise IntakeRefused("no archive", "a ZIP or tar archive", "pack the folder again")
    compression = COMPRESSIONS.get(kind)
    check_tar(path, compression)
    content = (
        (entry.name, None if entry.is_folder else entry.pieces) for entry in entries(path, compression)
    )
    return _write_all(content, folder, most_bytes)


def _zip_content(path: Path) -> Iterator[tuple[str, Iterator[bytes] | None]]:
    checked = check_zip(path)
    with zipfile.ZipFile(path) as archive:
        for entry in checked:
            yield entry.filename, None if entry.is_dir() else _of_zip(archive, entry)


def _of_zip(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as content:
            while piece := content.read(PIECE_BYTES):
                yield piece
    except (zipfile.BadZipFile, EOFError) as error:
        raise IntakeRefused("a damaged ZIP archive", "a whole ZIP archive", "pack it again") from error


def _write_all(
    content: Iterable[tuple[str, Iterator[bytes] | None]], folder: Path, most_bytes: int
) -> list[Path]:
    folder.mkdir(mode=0o700)
    written: list[Path] = []
    left = most_bytes
    for name, pieces in content:
        target = folder / name
        if pieces is None:
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        left -= _write(target, pieces, left)
        written.append(target)
    return sorted(written)


def _write(target: Path, pieces: Iterator[bytes], left: int) -> int:
    size = 0
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(target, flags, 0o600), "wb") as file:
        for piece in pieces:
            size += len(piece)
            if size > left:
                allowed = "what the archive says, and what is allowed"
                raise IntakeRefused("more content than allowed in the archive", allowed, "send fewer files")
            file.write(piece)
    return size
