"""How a run without a network reaches a host that its tool declares: by the broker's socket in its folder."""

import socket
from pathlib import Path

SOCKET = "network"
"""The broker's socket, in the run's own folder."""
ANSWER_BYTES = 1_024
ANSWER_SECONDS = 60.0
END = b"\r\n\r\n"
OPENED = b"HTTP/1.1 200 "


class HostRefused(ConnectionError):
    """There is no connection to this host; `reason` says why, for the author of the tool."""

    def __init__(self, name: str, port: int, reason: str) -> None:
        super().__init__(f"no connection to {name}:{port}: {reason}")
        self.name = name
        self.port = port
        self.reason = reason


def open_tunnel(folder: Path, name: str, port: int) -> socket.socket:
    """A connection to a declared host, as if it were direct; names of other letters are asked for in ASCII.

    Raises:
        HostRefused: The tool does not declare it, it is at no public address, or it does not answer.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        asked = name.encode("idna").decode("ascii")
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(str(folder / SOCKET))
        connection.sendall(f"CONNECT {asked}:{port} HTTP/1.1\r\n\r\n".encode())
        answer = _answer(connection)
    except (OSError, UnicodeError) as broken:
        connection.close()
        raise HostRefused(name, port, "there is no way out of this run") from broken
    if not answer.startswith(OPENED):
        connection.close()
        raise HostRefused(
            name, port, answer.decode("ascii", "replace").partition(" ")[2].strip() or "cut off"
        )
    connection.settimeout(None)
    return connection


def _answer(connection: socket.socket) -> bytes:
    """One byte at a time: what follows is the host's."""
    answer = b""
    while not answer.endswith(END) and len(answer) < ANSWER_BYTES:
        part = connection.recv(1)
        if not part:
            break
        answer += part
    return answer
