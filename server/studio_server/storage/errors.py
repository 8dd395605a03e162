"""What can go wrong in the store, as classes with fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class StorageError(Exception):
    """Base of every failure of the store."""


class UnsafeSqlite(StorageError):
    """The SQLite library can corrupt a database in WAL mode (the WAL-reset bug)."""

    def __init__(self, version: str) -> None:
        super().__init__(
            f"SQLite {version} can corrupt a database in WAL mode; 3.51.3+, 3.50.7+ or 3.44.6+ is needed"
        )
        self.version = version


class UnsafeSetting(StorageError):
    """SQLite did not accept a setting that the durability of acknowledged writes rests on."""

    def __init__(self, setting: str, wanted: str, found: str) -> None:
        super().__init__(f"SQLite setting {setting} is {found}, but {wanted} is needed")
        self.setting, self.wanted, self.found = setting, wanted, found


class DatabaseInUse(StorageError):
    """Another server has this database open; two servers on one SQLite file are refused."""

    def __init__(self, path: Path, holder_pid: int | None) -> None:
        holder = "another process" if holder_pid is None else f"process {holder_pid}"
        super().__init__(f"{path} is in use by {holder}; stop it first, or use that server")
        self.path, self.holder_pid = path, holder_pid


class DatabaseClosed(StorageError):
    """The database was closed; nothing was done."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} is closed")
        self.path = path


class WritesStopped(StorageError):
    """Writes are refused since an earlier failure, until the database is opened again; nothing was done."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} accepts no writes until it is opened again: {reason}")
        self.path, self.reason = path, reason


class CommitFailed(StorageError):
    """The commit failed: whether this work took effect is unknown until the database is opened again."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"the commit to {path} failed and its outcome is unknown: {reason}")
        self.path, self.reason = path, reason


class StoreBusy(StorageError):
    """The store could not take this work in time; nothing was done, asking again is safe."""

    def __init__(self, path: Path, waiting_for: str, limit: float) -> None:
        super().__init__(f"{path} is busy: no {waiting_for} within its limit ({limit:g})")
        self.path, self.waiting_for, self.limit = path, waiting_for, limit


class OutcomeUnknown(StorageError):
    """The answer did not arrive in time; the work may still take effect, so repeat it under the same key."""

    def __init__(self, path: Path, waited_seconds: float) -> None:
        super().__init__(f"no answer from {path} within {waited_seconds:g} s; repeat under the same key")
        self.path, self.waited_seconds = path, waited_seconds


class NestedWrite(StorageError):
    """Work that runs on the writer thread asked for another write and would have waited for itself."""

    def __init__(self) -> None:
        super().__init__("a write was asked for from inside a write; use the transaction that was passed in")


class MigrationRefused(StorageError):
    """The schema in the file and the schema in this program do not fit together; nothing was changed."""

    def __init__(self, number: int, reason: str) -> None:
        super().__init__(f"migration {number:04d}: {reason}")
        self.number, self.reason = number, reason
