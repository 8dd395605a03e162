"""A file system of SQLite's own kind that fails when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import apsw

if TYPE_CHECKING:
    from collections.abc import Iterator

How = Literal["broken", "full", "short", "read_only"]
HOWS: tuple[How, ...] = ("broken", "full", "short", "read_only")
SYSTEM = "unix"
"""The file system underneath: named, because the one that fails may be the default."""
CHANGING = frozenset({"write", "sync", "truncate", "create", "delete"})


@dataclass
class Faults:
    """Counts calls that change something on disk, and fails those from the `fail_at`-th on while it is set.

    With `once` only that one call fails. `how` tells what an error it is: broken (EIO), full (ENOSPC), short
    (half of it is written, then ENOSPC), read_only (EROFS).
    """

    fail_at: int | None = None
    calls: int = 0
    failed: list[str] = field(default_factory=list)
    how: How = "broken"
    once: bool = False
    watched: frozenset[str] = CHANGING

    def pass_or_fail(self, call: str) -> None:
        """Let the call through, or fail it as a broken disk would."""
        if self.strikes(call):
            raise self.error(call)

    def strikes(self, call: str) -> bool:
        """Count the call and tell whether it must fail; freeing space does not need any."""
        if call not in self.watched:
            return False
        self.calls += 1
        due = self.fail_at is not None and (
            self.calls == self.fail_at if self.once else self.calls >= self.fail_at
        )
        if not due or (self.how in {"full", "short"} and call in {"truncate", "delete"}):
            return False
        self.failed.append(call)
        return True

    def error(self, call: str) -> apsw.Error:
        """What the disk says."""
        if self.how in {"full", "short"}:
            return apsw.FullError(f"no space left in {call}")
        if call in {"create", "open"}:
            return apsw.CantOpenError(f"cannot open: {self.how} disk")
        if self.how == "read_only":
            return apsw.ReadOnlyError(f"read-only disk in {call}")
        return apsw.IOError(f"disk fault in {call}")

    def arm(self, after: int = 1, how: How = "broken", *, once: bool = False) -> None:
        """Fail from the `after`-th call from now on."""
        self.calls, self.fail_at, self.how, self.once = 0, after, how, once
        self.failed.clear()

    def heal(self) -> None:
        """Fail no more."""
        self.fail_at = None


class FaultyFile(apsw.VFSFile):
    """A file on the system's own file system, with faults between."""

    def __init__(self, filename: Any, flags: list[int], faults: Faults) -> None:
        self._faults = faults
        super().__init__(SYSTEM, filename, flags)

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802  - SQLite's name
        if self._faults.strikes("write"):
            if self._faults.how == "short":
                super().xWrite(bytes(data)[: len(data) // 2], offset)
            raise self._faults.error("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("sync")
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("truncate")
        super().xTruncate(newsize)


class FaultyFileSystem(apsw.VFS):
    """Register with a name, open the database with `vfs=name`; `default` is for code that names none."""

    def __init__(self, name: str, faults: Faults, *, default: bool = False) -> None:
        self._faults = faults
        super().__init__(name, SYSTEM, default)

    def xOpen(self, name: Any, flags: list[int]) -> FaultyFile:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("create" if flags[0] & apsw.SQLITE_OPEN_CREATE else "open")
        return FaultyFile(name, flags, self._faults)

    def xDelete(self, filename: str, syncdir: bool) -> None:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("delete")
        super().xDelete(filename, syncdir)


def every_fault() -> Iterator[tuple[How, bool]]:
    """Each kind of error, lasting and passing."""
    for how in HOWS:
        for once in (False, True):
            yield how, once
