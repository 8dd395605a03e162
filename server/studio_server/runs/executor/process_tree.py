"""Everything below this process: who is alive, what they used, and how to end them all.

Its own use is never counted, only that of its descendants since they were told to begin. Figures are lower
bounds that never fall. Descendants share the libraries that the fork server loaded before; those pages are
nobody's.
"""

import os
import resource
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MAXRSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024
MAX_MEMBERS = 4_096
NOT_TOLD = "?"
TELLS_SHARES = Path("/proc/self/smaps_rollup").exists()
SHARE_EVERY = 8
ROUGH_STEP_BYTES = 1 << 20
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
    first_stack: int = 0
    """Where its stack began: the same as here means that it still runs what the fork server had loaded."""
    session: int = 0
    faults: int = 0
    """Pages it was given without reading from a disk: new ones, and copies of what it shared."""


@dataclass(frozen=True)
class Mapped:
    """Memory of one process, pages that several share divided among them, and what of it is not shared."""

    proportional_bytes: int
    private_bytes: int
    folder_bytes: int
    """Of the proportional ones: files in memory, and memory shared on purpose."""


class TreeClock(Protocol):
    """A clock of the kernel's for all processes of the tree."""

    def cpu_ms(self) -> int:
        """CPU since the clock was made."""
        ...


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

    def __init__(self, clocks: Sequence[TreeClock] = ()) -> None:
        """Exact clocks are believed over samples where they show more."""
        self._clocks = clocks
        self._clocks_before = [0] * len(clocks)
        self._own_cpu_ms: dict[tuple[int, float], int] = {}
        self._seen_before_ms = self._read_before_ms = 0
        self._stack = self._loaded_bytes = 0
        self._samples = 0
        self._rough_weighed = self._weighed = self._faults_weighed = 0
        self.pids: list[int] = []
        self.sessions: dict[int, int] = {}
        """Of the last sample: each session with one of its processes."""
        self.cpu_ms = 0
        self.peak_bytes = 0
        self.peak_address_bytes = 0

    def forget_what_was_used(self) -> None:
        """Count from now: what was used until now made the worker ready and is not the run's."""
        members = list(processes())
        self._clocks_before = [clock.cpu_ms() for clock in self._clocks]
        self._note_own_cpu(members)
        self._seen_before_ms = sum(self._own_cpu_ms.values())
        self._read_before_ms = _read_cpu_ms(collected_cpu_ms(), members)
        here = _linux_process("self", str(os.getpid())) if sys.platform == "linux" else None
        self._stack = here.first_stack if here else 0
        self._loaded_bytes = max((member.resident_bytes for member in members), default=0)

    def sample(
        self, memory_limit_bytes: int, folder_bytes: int = 0, most_processes: int = MAX_MEMBERS
    ) -> Usage:
        """Read the tree once; the first thing read is what was already collected, so nothing counts twice.

        `folder_bytes` are kept in folders that are memory. The memory of more than `most_processes` is not
        weighed, which takes long: they must end anyway.
        """
        collected_ms = collected_cpu_ms()
        members = list(processes())
        self.pids = [member.pid for member in members]
        self.sessions = {member.session: member.pid for member in members}
        self._count_cpu(collected_ms, members)
        if len(members) > most_processes:
            return Usage(self.cpu_ms, 0, 0, len(members))
        resident = self._resident_bytes(members, memory_limit_bytes, folder_bytes)
        address = max((member.address_bytes for member in members), default=0)
        self.peak_bytes = max(self.peak_bytes, resident)
        self.peak_address_bytes = max(self.peak_address_bytes, address)
        return Usage(self.cpu_ms, resident, address, len(members))

    def waited_ms(self) -> int:
        """The longest that one thread of the tree was ready and had no processor; 0 when unknown."""
        threads = (f"/proc/{pid}/task/{thread}" for pid in self.pids for thread in _threads(str(pid)))
        return max((_waited_ms(thread) for thread in threads), default=0)

    def finish(self) -> None:
        """Take the kernel's exact figures of all collected processes into account, short ones included."""
        self._count_cpu(collected_cpu_ms(), [])
        largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * MAXRSS_UNIT_BYTES
        self.peak_bytes = max(self.peak_bytes, largest - self._loaded_bytes)

    def _count_cpu(self, collected_ms: int, members: list[Process]) -> None:
        self._note_own_cpu(members)
        seen_ms = sum(self._own_cpu_ms.values()) - self._seen_before_ms  # catches a child nobody waits for
        now_ms = _read_cpu_ms(collected_ms, members) - self._read_before_ms
        exact = [
            clock.cpu_ms() - before for clock, before in zip(self._clocks, self._clocks_before, strict=False)
        ]
        self.cpu_ms = max(self.cpu_ms, now_ms, seen_ms, *exact)

    def _note_own_cpu(self, members: list[Process]) -> None:
        for member in members:
            self._own_cpu_ms[member.pid, member.started] = member.own_cpu_ms

    def _resident_bytes(self, members: list[Process], limit_bytes: int, folder_bytes: int) -> int:
        """The memory of the tree, without what the fork server had loaded; shared pages count once.

        The exact figure is dear for large processes, so it is taken when the rough one passes the limit or
        has grown, when pages were copied, of which the rough one knows nothing, and every few samples.
        """
        rough = sum(member.resident_bytes for member in members) + folder_bytes
        faults = sum(member.faults for member in members)
        self._samples += 1
        self._faults_weighed = min(self._faults_weighed, faults)
        due = self._samples % SHARE_EVERY == 1 or rough > self._rough_weighed * 1.05 + ROUGH_STEP_BYTES
        copied = (faults - self._faults_weighed) * PAGE_BYTES > ROUGH_STEP_BYTES
        if due or copied or rough - self._loaded_bytes > limit_bytes:
            self._rough_weighed, self._faults_weighed = rough, faults
            self._weighed = self._weigh(members, folder_bytes)
        return self._weighed

    def _weigh(self, members: list[Process], folder_bytes: int) -> int:
        """Each fork of the fork server holds an equal share of what was loaded: as much as this process."""
        found = [mapped(member) for member in members]
        forked = sum(member.first_stack == self._stack for member in members)
        proportional = sum(one.proportional_bytes for one in found)
        private = sum(one.private_bytes for one in found)
        in_folders = max(0, folder_bytes - sum(one.folder_bytes for one in found))
        return max(private, proportional - forked * self._share_of_loaded()) + in_folders

    def _share_of_loaded(self) -> int:
        if not self._loaded_bytes or sys.platform != "linux":
            return 0
        here = mapped(Process(os.getpid(), 0, 0, 0, 0, 0))
        return here.proportional_bytes - here.private_bytes


def _read_cpu_ms(collected_ms: int, members: list[Process]) -> int:
    return collected_ms + sum(member.own_cpu_ms + member.collected_cpu_ms for member in members)


def collected_cpu_ms() -> int:
    """CPU of all descendants that have ended and were waited for, exactly."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return int((used.ru_utime + used.ru_stime) * 1000)


def processes(kept: AbstractSet[int] = frozenset()) -> Iterator[Process]:
    """All descendants of this process, parents before their children, without the kept ones and theirs."""
    return _linux_processes(kept) if sys.platform == "linux" else _psutil_processes(kept)


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
    return end_below(frozenset())


def end_below(kept: AbstractSet[int]) -> int:
    """The same for the children of this process that are not kept, and all below them."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        members = [process.pid for process in processes(kept)]
        for pid in members:
            _kill(pid)
        for _ in collect() if not kept else _collected(members):
            pass
        if not members or (not kept and not has_children()):
            return 0
        if time.monotonic() > deadline:
            return len(members)
        time.sleep(0.002)


def _collected(members: list[int]) -> Iterator[tuple[int, int]]:
    """Wait for those of the members that have ended and are children of this process."""
    for pid in members:
        try:
            done, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            continue
        if done:
            yield done, status


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _linux_processes(kept: AbstractSet[int]) -> Iterator[Process]:
    queue = [str(os.getpid())]
    seen = {*queue, *map(str, kept)}
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
        pid=int(pid) if pid != "self" else os.getpid(),
        started=float(stat[19]),
        own_cpu_ms=_ms(user + system),
        collected_cpu_ms=_ms(children_user + children_system),
        resident_bytes=int(memory[1]) * PAGE_BYTES,
        address_bytes=int(memory[0]) * PAGE_BYTES,
        first_stack=int(stat[25]),
        session=int(stat[3]),
        faults=int(stat[7]),
    )


def _waited_ms(thread: str) -> int:
    said = _read(f"{thread}/schedstat").split()
    return int(said[1]) // 1_000_000 if len(said) > 1 else 0


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


def mapped(process: Process) -> Mapped:
    """The memory of one process; where the kernel does not tell shares, all of it counts as its own.

    One that has ended since it was seen has none: what it shared with others must not become its own.
    """
    found: dict[str, int] = {}
    try:
        said = Path(f"/proc/{process.pid}/smaps_rollup").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        said = "" if TELLS_SHARES else NOT_TOLD
    except OSError:
        said = NOT_TOLD
    if said == NOT_TOLD:
        return Mapped(process.resident_bytes, process.resident_bytes, 0)
    for line in said.splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0]) * 1024
    if "Pss" not in found:
        return Mapped(0, 0, 0)
    private = found["Private_Clean"] + found["Private_Dirty"]
    return Mapped(found["Pss"], private, found.get("Pss_Shmem", 0))


def _psutil_processes(kept: AbstractSet[int]) -> Iterator[Process]:
    import psutil  # pyright: ignore[reportMissingModuleSource]  - only where there is no /proc

    library: Any = psutil
    top = library.Process()
    children = [child for child in top.children() if child.pid not in kept]
    for member in [*children, *(below for child in children for below in child.children(recursive=True))]:
        try:
            times, memory, started = member.cpu_times(), member.memory_info(), member.create_time()
        except library.Error:
            continue
        own_ms = int((times.user + times.system) * 1000)
        collected_ms = int((times.children_user + times.children_system) * 1000)
        yield Process(member.pid, started, own_ms, collected_ms, memory.rss, memory.vms)
