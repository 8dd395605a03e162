"""Copies of a SQLite database: taken beside a running server, and put in place of what was there.

Owns: one consistent copy, on disk before it has its name; setting old books aside. Does not own: whether a
copy holds right books, which its callers check before they name it.
"""

# apsw's stubs name collections.abc.Buffer, which Python 3.11 lacks.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import os
import shutil
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import apsw

from studio_server.storage.engine import UNREADABLE, WRITE_FLAGS, connect_reader, create_private_file
from studio_server.storage.errors import DiskFailed, StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.storage.errors import Place

PAGES_A_STEP = 1_000
SIDE_FILES = ("-wal", "-shm", "-journal")


class BackupRefused(StorageError):
    """A backup or restore that was not begun, or whose copy was thrown away; the books are as before."""

    def __init__(self, place: Place, reason: str, next_step: str) -> None:
        super().__init__(f"{place}: {reason}; {next_step}")
        self.place, self.reason, self.next_step = place, reason, next_step


def copy_database(source: Path, copy: Path) -> None:
    """Write one consistent snapshot of the database at `source` into the new file `copy`, flushed to disk.

    Works beside a running server, whose writes go on; it never moves what is in the server's WAL.

    Raises:
        DiskFailed: it could not be read or written; what there is of the copy was removed.
    """
    remove_database(copy)
    create_private_file(copy)
    try:
        _copy_pages(source, copy)
        refuse_damaged(copy)
        flush(copy)
    except (*UNREADABLE, apsw.ReadOnlyError, OSError) as fault:
        with suppress(OSError):
            remove_database(copy)
        raise DiskFailed(source, f"no copy could be made: {fault}") from fault


def put_in_place(copy: Path, path: Path, aside: Path | None) -> None:
    """Give the flushed file `copy` the name `path`; a database that is there is kept as `aside`.

    The WAL goes with its database: left behind, it would be read into the new one.
    """
    if aside is not None:
        _fold_wal(path)
        for ending in (*SIDE_FILES, ""):
            with suppress(FileNotFoundError):
                path.with_name(path.name + ending).rename(aside.with_name(aside.name + ending))
    remove_database(path)
    copy.replace(path)
    flush(path.parent)


def holds_books(path: Path) -> bool:
    """Whether anything was ever recorded in this file; one that cannot be read is taken for books."""
    if not path.is_file() or path.stat().st_size == 0:
        return False
    try:
        with closing(connect_reader(path)) as books:
            return books.execute("SELECT 1 FROM audit LIMIT 1").fetchone() is not None
    except apsw.Error:
        return True


def remove_database(path: Path) -> None:
    """Remove the file and what SQLite keeps beside it."""
    for ending in ("", *SIDE_FILES):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def copy_durably(source: Path, target: Path) -> None:
    """Copy any file; its name appears when its content is on disk."""
    write_durably(target, source.read_bytes())


def write_durably(path: Path, content: bytes) -> None:
    """Write a file for its owner alone; its name appears when its content is on disk."""
    beside = path.with_name(path.name + ".new")
    create_private_file(beside)
    beside.write_bytes(content)
    flush(beside)
    beside.replace(path)
    flush(path.parent)


def copy_file(source: Path, copy: Path) -> None:
    """Copy a database that nobody writes to, flushed to disk, for its owner alone."""
    remove_database(copy)
    create_private_file(copy)
    shutil.copyfile(source, copy)
    flush(copy)


def refuse_damaged(path: Path) -> None:
    """Read every page and every index of a database.

    Raises:
        DiskFailed: the file is not what SQLite wrote.
    """
    try:
        with closing(connect_reader(path)) as books:
            found = books.execute("PRAGMA integrity_check(1)").fetchone()
    except UNREADABLE as fault:
        raise DiskFailed(path, str(fault)) from fault
    if found is None or found[0] != "ok":
        raise DiskFailed(path, "the file is damaged" if found is None else str(found[0]))


def flush(path: Path) -> None:
    """Bring a file, or the names in a folder, to disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_pages(source: Path, copy: Path) -> None:
    with closing(connect_reader(source)) as books, closing(apsw.Connection(str(copy), WRITE_FLAGS)) as target:
        books.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        target.execute("PRAGMA synchronous = OFF")
        books.execute("BEGIN; SELECT count(*) FROM sqlite_master").fetchall()
        with target.backup("main", books, "main") as pages:
            while not pages.done:
                pages.step(PAGES_A_STEP)
        # One file without a WAL: a backup is moved about by its name.
        target.execute("PRAGMA journal_mode = DELETE").fetchall()


def _fold_wal(path: Path) -> None:
    """Move what is committed from the WAL into the file, if it can still be read at all."""
    with suppress(apsw.Error), closing(apsw.Connection(str(path), apsw.SQLITE_OPEN_READWRITE)) as books:
        books.execute("PRAGMA journal_mode = DELETE").fetchall()
