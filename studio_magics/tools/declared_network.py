"""Whom a tool declares to talk to: its own processes, and hosts by name and port. Resolves nothing."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

LOOPBACK = "loopback"
MOST_NAME_CHARACTERS = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}\Z")
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")
MOST_PORT = 65_535


class HostMisdeclared(ValueError):
    """This is no host name with a port; addresses, names of one word and other spellings are none."""

    def __init__(self, declared: str) -> None:
        super().__init__(
            f"'{declared}' is neither '{LOOPBACK}' nor a name and a port, as in 'api.example.org:443'"
        )
        self.declared = declared


@dataclass(frozen=True)
class Host:
    """One host a tool may talk to, at one port."""

    name: str
    """Lower case, in ASCII, without a dot at its end."""
    port: int

    @classmethod
    def of(cls, written: str) -> Self:
        """Read `name:port`, in any case and with a dot at the end of the name.

        Raises:
            HostMisdeclared: It is anything else: an address in any notation, a zone, a user, a space.
        """
        name, _, port = written.rpartition(":")
        name = name.lower().removesuffix(".")
        if not written.isascii() or not _is_name(name) or not _PORT.match(port) or int(port) > MOST_PORT:
            raise HostMisdeclared(written)
        return cls(name, int(port))

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


def _is_name(name: str) -> bool:
    """A full name; what ends in a number is an address to some library."""
    last = name.rpartition(".")[2]
    return len(name) <= MOST_NAME_CHARACTERS and bool(_NAME.match(name)) and not _NUMBER.match(last)


@dataclass(frozen=True)
class Network:
    """All that a tool declares."""

    loopback: bool
    hosts: frozenset[Host]

    @classmethod
    def of(cls, declared: Iterable[str]) -> Self:
        """Read a declaration.

        Raises:
            HostMisdeclared: One of its words means nothing.
        """
        words = list(declared)
        hosts = frozenset(Host.of(word) for word in words if word != LOOPBACK)
        return cls(LOOPBACK in words, hosts)
