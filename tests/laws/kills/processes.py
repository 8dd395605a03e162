"""Forks victims, listens to them, kills them and leaves none behind."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import select
import signal
import sys
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PATIENCE_SECONDS = 60.0
DUMP_SECONDS = 1.0
CRASHED = 70


def adopt_orphans() -> None:
    """Become the parent of what a killed victim leaves, and die with the process that started this one."""
    if sys.platform == "linux":
        system = ctypes.CDLL(None)
        system.prctl(PR_SET_CHILD_SUBREAPER, 1)
        system.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@dataclass
class Forked:
    """A victim, and what it told so far."""

    pid: int
    pipe: int
    lines: list[str] = field(default_factory=list)
    ended: bool = False
    _rest: bytes = b""

    def hear(self, lines: int, seconds: float = PATIENCE_SECONDS) -> bool:
        """Listen until it told so many lines or is gone; False if neither came in time."""
        deadline = time.monotonic() + seconds
        while len(self.lines) < lines and not self.ended:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.pipe], [], [], left)[0]:
                self._show_where_it_stands()
                return False
            self._take()
        return True

    def kill(self) -> int:
        """End it with kill -9, hear what it still had told, and tell how it ended."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        while not self.ended and select.select([self.pipe], [], [], 0)[0]:
            self._take()
        os.close(self.pipe)
        return os.waitstatus_to_exitcode(status)

    def _show_where_it_stands(self) -> None:
        """A victim that hangs writes its threads' stacks to stderr: the finding explains nothing."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGUSR1)
            time.sleep(DUMP_SECONDS)

    def _take(self) -> None:
        found = os.read(self.pipe, 65_536)
        self.ended = not found
        *whole, self._rest = (self._rest + found).split(b"\n")
        self.lines += [line.decode() for line in whole]


def fork(life: Callable[[int], None]) -> Forked:
    """A child that lives `life`, given the pipe it tells lines on; this process must have one thread."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writing)
        return Forked(pid, reading)
    try:
        os.close(reading)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        faulthandler.register(signal.SIGUSR1)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        life(writing)
        os._exit(0)
    except BaseException:  # noqa: BLE001  - a forked child must not run on into its parent's code
        traceback.print_exc()
        os._exit(CRASHED)


def reap_orphans(seconds: float = PATIENCE_SECONDS) -> bool:
    """Wait until every orphan of the victims is gone; False if one stays."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return True
        if pid == 0:
            time.sleep(0.005)
    return False
