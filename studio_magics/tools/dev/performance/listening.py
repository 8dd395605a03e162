"""What the kernel says of a server process: where it listens, and how much memory it holds."""

from __future__ import annotations

import os
import socket
from pathlib import Path

LISTENING = "0A"
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MOST_ADDRESSES = 5


def memory_bytes(pid: int) -> int:
    """What a process holds now; 0 where that is not told, or it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * PAGE_BYTES
    except (OSError, IndexError, ValueError):
        return 0


def addresses(pid: int) -> list[str]:
    """Where the process listens for TCP, as 'address:port'; empty where that is not told."""
    sockets = _sockets(pid)
    found = [
        address
        for name in ("tcp", "tcp6")
        for address, inode in _listening(Path(f"/proc/{pid}/net/{name}"))
        if inode in sockets
    ]
    return sorted(found)[:MOST_ADDRESSES]


def _sockets(pid: int) -> set[str]:
    try:
        links = [_target(one) for one in Path(f"/proc/{pid}/fd").iterdir()]
    except OSError:
        return set()
    return {link[len("socket:[") : -1] for link in links if link.startswith("socket:[")}


def _target(descriptor: Path) -> str:
    try:
        return str(descriptor.readlink())
    except OSError:  # closed meanwhile
        return ""


def _listening(table: Path) -> list[tuple[str, str]]:
    """Address and inode of every socket that listens."""
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [(_readable(row[1]), row[9]) for row in rows if row[3] == LISTENING]


def _readable(said: str) -> str:
    """'0100007F:1F90' is 127.0.0.1:8080: words of four bytes in this machine's order, and the port."""
    address, _, port = said.partition(":")
    words = [bytes.fromhex(address[start : start + 8])[::-1] for start in range(0, len(address), 8)]
    raw = b"".join(words)
    if len(words) == 1:
        return f"{socket.inet_ntop(socket.AF_INET, raw)}:{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, raw)}]:{int(port, 16)}"
