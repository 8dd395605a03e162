"""Layer: privileges. A run has a user of its own, no capability, and no way to gain one."""

import ctypes
import os

from studio_server.runs.executor.sandbox import kernel

FIRST_USER = 2_000_000
USERS = 4_000_000
LAST_CAPABILITY = 63
CAPABILITY_VERSION = 0x20080522


def user_of_run(number: int) -> int:
    """A user that exists nowhere on the machine, another one for every run that is alive."""
    return FIRST_USER + number % USERS


def become(user: int) -> None:
    """Turn into this user for ever; the capabilities that a program could be given are dropped before.

    Raises:
        OSError: The kernel refused.
    """
    _drop_bounding_set()
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def give_up(*, dumpable: bool) -> None:
    """Drop every capability, and let no program that is started gain any.

    Raises:
        OSError: The kernel refused.
    """
    kernel.control(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.control(kernel.PR_CAP_AMBIENT, kernel.PR_CAP_AMBIENT_CLEAR_ALL)
    _drop_bounding_set()
    header = CAPABILITY_VERSION.to_bytes(4, "little") + bytes(4)
    kernel.system_call("capset", header, ctypes.c_char_p(bytes(24)))
    kernel.control(kernel.PR_SET_DUMPABLE, int(dumpable))


def _drop_bounding_set() -> None:
    """Up to the last one this kernel knows; an ordinary user may not, and has nothing to gain through it."""
    for number in range(LAST_CAPABILITY + 1):
        try:
            kernel.control(kernel.PR_CAPBSET_DROP, number)
        except OSError:
            return
