"""Layer: Landlock. The kernel's own list of what a run may read and write, on top of what it sees."""

import os
from collections.abc import Iterable

from studio_server.runs.executor.sandbox import kernel

EXECUTE, WRITE, READ_FILE, READ_FOLDER = 1, 2, 4, 8
REMOVE_FOLDER, REMOVE_FILE, MAKE_CHAR, MAKE_FOLDER, MAKE_REGULAR = 16, 32, 64, 128, 256
MAKE_SOCKET, MAKE_PIPE, MAKE_BLOCK, MAKE_LINK = 512, 1024, 2048, 4096
REFER, TRUNCATE, DEVICE_CONTROL = 8192, 16384, 32768
READING = EXECUTE | READ_FILE | READ_FOLDER
WRITING = (1 << 15) - 1 & ~MAKE_CHAR & ~MAKE_BLOCK
OF_FILES = EXECUTE | WRITE | READ_FILE | TRUNCATE | DEVICE_CONTROL

CONNECT_AND_BIND = 3
ABSTRACT_SOCKETS_AND_SIGNALS = 3
WITH_NETWORK, WITH_SCOPES = 4, 6
BELOW_PATH = 1
ASK_VERSION = 1


def version() -> int:
    """The version of Landlock in this kernel.

    Raises:
        OSError: There is none.
    """
    return kernel.system_call("landlock_create_ruleset", None, 0, ASK_VERSION)


def confine(readable: Iterable[str], writable: Iterable[str], *, tcp: bool = False) -> None:
    """From now on nothing else is read, written or executed, no outsider is signalled, no TCP port is used.

    With `tcp` ports are left to the network namespace.

    Raises:
        OSError: There is no Landlock, or the kernel refused.
    """
    found = version()
    ruleset = _ruleset(found, tcp=tcp)
    for path in readable:
        _allow(ruleset, path, READING)
    for path in writable:
        _allow(ruleset, path, (READING | WRITING) & _known(found))
    kernel.system_call("landlock_restrict_self", ruleset, 0)
    os.close(ruleset)


def _known(found: int) -> int:
    """What this version can deny."""
    bits = 13 + (found >= 2) + (found >= 3) + (found >= 5)  # noqa: PLR2004  - versions as the kernel counts them
    return (1 << bits) - 1


def _ruleset(found: int, *, tcp: bool) -> int:
    members = [_known(found)]
    if found >= WITH_NETWORK:
        members.append(0 if tcp else CONNECT_AND_BIND)
    if found >= WITH_SCOPES:
        members.append(ABSTRACT_SOCKETS_AND_SIGNALS)
    attributes = b"".join(member.to_bytes(8, "little") for member in members)
    return kernel.system_call("landlock_create_ruleset", attributes, len(attributes), 0)


def _allow(ruleset: int, path: str, access: int) -> None:
    """Allow it at and below the path; what does not exist needs no permission."""
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    if not os.path.isdir(path):  # noqa: PTH112  - on the path of every run
        access &= OF_FILES
    rule = access.to_bytes(8, "little") + descriptor.to_bytes(4, "little")
    try:
        kernel.system_call("landlock_add_rule", ruleset, BELOW_PATH, rule, 0)
    finally:
        os.close(descriptor)
