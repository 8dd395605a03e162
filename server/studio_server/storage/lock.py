"""One server per SQLite file: an advisory lock that the operating system releases when its process dies.

A POSIX record lock, because a forked worker must not inherit it and outlive the server with it. Such locks do
not bind inside one process, so the paths this process holds are listed as well.
"""

from __future__ import annotations

import fcntl
import os
import threading
from typing import TYPE_CHECKING

from studio_server.storage.errors import DatabaseInUse

if TYPE_CHECKING:
    from pathlib import Path

_held: set[str] = set()
_held_guard = threading.Lock()


class ServerLock:
    """Held from open to close; `kill -9` releases it at once."""

    def __init__(self, database_path: Path) -> None:
        """Take the lock.

        Raises:
            DatabaseInUse: another process, or another part of this one, has the database open.
        """
        self._path = database_path.resolve()
        self._name = f"{self._path}.lock"
        with _held_guard:
            if self._name in _held:
                raise DatabaseInUse(self._path, os.getpid())
            self._descriptor = self._lock_file()
            _held.add(self._name)

    def release(self) -> None:
        """Give the lock back; the file stays, because removing it would let two servers hold two files."""
        with _held_guard:
            if self._name in _held:
                _held.discard(self._name)
                os.close(self._descriptor)

    def _lock_file(self) -> int:
        descriptor = os.open(self._name, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as refused:
            holder = _written_pid(descriptor)
            os.close(descriptor)
            raise DatabaseInUse(self._path, holder) from refused
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor


def _written_pid(descriptor: int) -> int | None:
    written = os.pread(descriptor, 32, 0).strip()
    return int(written) if written.isdigit() else None
