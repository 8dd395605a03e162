"""Attacks of a run that may talk to its own processes: nobody else is to be reached that way."""

import contextlib
import fcntl
import socket
import struct

from networking import connect
from reaching import tried

CHUNK = bytes(65_536)
MOST_BYTES_UNREAD = 2 << 20


def talk_to_itself(*, context):
    """What it is for, by number and by name, in both families; what does not work is listed."""
    failed = []
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"), (0, "localhost")):
        try:
            with (
                socket.create_server((address, 0), family=family or socket.AF_INET) as server,
                socket.create_connection((address, server.getsockname()[1]), 5) as one,
                server.accept()[0] as other,
            ):
                one.sendall(b"hello")
                if other.recv(5) != b"hello":
                    failed.append(f"{address}: heard something else")
        except OSError as refused:
            failed.append(f"{address}: {refused}")
    return failed


def reach_the_hosts_loopback(*, port, context):
    found = []
    for address in ("127.0.0.1", "127.8.8.8", "0.0.0.0", "localhost"):
        found += tried(address, lambda address=address: connect(socket.AF_INET, (address, port)))
    for address in ("::1", "::ffff:127.0.0.1"):
        found += tried(address, lambda address=address: connect(socket.AF_INET6, (address, port)))
    return found


def reach_anybody(*, context):
    found = []
    for address in ("169.254.169.254", "10.0.0.1", "192.0.2.1", "8.8.8.8"):
        found += tried(address, lambda address=address: connect(socket.AF_INET, (address, 80)))
    return found + tried("a name", lambda: socket.getaddrinfo("example.org", 80))


def reach_an_abstract_socket_of_the_host(*, abstract, context):
    return tried("abstract", lambda: connect(socket.AF_UNIX, "\0" + abstract))


def open_other_sockets(*, context):
    """TCP is all that a loopback is for."""
    kinds = ((socket.SOCK_DGRAM, 0), (socket.SOCK_RAW, 1), (socket.SOCK_STREAM, 262), (5, 0))
    wanted = [(family, *kind) for family in (socket.AF_INET, socket.AF_INET6) for kind in kinds]
    wanted += [(family, socket.SOCK_RAW, 0) for family in (socket.AF_NETLINK, socket.AF_PACKET, 38, 40)]
    found = []
    for one in wanted:
        found += tried(f"{one}", lambda one=one: socket.socket(*one).close())
    return found


def give_itself_an_address(*, context):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as any_socket:
        address = struct.pack("16sHH4s16x", b"lo", socket.AF_INET, 0, socket.inet_aton("10.1.1.1"))
        return tried("address", lambda: fcntl.ioctl(any_socket, 0x8916, address))


def keep_memory_in_connections(*, context):
    """How much one connection takes that nobody reads."""
    taken = 0
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as one,
        server.accept()[0],
    ):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 28)
        one.settimeout(0.2)
        with contextlib.suppress(OSError):
            while taken < 10 * MOST_BYTES_UNREAD:
                taken += one.send(CHUNK)
    return [] if taken < MOST_BYTES_UNREAD else [f"{taken} bytes that nobody reads"]


def listen(*, port, context):
    """Until it is ended."""
    with socket.create_server(("127.0.0.1", port)) as server:
        context.progress(0.5, "listening")
        while True:
            server.accept()
