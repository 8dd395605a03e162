"""Attacks that try to talk to somebody: this machine, its neighbours, the metadata address, the internet.

They are run with layers off as well, to show that they can succeed: none may do harm where it does.
"""

import socket

from reaching import tried


def connect(family, address):
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(0.3)
        connection.connect(address)


def reach_loopback(*, port, context):
    return tried("127.0.0.1", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))


def reach_loopback_otherwise(*, port, context):
    found = []
    for address in ("0.0.0.0", "127.1", "127.8.8.8"):
        found += tried(address, lambda address=address: connect(socket.AF_INET, (address, port)))
    for address in ("::1", "::ffff:127.0.0.1"):
        found += tried(address, lambda address=address: connect(socket.AF_INET6, (address, port)))
    return found


def reach_metadata(*, context):
    return tried("metadata", lambda: connect(socket.AF_INET, ("169.254.169.254", 80)))


def reach_a_name_server(*, context):
    def ask():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
            connection.sendto(b"x", ("192.0.2.53", 53))

    return tried("a datagram left", ask) + tried("resolved", lambda: socket.getaddrinfo("example.org", 80))


def listen_for_others(*, context):
    def listen():
        with socket.socket(socket.AF_INET) as connection:
            connection.bind(("0.0.0.0", 0))
            connection.listen()

    return tried("listens", listen)


def reach_an_abstract_socket(*, abstract, context):
    return tried("abstract", lambda: connect(socket.AF_UNIX, "\0" + abstract))


def reach_a_named_socket(*, named, context):
    return tried("named", lambda: connect(socket.AF_UNIX, named))


def open_odd_sockets(*, context):
    found = []
    for family in (2, 10, 16, 17, 31, 38, 40, 44):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
            found += tried(f"{family}/{kind}", lambda f=family, k=kind: socket.socket(f, k).close())
    return found


def bring_a_network_up(*, context):
    return tried("asked for links", lambda: socket.if_nameindex())
