"""The watch over one run: samples CPU, memory, disk and time of its whole tree and ends it at a limit.

One process per run, outside everything the tool can reach. It adopts orphans, so "no children left" is the
kernel's proof that the tree is empty. It also ends the tree when the control pipe closes (cancelled, or the
server is gone) and when its own parent, the fork server, is gone.
"""

import json
import os
import select
import signal
import time
from contextlib import suppress
from typing import Any

from studio_server.runs.executor.disk import disk_bytes, nameless_bytes
from studio_server.runs.executor.offspring import Worker
from studio_server.runs.executor.patience import Patience
from studio_server.runs.executor.process_tree import ProcessTree, collect, end_all
from studio_server.runs.executor.sandbox import belt
from studio_server.runs.executor.sandbox.view import MEMORY_FOLDER_BYTES, MEMORY_FOLDERS

SAMPLE_SECONDS = 0.025
LONGEST_SAMPLE_SECONDS = 0.1
SHARE_OF_TIME = 0.05
"""At most this much of the time is spent on samples, as long as they come often enough."""
DISK_EVERY_SECONDS = 0.25
READ_BYTES = 65_536


def send(message: dict[str, Any]) -> None:
    """One line to the server; a full pipe drops progress, a closed one has nobody to tell."""
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except OSError:
        return


class Meter:
    """One worker that was told to begin, and the watch over it."""

    def __init__(self, spec: dict[str, Any], worker: Worker, parent: int) -> None:
        """Start counting; `parent` is the fork server, without which no run goes on."""
        self._limits: dict[str, int] = spec["limits"]
        self._folder: str = spec["folder"]
        self._parent = parent
        self._worker = worker
        self._hearing = worker.hearing
        self._hearing.keep_output_in(spec["log"])
        self._disk_before = disk_bytes(self._folder, self._limits["files"])
        self._disk_checked = time.monotonic()
        self._wake = wake_on_child_exit()
        self._tree = ProcessTree(worker.clocks)
        self._tree.forget_what_was_used()
        self._status: int | None = None
        self._patience = Patience(self._limits["wall_ms"], self._tree.waited_ms)

    def run(self) -> dict[str, Any]:
        """Watch until the worker ends or must end; then kill what is left and say what was used."""
        send({"event": "started", "meter": os.getpid(), "worker": self._worker.pid})
        self._worker.begin()
        reason = self._watch()
        wall_ms = self._patience.counted_ms
        survivors = end_all()
        self._tree.finish()
        self._hearing.drain()
        self._say_progress()
        reason, peak_bytes = self._at_the_kernels_bound(reason)
        self._worker.close()
        return {
            "event": "ended",
            "reason": reason,
            "exit_code": exit_code(self._status),
            "begun": self._hearing.begun,
            "cpu_ms": self._tree.cpu_ms,
            "wall_ms": wall_ms,
            "peak_bytes": peak_bytes,
            "peak_address_bytes": self._tree.peak_address_bytes,
            "survivors": survivors,
        }

    def _at_the_kernels_bound(self, reason: str) -> tuple[str, int]:
        """Why the run ended, and its peak: what the kernel ended at its bound used its whole limit."""
        if reason not in {"ended", "memory"} or not self._worker.killed_for_memory():
            return reason, self._tree.peak_bytes
        return "memory", max(self._tree.peak_bytes, self._limits["memory_bytes"])

    def _watch(self) -> str:
        next_sample = time.monotonic() + SAMPLE_SECONDS
        watched = [0, self._wake, self._worker.parting]
        while True:
            wait = max(0.0, min(LONGEST_SAMPLE_SECONDS, next_sample - time.monotonic()))
            ready, _, _ = select.select(watched, [], [], wait)
            if 0 in ready and not os.read(0, READ_BYTES):
                return "stopped"
            if self._wake in ready:
                os.read(self._wake, READ_BYTES)
            if self._collect():
                return "ended"
            began = time.monotonic()
            is_parting = self._worker.parting in ready
            if began >= next_sample or is_parting:
                self._hearing.drain()
                self._say_progress()
                reason = self._exceeded()
                if reason:
                    return reason
                next_sample = began + pause_after(time.monotonic() - began)
            if is_parting:
                watched.remove(self._worker.parting)
                os.close(self._worker.parting)  # once: whoever says so again is not heard

    def _collect(self) -> bool:
        for pid, status in collect():
            if pid == self._worker.pid:
                said = self._worker.status()
                self._status = status if said is None else said
        return self._status is not None

    def _exceeded(self) -> str:
        """Why the tree must end now; empty when it may go on."""
        if os.getppid() != self._parent:
            return "stopped"
        most = self._limits["processes"]
        usage = self._tree.sample(self._limits["memory_bytes"], self._memory_folders(), most)
        self._let_sessions_give_way()
        if usage.cpu_ms > self._limits["cpu_ms"]:
            return "cpu"
        if usage.resident_bytes > self._limits["memory_bytes"] or self._worker.killed_for_memory():
            return "memory"
        if self._patience.is_over:
            return "wall"
        if usage.processes > most:
            return "processes"
        return "disk" if self._disk_full() else ""

    def _let_sessions_give_way(self) -> None:
        """Ask every session that does not: a wish may be refused, or go to a process that ends."""
        for pid in self._tree.sessions.values():
            if not belt.gives_way(belt.SESSION_NICENESS, pid):
                belt.give_way(belt.SESSION_NICENESS, pid)

    def _memory_folders(self) -> int:
        """What the run keeps in folders that are memory."""
        used = 0
        for folder in MEMORY_FOLDERS if self._worker.has_own_view else ():
            with suppress(OSError):
                found = os.statvfs(f"/proc/{self._worker.pid}/root{folder}")
                if found.f_blocks * found.f_frsize == MEMORY_FOLDER_BYTES:  # the view is built
                    used += (found.f_blocks - found.f_bfree) * found.f_frsize
        return used

    def _disk_full(self) -> bool:
        now = time.monotonic()
        if now - self._disk_checked < DISK_EVERY_SECONDS:
            return False
        self._disk_checked = now
        used = disk_bytes(self._folder, self._limits["files"]) - self._disk_before
        return used + nameless_bytes(self._folder, self._tree.pids) > self._limits["scratch_bytes"]

    def _say_progress(self) -> None:
        news = self._hearing.news()
        if news:
            send(news)


def pause_after(sample_seconds: float) -> float:
    """Seconds from the start of a sample, which took so long, to the next: large trees wait longer."""
    return min(LONGEST_SAMPLE_SECONDS, max(SAMPLE_SECONDS, sample_seconds / SHARE_OF_TIME))


def wake_on_child_exit() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def exit_code(status: int | None) -> int | None:
    """Negative for a signal, None when the worker was still running."""
    return None if status is None else os.waitstatus_to_exitcode(status)
