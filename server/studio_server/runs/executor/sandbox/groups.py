"""Layer: control groups. The kernel's own bound on memory and tasks of a whole run, and its exact CPU.

Version 2 in a folder that was delegated to this server, or either version where this server is root.
"""

import errno
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
CONTROLLERS = ("memory", "pids")
V1_CONTROLLERS = ("memory", "pids", "cpuacct")
MEMORY_SLACK_BYTES = 32 << 20
"""Above the limit that the meter enforces: page tables, pipes and files in memory count here only."""
OF_A_RUN = "studio-run-"
"""How the group of a run begins; the number of its meter follows."""
REMOVE_ATTEMPTS = 50
REMOVE_PAUSE_SECONDS = 0.002


@dataclass(frozen=True)
class Parents:
    """Where groups may be made: one folder in version 2, one per controller in version 1."""

    folders: dict[str, str] = field(default_factory=dict[str, str])
    unified: bool = True

    def __bool__(self) -> bool:
        return bool(self.folders)


def parents(delegated: str = "") -> Parents:
    """Where this process may make groups; empty where it may not. Looks only."""
    if delegated:
        return Parents({"unified": delegated}) if _has_controllers(Path(delegated)) else Parents()
    if os.geteuid() != 0:
        return Parents()
    if _has_controllers(ROOT):
        return Parents({"unified": str(ROOT)})
    own = _own_groups()
    folders = {name: str(ROOT / name / own.get(name, "").lstrip("/")) for name in V1_CONTROLLERS}
    usable = all(os.access(folder, os.W_OK) for folder in folders.values())
    return Parents(folders, unified=False) if usable else Parents()


def clear_leftovers(where: Parents) -> None:
    """Remove the groups of runs whose meter is gone, as a kill of everything at once leaves them."""
    for folder in where.folders.values():
        for group in Path(folder).glob(f"{OF_A_RUN}*"):
            meter = group.name.removeprefix(OF_A_RUN)
            if meter.isdigit() and not Path(f"/proc/{meter}").exists():
                with suppress(OSError):  # somebody is in it after all, or another server was faster
                    group.rmdir()


def _has_controllers(folder: Path) -> bool:
    try:
        handed_down = (folder / "cgroup.subtree_control").read_text("ascii").split()
    except OSError:
        return False
    return all(name in handed_down for name in CONTROLLERS) and os.access(folder, os.W_OK)


def _own_groups() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in Path("/proc/self/cgroup").read_text("ascii").splitlines():
        _, names, path = line.split(":", 2)
        found |= dict.fromkeys(names.split(","), path)
    return found


class Group:
    """The group of one run."""

    def __init__(self, parents: Parents, name: str) -> None:
        """Nothing is made yet."""
        self._unified = parents.unified
        self._folders = {key: Path(folder) / name for key, folder in parents.folders.items()}

    def make(self) -> None:
        """Make the group, without bounds.

        Raises:
            OSError: The kernel refused.
        """
        for folder in self._folders.values():
            folder.mkdir(exist_ok=True)

    def bound(self, *, memory_bytes: int, tasks: int) -> None:
        """Set its bounds; what is in it already was needed to make the run ready and is not the run's.

        Raises:
            OSError: The kernel refused.
        """
        memory = str(self._memory_used_bytes() + memory_bytes + MEMORY_SLACK_BYTES)
        most_tasks = str(tasks)
        if self._unified:
            self._write("unified", "memory.max", memory)
            self._write("unified", "pids.max", most_tasks)
            with suppress(OSError):  # no swap on this machine
                self._write("unified", "memory.swap.max", "0")
        else:
            self._write("memory", "memory.limit_in_bytes", memory)
            self._write("pids", "pids.max", most_tasks)

    def add(self, pid: int) -> None:
        """Take the process in; what it starts from now on is in as well.

        Raises:
            OSError: The kernel refused.
        """
        for key in self._folders:
            self._write(key, "cgroup.procs", str(pid))

    def cpu_ms(self) -> int:
        """CPU used in the group, also by processes that nobody waited for; 0 when unknown."""
        if not self._unified:
            return int(self._read("cpuacct", "cpuacct.usage") or 0) // 1_000_000
        for line in self._read("unified", "cpu.stat").splitlines():
            if line.startswith("usage_usec"):
                return int(line.split()[1]) // 1_000
        return 0

    def killed_for_memory(self) -> bool:
        """The kernel has killed a process of the group because the memory bound was met."""
        where = ("unified", "memory.events") if self._unified else ("memory", "memory.oom_control")
        counts = dict(line.split()[:2] for line in self._read(*where).splitlines())
        return counts.get("oom_kill", "0") != "0"

    def remove(self) -> None:
        """Give the group back; its processes have ended."""
        for folder in self._folders.values():
            _remove(folder)

    def _memory_used_bytes(self) -> int:
        where = ("unified", "memory.current") if self._unified else ("memory", "memory.usage_in_bytes")
        return int(self._read(*where) or 0)

    def _write(self, key: str, name: str, value: str) -> None:
        (self._folders[key] / name).write_text(value, "ascii")

    def _read(self, key: str, name: str) -> str:
        try:
            return (self._folders[key] / name).read_text("ascii")
        except OSError:
            return ""


def _remove(folder: Path) -> None:
    for _ in range(REMOVE_ATTEMPTS):
        try:
            folder.rmdir()
        except OSError as refused:
            if refused.errno != errno.EBUSY:
                return
            time.sleep(REMOVE_PAUSE_SECONDS)
        else:
            return
