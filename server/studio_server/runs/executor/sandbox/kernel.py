"""The kernel's calls that Python has no function for; a refused one is an OSError."""

import ctypes
import os
import platform
from functools import cache

_NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "pivot_root": 155,
        "capset": 126,
        "perf_event_open": 298,
        "seccomp": 317,
        "open_tree": 428,
        "move_mount": 429,
        "mount_setattr": 442,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
    "aarch64": {
        "pivot_root": 41,
        "capset": 91,
        "perf_event_open": 241,
        "seccomp": 277,
        "open_tree": 428,
        "move_mount": 429,
        "mount_setattr": 442,
        "landlock_create_ruleset": 444,
        "landlock_add_rule": 445,
        "landlock_restrict_self": 446,
    },
}

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4


def machine() -> str:
    """The processor family; calls by number are known for x86_64 and aarch64."""
    return platform.machine()


def system_call(name: str, *arguments: object) -> int:
    """Make the call; its result.

    Raises:
        OSError: The kernel refused, or this machine's number for it is not known.
    """
    number = _NUMBERS.get(machine(), {}).get(name)
    if number is None:
        raise OSError(38, f"{name} is not known on {machine()}")
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    return checked(_libc().syscall(ctypes.c_long(number), *wide), name)


def control(option: int, *arguments: int) -> int:
    """Make a prctl call.

    Raises:
        OSError: The kernel refused.
    """
    padded = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    return checked(_libc().prctl(option, *padded), "prctl")


def unshare(flags: int) -> None:
    """Leave namespaces.

    Raises:
        OSError: The kernel refused.
    """
    checked(_libc().unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    """Mount `source` on `target`.

    Raises:
        OSError: The kernel refused.
    """
    given = (source.encode(), target.encode(), kind.encode() or None)
    checked(_libc().mount(*given, ctypes.c_ulong(flags), options.encode() or None), f"mount on {target}")


def unmount(target: str, flags: int) -> None:
    """Unmount.

    Raises:
        OSError: The kernel refused.
    """
    checked(_libc().umount2(target.encode(), flags), f"umount of {target}")


def checked(result: int, what: str) -> int:
    """The result of a call into the C library.

    Raises:
        OSError: It is -1.
    """
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
