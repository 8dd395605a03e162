"""Starts one worker, watches everything below it, and tells the server how it ended.

A program of its own (`python -I -S launcher.py`), standard library only, started by the server per run:

    server ── control and report pipe ── guard ── meter ── worker ── whatever the worker starts

The meter samples CPU, memory, disk and time of the whole tree and ends it at a limit, or when the control
pipe closes (cancelled, or the server is gone). Guard and meter adopt orphans, so a grandchild with a session
of its own stays below them, and "no children left" is the kernel's proof that the tree is empty. If one of
the two is killed, the other ends the tree. The server sees the report pipe end only when both are gone.

Nothing here is taken from the worker but progress, which is shown and not believed.
"""

import ctypes
import fcntl
import json
import os
import resource
import select
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from studio_server.runs.executor.process_tree import ProcessTree, collect, end_all
else:  # a script without site-packages: its neighbour is found by folder
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  - pathlib costs 5 ms
    from process_tree import ProcessTree, collect, end_all

SAMPLE_SECONDS = 0.025
DISK_EVERY_SECONDS = 0.25
READ_BYTES = 65_536
LOG_BYTES = 65_536
STAGE_CHARACTERS = 200
MAX_FILES = 20_000
PROGRESS_DESCRIPTOR = 3
NICENESS = 5
SPARE_TASKS = 1_024

SET_PARENT_DEATH_SIGNAL = 1
SET_CHILD_SUBREAPER = 36
SET_NO_NEW_PRIVILEGES = 38


def main() -> None:
    """Guard: start the meter, outlive it, leave nothing behind."""
    spec = read_spec()
    ask_kernel(SET_CHILD_SUBREAPER, 1)
    guard = os.getpid()
    meter = os.fork()
    if meter == 0:
        run_meter(spec, guard)
    while True:
        pid, _ = os.wait()
        if pid == meter:
            end_all()
            os._exit(0)


def read_spec() -> dict[str, Any]:
    """The first line of the control pipe; an early end means that the server is gone."""
    received = b""
    while not received.endswith(b"\n"):
        part = os.read(0, READ_BYTES)
        if not part:
            os._exit(1)
        received += part
    return json.loads(received)


def ask_kernel(option: int, value: int) -> None:
    """prctl, where there is one."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def run_meter(spec: dict[str, Any], guard: int) -> NoReturn:
    """Run the worker to its end and report; the exit frees the guard."""
    try:
        ask_kernel(SET_CHILD_SUBREAPER, 1)
        os.set_blocking(1, False)
        meter = Meter(spec, guard)
        report = meter.run()
        os.set_blocking(1, True)
        send(report)
    finally:
        end_all()
        os._exit(0)


def send(message: dict[str, Any]) -> None:
    """One line to the server; a full pipe drops progress, a closed one has nobody to tell."""
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except OSError:
        return


class Meter:
    """One worker and the watch over it."""

    def __init__(self, spec: dict[str, Any], guard: int) -> None:
        self._limits: dict[str, int] = spec["limits"]
        self._folder: str = spec["folder"]
        self._server_pid: int = spec["server_pid"]
        self._guard = guard
        self._tree = ProcessTree()
        self._begun = False
        self._status: int | None = None
        self._unfinished = b""
        self._unsaid: dict[str, Any] = {}
        self._log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._log_left = LOG_BYTES
        self._disk_before = disk_bytes(self._folder)
        self._disk_checked = time.monotonic()
        self._wake = wake_on_child_exit()
        self._progress, progress_writer = os.pipe()
        self._output, output_writer = os.pipe()
        self._listening = [0, self._wake, self._progress, self._output]
        self._started = time.monotonic()
        self._worker = start_worker(spec, progress_writer, output_writer)
        os.close(progress_writer)
        os.close(output_writer)
        send({"event": "started", "meter": os.getpid(), "worker": self._worker})

    def run(self) -> dict[str, Any]:
        """Watch until the worker ends or must end; then kill what is left and say what was used."""
        reason = self._watch()
        wall_ms = int((time.monotonic() - self._started) * 1000)
        survivors = end_all()
        self._tree.finish()
        self._drain()
        self._say_progress()
        return {
            "event": "ended",
            "reason": reason,
            "exit_code": exit_code(self._status),
            "begun": self._begun,
            "cpu_ms": self._tree.cpu_ms,
            "wall_ms": wall_ms,
            "peak_bytes": self._tree.peak_bytes,
            "peak_address_bytes": self._tree.peak_address_bytes,
            "survivors": survivors,
        }

    def _watch(self) -> str:
        next_sample = 0.0
        while True:
            wait = max(0.0, min(SAMPLE_SECONDS, next_sample - time.monotonic()))
            ready, _, _ = select.select(self._listening, [], [], wait)
            if 0 in ready and not os.read(0, READ_BYTES):
                return "stopped"
            self._drain()
            if time.monotonic() >= next_sample:
                self._say_progress()
                reason = self._exceeded()
                if reason:
                    return reason
                next_sample = time.monotonic() + SAMPLE_SECONDS
            if self._collect():
                return "ended"

    def _collect(self) -> bool:
        for pid, status in collect():
            if pid == self._worker:
                self._status = status
        return self._status is not None

    def _exceeded(self) -> str:
        """Why the tree must end now; empty when it may go on."""
        if os.getppid() != self._guard or not is_child_of(self._guard, self._server_pid):
            return "stopped"
        usage = self._tree.sample(self._limits["memory_bytes"])
        if usage.cpu_ms > self._limits["cpu_ms"]:
            return "cpu"
        if usage.resident_bytes > self._limits["memory_bytes"]:
            return "memory"
        if (time.monotonic() - self._started) * 1000 > self._limits["wall_ms"]:
            return "wall"
        if usage.processes > self._limits["processes"]:
            return "processes"
        return "disk" if self._disk_full() else ""

    def _disk_full(self) -> bool:
        now = time.monotonic()
        if now - self._disk_checked < DISK_EVERY_SECONDS:
            return False
        self._disk_checked = now
        return disk_bytes(self._folder) - self._disk_before > self._limits["scratch_bytes"]

    def _drain(self) -> None:
        """Take what the worker wrote, without ever waiting: one piece per pipe and turn."""
        for descriptor, take in ((self._progress, self._take_progress), (self._output, self._take_output)):
            if descriptor in self._listening and select.select([descriptor], [], [], 0)[0]:
                part = os.read(descriptor, READ_BYTES)
                if part:
                    take(part)
                else:
                    self._listening.remove(descriptor)
        if self._wake in select.select([self._wake], [], [], 0)[0]:
            os.read(self._wake, READ_BYTES)

    def _take_progress(self, part: bytes) -> None:
        """Keep the newest whole line until the next sample; an endless line is dropped."""
        self._begun = True
        *lines, rest = (self._unfinished + part).split(b"\n")
        self._unfinished = rest if len(rest) < READ_BYTES else b""
        if not lines:
            return
        try:
            said = json.loads(lines[-1])
            percent = min(100, max(0, int(said["percent"])))
            stage = str(said["stage"])[:STAGE_CHARACTERS]
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
            return
        self._unsaid = {"event": "progress", "percent": percent, "stage": stage}

    def _say_progress(self) -> None:
        if self._unsaid:
            send(self._unsaid)
            self._unsaid = {}

    def _take_output(self, part: bytes) -> None:
        """Keep the beginning of what the worker printed, for the operator."""
        kept = part[: self._log_left]
        self._log_left -= len(kept)
        if kept:
            os.write(self._log, kept)


def wake_on_child_exit() -> int:
    """A descriptor that becomes readable when a child ends."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def is_child_of(pid: int, parent: int) -> bool:
    """False when the parent is gone; without /proc the control pipe alone tells that."""
    if sys.platform != "linux":
        return True
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123  - pathlib costs 5 ms
            return int(stat.read().rpartition(b")")[2].split()[1]) == parent
    except OSError:
        return False


def exit_code(status: int | None) -> int | None:
    """Negative for a signal, None when the worker was still running."""
    return None if status is None else os.waitstatus_to_exitcode(status)


def disk_bytes(folder: str) -> int:
    """What the files below the folder occupy; links count once; too many files count as full."""
    total, files, seen = 0, 0, set[tuple[int, int]]()
    folders = [folder]
    while folders and files < MAX_FILES:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:
            continue
        for entry in entries:
            files += 1
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
                continue
            total += file_bytes(entry, seen)
    return total if files < MAX_FILES else 1 << 62


def file_bytes(entry: os.DirEntry[str], seen: set[tuple[int, int]]) -> int:
    """What one file occupies on disk, 0 for the second name of the same file."""
    try:
        stat = entry.stat(follow_symlinks=False)
    except OSError:
        return 0
    if (stat.st_dev, stat.st_ino) in seen:
        return 0
    seen.add((stat.st_dev, stat.st_ino))
    return stat.st_blocks * 512


def start_worker(spec: dict[str, Any], progress_writer: int, output_writer: int) -> int:
    """Fork, limit, and become the worker's program; fork is safe here: this process has one thread."""
    meter = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        ask_kernel(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        ask_kernel(SET_NO_NEW_PRIVILEGES, 1)
        if os.getppid() == meter:
            signal.set_wakeup_fd(-1)
            connect(progress_writer, output_writer)
            limit(spec["belt"])
            os.chdir(spec["folder"])
            os.execve(spec["command"][0], spec["command"], spec["environment"])  # noqa: S606  - no shell wanted
    finally:
        os._exit(127)


def connect(progress_writer: int, output_writer: int) -> None:
    """Nothing to read, one pipe for all output, one for progress, and no other descriptor."""
    progress = fcntl.fcntl(progress_writer, fcntl.F_DUPFD, PROGRESS_DESCRIPTOR + 1)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output_writer, 1)
    os.dup2(output_writer, 2)
    os.dup2(progress, PROGRESS_DESCRIPTOR)
    os.closerange(PROGRESS_DESCRIPTOR + 1, 65_536)


def limit(belt: dict[str, int]) -> None:
    """The second belt: limits per process, above those that the meter enforces for the tree."""
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_CPU, belt["cpu_seconds"] + 1, hard=belt["cpu_seconds"] + 2)
    lower(resource.RLIMIT_AS, belt["address_bytes"])
    lower(resource.RLIMIT_FSIZE, belt["file_bytes"])
    lower(resource.RLIMIT_NOFILE, belt["open_files"])
    if sys.platform == "linux":
        lower(resource.RLIMIT_NPROC, tasks_on_this_machine() + SPARE_TASKS)
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123  - see above
            score.write("800")
    os.nice(NICENESS)


def lower(kind: int, value: int, *, hard: int | None = None) -> None:
    """Set a limit, never above the one in force."""
    _, ceiling = resource.getrlimit(kind)
    wanted = value if hard is None else hard
    highest = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(kind, (min(value, highest), highest))


def tasks_on_this_machine() -> int:
    """How many threads exist: the process limit counts those of the user, wherever they run."""
    with open("/proc/loadavg", encoding="ascii") as load:  # noqa: PTH123  - see above
        return int(load.read().split()[3].partition("/")[2])


if __name__ == "__main__":
    main()
