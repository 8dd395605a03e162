"""Everything below this process: who is alive, what they used, and how to end them all.

Standard library only (psutil where there is no /proc): the launcher runs it without site-packages.
Its own use is never counted, only that of its descendants. Figures are lower bounds that never fall.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MAXRSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
MAX_MEMBERS = 4_096
SHARE_EVERY = 8
END_SECONDS = 5.0


@dataclass(frozen=True)
class Process:
    """One live descendant, or one that has ended and was not collected yet."""

    pid: int
    started: float
    own_cpu_ms: int
    collected_cpu_ms: int
    """CPU of its children that it has waited for."""
    resident_bytes: int
    address_bytes: int


@dataclass(frozen=True)
class Usage:
    """What the tree used until now."""

    cpu_ms: int
    resident_bytes: int
    address_bytes: int
    """The largest address space of one process."""
    processes: int


class ProcessTree:
    """The descendants of this process, their CPU in total and their memory at its highest."""

    def __init__(self) -> None:
        self._own_cpu_ms: dict[tuple[int, float], int] = {}
        self._samples = 0
        self._largest_sum = 0
        self.cpu_ms = 0
        self.peak_bytes = 0
        self.peak_address_bytes = 0

    def sample(self, memory_limit_bytes: int) -> Usage:
        """Read the tree once; the first thing read is what was already collected, so nothing counts twice."""
        collected_ms = collected_cpu_ms()
        members = list(processes())
        self._count_cpu(collected_ms, members)
        resident = self._resident_bytes(members, memory_limit_bytes)
        address = max((member.address_bytes for member in members), default=0)
        self.peak_bytes = max(self.peak_bytes, resident)
        self.peak_address_bytes = max(self.peak_address_bytes, address)
        return Usage(self.cpu_ms, resident, address, len(members))

    def finish(self) -> None:
        """Take the kernel's exact figures of all collected processes into account, short ones included."""
        self._count_cpu(collected_cpu_ms(), [])
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * MAXRSS_UNIT_BYTES
        self.peak_bytes = max(self.peak_bytes, largest)

    def _count_cpu(self, collected_ms: int, members: list[Process]) -> None:
        for member in members:
            self._own_cpu_ms[member.pid, member.started] = member.own_cpu_ms
        seen_ms = sum(self._own_cpu_ms.values())  # catches a child that nobody waits for
        now_ms = collected_ms + sum(member.own_cpu_ms + member.collected_cpu_ms for member in members)
        self.cpu_ms = max(self.cpu_ms, now_ms, seen_ms)

    def _resident_bytes(self, members: list[Process], limit_bytes: int) -> int:
        """The sum over the tree; pages that several processes share count once where that is decisive.

        The exact sum is dear for large processes, so it is taken when the rough one passes the limit or
        its highest so far, and every few samples.
        """
        rough = sum(member.resident_bytes for member in members)
        self._samples += 1
        if len(members) <= 1:
            return rough
        due = rough > limit_bytes or rough > self._largest_sum * 1.05 or self._samples % SHARE_EVERY == 0
        if not due:
            return 0
        self._largest_sum = max(self._largest_sum, rough)
        return sum(proportional_bytes(member) for member in members)


def collected_cpu_ms() -> int:
    """CPU of all descendants that have ended and were waited for, exactly."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return int((used.ru_utime + used.ru_stime) * 1000)


def processes() -> Iterator[Process]:
    """All descendants of this process, parents before their children."""
    return _linux_processes() if sys.platform == "linux" else _psutil_processes()


def collect() -> Iterator[tuple[int, int]]:
    """Wait for every descendant that has ended: (pid, status). Adopted orphans are among them."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, status


def has_children() -> bool:
    """False is the kernel's word that nothing is left: orphans of the tree are children of this process."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def end_all() -> int:
    """Kill the whole tree, also what left its session, and wait until it is gone; how many would not go."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        members = [process.pid for process in processes()]
        for pid in members:
            _kill(pid)
        for _ in collect():
            pass
        if not has_children() and (sys.platform == "linux" or not members):
            return 0
        if time.monotonic() > deadline:
            return len(members)
        time.sleep(0.002)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _linux_processes() -> Iterator[Process]:
    queue = [str(os.getpid())]
    seen = set(queue)
    while queue and len(seen) < MAX_MEMBERS:
        pid = queue.pop(0)
        threads = _threads(pid)
        if int(pid) != os.getpid() and threads:
            process = _linux_process(pid, threads[-1])
            if process is not None:
                yield process
        for child in _children(pid, threads):
            if child not in seen:
                seen.add(child)
                queue.append(child)


def _threads(pid: str) -> list[str]:
    try:
        return os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  - strings, in a loop that runs 40 times a second
    except OSError:
        return []


def _children(pid: str, threads: list[str]) -> list[str]:
    found: list[str] = []
    for thread in threads:
        found += _read(f"/proc/{pid}/task/{thread}/children").split()
    return found


def _linux_process(pid: str, thread: str) -> Process | None:
    stat = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    # Memory by a living thread: a process whose first thread has ended shows none under its own number.
    memory = _read(f"/proc/{pid}/task/{thread}/statm").split() or ["0", "0"]
    if not stat:
        return None
    user, system, children_user, children_system = (int(ticks) for ticks in stat[11:15])
    return Process(
        pid=int(pid),
        started=float(stat[19]),
        own_cpu_ms=_ms(user + system),
        collected_cpu_ms=_ms(children_user + children_system),
        resident_bytes=int(memory[1]) * PAGE_BYTES,
        address_bytes=int(memory[0]) * PAGE_BYTES,
    )


def _ms(ticks: int) -> int:
    return ticks * 1000 // TICKS_PER_SECOND


def _read(path: str) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return ""
    try:
        return os.read(descriptor, 65_536).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def proportional_bytes(process: Process) -> int:
    """Resident memory of one process, shared pages divided among those who share them."""
    for line in _read(f"/proc/{process.pid}/smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return process.resident_bytes


def _psutil_processes() -> Iterator[Process]:
    import psutil  # pyright: ignore[reportMissingModuleSource]  - only where there is no /proc

    library: Any = psutil
    for member in library.Process().children(recursive=True):
        try:
            times, memory, started = member.cpu_times(), member.memory_info(), member.create_time()
        except library.Error:
            continue
        own_ms = int((times.user + times.system) * 1000)
        collected_ms = int((times.children_user + times.children_system) * 1000)
        yield Process(member.pid, started, own_ms, collected_ms, memory.rss, memory.vms)
