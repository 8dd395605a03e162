"""Layer: namespaces. A run has its own processes, mounts, network, queues and host name.

Made with the system calls themselves: bubblewrap has to start another program, which would cost a run its
warm start.
"""

import fcntl
import os
import socket
import struct
from contextlib import suppress
from pathlib import Path

from studio_server.runs.executor.sandbox import kernel

MOUNTS = 0x00020000
HOST_NAME = 0x04000000
QUEUES = 0x08000000
USERS = 0x10000000
PROCESSES = 0x20000000
NETWORK = 0x40000000
CONTROL_GROUPS = 0x02000000

SET_INTERFACE_FLAGS = 0x8914
UP_AND_RUNNING = 0x41
BUFFER_BYTES = "4096 65536 262144"
"""Least, usual and most of one direction of a connection inside a run: memory that nobody is billed for."""

INNER_ID = 1000
"""What a run's user is called inside a user namespace."""


def leave_processes(*, with_users: bool) -> None:
    """The next child of this process is the first of a process namespace; it ends with that child.

    An ordinary user may do so only inside a user namespace, where their own number gets another name.

    Raises:
        OSError: The kernel refused.
    """
    user, group = os.geteuid(), os.getegid()
    kernel.unshare(PROCESSES | (USERS if with_users else 0))
    if with_users:
        Path("/proc/self/setgroups").write_text("deny", "ascii")
        Path("/proc/self/uid_map").write_text(f"{INNER_ID} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{INNER_ID} {group} 1", "ascii")


def leave_the_rest(*, mounts: bool, network: bool) -> None:
    """Leave mounts, queues, host name and network; a new network has no interface that is up.

    Raises:
        OSError: The kernel refused.
    """
    wanted = QUEUES | HOST_NAME | CONTROL_GROUPS
    kernel.unshare(wanted | (MOUNTS if mounts else 0) | (NETWORK if network else 0))
    if network:
        for direction in ("tcp_rmem", "tcp_wmem"):
            with suppress(OSError):  # not in every container; open files bound it as well
                Path(f"/proc/sys/net/ipv4/{direction}").write_text(BUFFER_BYTES, "ascii")


def open_loopback() -> None:
    """Let the processes of this network, which is the run's own, reach each other at 127.0.0.1 and ::1.

    Raises:
        OSError: The kernel refused.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SET_INTERFACE_FLAGS, struct.pack("16sh22x", b"lo", UP_AND_RUNNING))
