"""A file system of SQLite's own kind that fails when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import apsw


@dataclass
class Faults:
    """Counts writes, syncs and truncations, and fails those from the `fail_at`-th on while it is set."""

    fail_at: int | None = None
    calls: int = 0
    failed: list[str] = field(default_factory=list)

    def pass_or_fail(self, call: str) -> None:
        """Let the call through, or fail it as a broken disk would."""
        self.calls += 1
        if self.fail_at is not None and self.calls >= self.fail_at:
            self.failed.append(call)
            raise apsw.IOError(f"disk fault in {call}")

    def arm(self, after: int = 1) -> None:
        """Fail from the `after`-th call from now on."""
        self.calls, self.fail_at = 0, after

    def heal(self) -> None:
        """Fail no more."""
        self.fail_at = None


class FaultyFile(apsw.VFSFile):
    """A file on the system's own file system, with faults between."""

    def __init__(self, filename: Any, flags: list[int], faults: Faults) -> None:
        self._faults = faults
        super().__init__("", filename, flags)

    def xWrite(self, data: Any, offset: int) -> None:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("sync")
        super().xSync(flags)

    def xTruncate(self, newsize: int) -> None:  # noqa: N802  - SQLite's name
        self._faults.pass_or_fail("truncate")
        super().xTruncate(newsize)


class FaultyFileSystem(apsw.VFS):
    """Register with a name, open the database with `vfs=name`."""

    def __init__(self, name: str, faults: Faults) -> None:
        self._faults = faults
        super().__init__(name, "")

    def xOpen(self, name: Any, flags: list[int]) -> FaultyFile:  # noqa: N802  - SQLite's name
        return FaultyFile(name, flags, self._faults)
