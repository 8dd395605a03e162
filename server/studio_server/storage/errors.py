"""What can go wrong in the store, as classes with fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    Place = Path | str
    """Which database: the file of SQLite, the name of a PostgreSQL database (never its password)."""


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
    """The engine did not accept a setting that the durability of acknowledged writes rests on."""

    def __init__(self, setting: str, wanted: str, found: str, engine: str = "SQLite") -> None:
        super().__init__(f"{engine} setting {setting} is {found}, but {wanted} is needed")
        self.setting, self.wanted, self.found = setting, wanted, found


class DatabaseInUse(StorageError):
    """Another server has this database open; two servers on one SQLite file are refused."""

    def __init__(self, path: Path, holder_pid: int | None) -> None:
        holder = "another process" if holder_pid is None else f"process {holder_pid}"
        super().__init__(f"{path} is in use by {holder}; stop it first, or use that server")
        self.path, self.holder_pid = path, holder_pid


class DatabaseClosed(StorageError):
    """The database was closed; nothing was done."""

    def __init__(self, path: Place) -> None:
        super().__init__(f"{path} is closed")
        self.path = path


class WritesStopped(StorageError):
    """Writes are refused since an earlier failure, until the database is opened again; nothing was done."""

    def __init__(self, path: Place, reason: str) -> None:
        super().__init__(f"{path} accepts no writes until it is opened again: {reason}")
        self.path, self.reason = path, reason


class CommitFailed(StorageError):
    """The commit failed: whether this work took effect is unknown until it is asked for again under its key.

    When it `stops_writes`, nothing more is accepted until the database is opened again.
    """

    def __init__(self, path: Place, reason: str, *, stops_writes: bool = True) -> None:
        super().__init__(f"the commit to {path} failed and its outcome is unknown: {reason}")
        self.path, self.reason, self.stops_writes = path, reason, stops_writes


class DiskFailed(StorageError):
    """The books could not be read from their disk, or not be opened again; nothing was done."""

    def __init__(self, path: Place, reason: str) -> None:
        super().__init__(f"the disk under {path} failed: {reason}")
        self.path, self.reason = path, reason


class ScrubFailed(StorageError):
    """What was deleted could not be taken out of the database now; nothing is lost."""

    def __init__(self, path: Place, reason: str) -> None:
        super().__init__(f"what was deleted is still in {path}: {reason}")
        self.path, self.reason = path, reason


class StoreBusy(StorageError):
    """The store could not take this work in time; nothing was done, asking again is safe."""

    def __init__(self, path: Place, waiting_for: str, limit: float) -> None:
        super().__init__(f"{path} is busy: no {waiting_for} within its limit ({limit:g})")
        self.path, self.waiting_for, self.limit = path, waiting_for, limit


class StoreUnreachable(StorageError):
    """The database server cannot be reached; nothing was done, asking again is safe."""

    def __init__(self, path: Place, reason: str) -> None:
        super().__init__(f"{path} cannot be reached: {reason}; check that it runs and accepts this server")
        self.path, self.reason = path, reason


class StoreUnsuited(StorageError):
    """The database server answers, but Studio's books cannot be kept in it; nothing was changed."""

    def __init__(self, path: Place, reason: str, next_step: str) -> None:
        super().__init__(f"{path} {reason}; {next_step}")
        self.path, self.reason, self.next_step = path, reason, next_step


class AddressInvalid(StorageError):
    """STUDIO_DATABASE_URL is no address of a database. Its text is never shown: it may hold a password."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"the database address is not usable: {reason};"
            " write postgresql://user@host:5432/database or sqlite:///path/to/studio.db"
        )
        self.reason = reason


class TransactionBroken(StorageError):
    """Work ended its transaction, or carried on after a statement that failed; it was undone."""

    def __init__(self, path: Place) -> None:
        super().__init__(f"work on {path} ended or broke the transaction it was handed")
        self.path = path


class OutcomeUnknown(StorageError):
    """The answer did not arrive in time; the work may still take effect, so repeat it under the same key."""

    def __init__(self, path: Place, waited_seconds: float) -> None:
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
