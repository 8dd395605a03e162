"""Layer: limits per process, as a second belt above those that the meter enforces for the whole run."""

import os
import resource
import sys
from pathlib import Path

SPARE_TASKS = 1_024
NICENESS = 5
SESSION_NICENESS = 5
"""Of a run: about a third of what the server and each notebook get, when all want the processor."""
FORK_SERVER_NICENESS = 2
OUT_OF_MEMORY_FIRST = "800"
SESSIONS = Path("/proc/self/autogroup")


def limit(belt: dict[str, int]) -> None:
    """Limit this process and what it starts."""
    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_CPU, belt["cpu_seconds"] + 1, hard=belt["cpu_seconds"] + 2)
    lower(resource.RLIMIT_AS, belt["address_bytes"])
    lower(resource.RLIMIT_FSIZE, belt["file_bytes"])
    lower(resource.RLIMIT_NOFILE, belt["open_files"])
    if sys.platform == "linux":
        lower(resource.RLIMIT_NPROC, belt["tasks"])
        lower(resource.RLIMIT_MEMLOCK, 0)
        lower(resource.RLIMIT_MSGQUEUE, 0)
        lower(resource.RLIMIT_RTPRIO, 0)
    os.nice(NICENESS)


def give_way(niceness: int, pid: int | str = "self") -> bool:
    """Let the session of this process, or of another one, yield to other sessions; False: try again later.

    Linux shares a processor out between sessions first, so that a process of a nice value of its own still
    gets as much as a whole server. Where it does not, the niceness of each process counts. Of ordinary users
    the kernel takes one such wish in a tenth of a second, from all of them together.
    """
    try:
        Path(f"/proc/{pid}/autogroup").write_text(str(niceness), "ascii")
    except BlockingIOError:
        return False
    except OSError:  # a kernel without groups for sessions, or the process is gone
        return True
    return True


def gives_way(niceness: int, pid: int | str) -> bool:
    """Whether the session of this process yields, or this kernel has no groups for sessions.

    To be asked some time after the wish: a process that was about to open a session of its own took the wish
    with the old one, and one that ended took it along.
    """
    try:
        told = Path(f"/proc/{pid}/autogroup").read_text("ascii").split()
    except OSError:
        return not SESSIONS.exists()
    return not told or told[-1] == str(niceness)


def be_killed_first() -> None:
    """When the machine has no memory left, this process goes before the server does."""
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text(OUT_OF_MEMORY_FIRST, "ascii")


def lower(kind: int, value: int, *, hard: int | None = None) -> None:
    """Set a limit, never above the one in force."""
    _, ceiling = resource.getrlimit(kind)
    wanted = value if hard is None else hard
    highest = wanted if ceiling == resource.RLIM_INFINITY else min(wanted, ceiling)
    resource.setrlimit(kind, (min(value, highest), highest))


def tasks_of_a_shared_user(tasks: int) -> int:
    """A limit on tasks for a run that shares its user: the kernel counts all of that user."""
    if sys.platform != "linux":
        return tasks
    everybodys = int(Path("/proc/loadavg").read_text("ascii").split()[3].partition("/")[2])
    return everybodys + SPARE_TASKS
