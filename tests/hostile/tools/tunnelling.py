"""Attacks of a run whose tool declares one host: it reaches that host, and nothing else."""

import os
import socket

from networking import connect
from reaching import tried

from studio_magics.tools.https import Connection
from studio_magics.tools.tunnel import HostRefused

NAME = "api.example.org"


def get(through, name, port, path="/"):
    connection = Connection(through, name, port, plain=True)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.getheader("location", "")
    finally:
        connection.close()


def ask(said):
    """The broker's answer to these bytes."""
    with socket.socket(socket.AF_UNIX) as way_out:
        way_out.settimeout(10)
        way_out.connect("network")
        way_out.sendall(said)
        return way_out.recv(1_000)


def use_the_host(*, port, context):
    """What it is for; what does not work is listed."""
    try:
        found = get(context, NAME, port)
    except HostRefused as refused:
        return [refused.reason]
    return [] if found[:2] == (200, b"hello") else [found]


def follow_a_redirect(*, port, context):
    _, _, location = get(context, NAME, port, "/elsewhere")
    name, _, other = location.removeprefix("http://").strip("/").partition(":")
    return tried(location, lambda: get(context, name, int(other)))


def reach_other_hosts(*, port, context):
    found = []
    for name in (
        "other.example.org",
        "localhost",
        "127.0.0.1",
        "0x7f.1",
        "2130706433",
        "::1",
        "169.254.169.254",
    ):
        found += tried(name, lambda name=name: context.connect(name, port))
    return found


def reach_other_ports(*, other_port, context):
    return tried("another port", lambda: context.connect(NAME, other_port))


def ask_in_other_ways(*, port, context):
    host = f"{NAME}:{port}".encode()
    asked = (
        b"GET http://" + host + b"/ HTTP/1.1\r\n\r\n",
        b"CONNECT " + host + b"\r\n\r\n",
        b"CONNECT " + host + b"@127.0.0.1:80 HTTP/1.1\r\n\r\n",
        b"CONNECT " + host + b" HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"CONNECT 127.0.0.1:" + str(port).encode() + b" HTTP/1.1\r\nHost: " + host + b"\r\n\r\n",
    )
    return [said for said in asked if ask(said).startswith(b"HTTP/1.1 200")]


def reach_without_asking(*, port, context):
    found = tried("loopback", lambda: connect(socket.AF_INET, ("127.0.0.1", port)))
    return found + tried("a name", lambda: socket.getaddrinfo(NAME, port))


def take_the_socket_away(*, port, context):
    """Nobody but this run is harmed."""
    os.rename("network", "moved")
    with socket.socket(socket.AF_UNIX) as own:
        own.bind("network")
        own.listen()
    return tried("connected", lambda: context.connect("other.example.org", port))


def hold_a_connection(*, port, context):
    kept = context.connect(NAME, port)
    context.progress(0.5, "holding")
    while True:
        kept.recv(1)
