"""The broker's connections: read what is asked, resolve, check, connect, carry bytes, count them."""

import asyncio
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

from studio_magics.tools.declared_network import Host
from studio_server.runs.executor.broker.addresses import Address, may_reach
from studio_server.runs.executor.broker.asking import END, HEAD_BYTES, Refused, asked

PIECE_BYTES = 65_536
MOST_ADDRESSES = 4
OPENED = b"HTTP/1.1 200 connected" + END

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Resolve = Callable[[Host], Awaitable[Iterable[Address]]]
Dial = Callable[[Address, int], Awaitable[Streams]]


@dataclass(frozen=True)
class Bounds:
    """How much a run may use of the network."""

    all_bytes: int = 256 << 20
    """In both directions, of all connections together."""
    connections: int = 16
    """At once."""
    all_connections: int = 1_000
    asking_seconds: float = 5.0
    resolving_seconds: float = 5.0
    connecting_seconds: float = 5.0
    """For each of a few addresses."""
    idle_seconds: float = 30.0


@dataclass
class Traffic:
    """What went to one host and came from it."""

    connections: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0


@dataclass
class Broker:
    """Opens connections to `hosts` for whoever reaches its socket: the one run it is for."""

    hosts: frozenset[Host]
    bounds: Bounds = field(default_factory=Bounds)
    permits: Callable[[Address], bool] = may_reach
    resolve: Resolve | None = None
    dial: Dial | None = None
    traffic: dict[Host, Traffic] = field(default_factory=dict[Host, Traffic])
    refusals: Counter[str] = field(default_factory=Counter[str])
    _open: int = 0
    _asked: int = 0
    _bytes: int = 0

    async def serve(self, listening: socket.socket) -> None:
        """Serve until cancelled; then every connection ends."""
        server = await asyncio.start_unix_server(self.meet, sock=listening, limit=HEAD_BYTES)
        async with server:
            await server.serve_forever()

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of the run, from its request to its end."""
        self._open += 1
        self._asked += 1
        try:
            await self._tunnel(reader, writer)
        except Refused as refused:
            self.refusals[refused.reason] += 1
            await _say(writer, f"HTTP/1.1 {refused.status} {refused.reason}".encode() + END)
        except (OSError, TimeoutError, BudgetSpent):
            self.refusals["cut off"] += 1
        finally:
            self._open -= 1
            _cut(writer)

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host = await self._asked_for(reader)
        far_reader, far_writer = await self._reach(host)
        traffic = self.traffic.setdefault(host, Traffic())
        traffic.connections += 1
        try:
            await _say(writer, OPENED)
            await self._carry((reader, writer), (far_reader, far_writer), traffic)
        finally:
            _cut(far_writer)

    async def _asked_for(self, reader: asyncio.StreamReader) -> Host:
        """A declared host.

        Raises:
            Refused: Anything else was asked for, too slowly, or too often.
        """
        if self._open > self.bounds.connections or self._asked > self.bounds.all_connections:
            raise Refused(429, "too many connections")
        try:
            async with asyncio.timeout(self.bounds.asking_seconds):
                head = await reader.readuntil(END)
        except TimeoutError:
            raise Refused(408, "asked too slowly") from None
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise Refused(400, "the request has no end") from None
        host = asked(head.removesuffix(END))
        if host not in self.hosts:
            raise Refused(403, "the tool does not declare this host and port")
        return host

    async def _reach(self, host: Host) -> Streams:
        """A connection to an address of the host that was checked.

        Raises:
            Refused: It has none that may be reached, or none answers.
        """
        addresses = await self._resolved(host)
        permitted = [address for address in addresses if self.permits(address)]
        if addresses and not permitted:
            raise Refused(403, "the host is at no public address")
        for address in permitted[:MOST_ADDRESSES]:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self.bounds.connecting_seconds):
                    return await (self.dial or dial)(address, host.port)
        raise Refused(502, "the host does not answer")

    async def _resolved(self, host: Host) -> list[Address]:
        try:
            async with asyncio.timeout(self.bounds.resolving_seconds):
                return list(dict.fromkeys(await (self.resolve or resolve)(host)))
        except (OSError, TimeoutError, UnicodeError):
            raise Refused(502, "the name is not known") from None

    async def _carry(self, near: Streams, far: Streams, traffic: Traffic) -> None:
        """Carry bytes both ways until both have ended, nothing moves any more, or the budget is spent."""
        async with asyncio.timeout(self.bounds.idle_seconds) as idle:

            def count(sent: int, received: int) -> None:
                self._spend(sent + received)
                traffic.sent_bytes += sent
                traffic.received_bytes += received
                idle.reschedule(asyncio.get_running_loop().time() + self.bounds.idle_seconds)

            out = asyncio.create_task(_pass_on(near[0], far[1], lambda size: count(size, 0)))
            back = asyncio.create_task(_pass_on(far[0], near[1], lambda size: count(0, size)))
            try:
                await asyncio.gather(out, back)
            finally:
                out.cancel()
                back.cancel()

    def _spend(self, size_bytes: int) -> None:
        self._bytes += size_bytes
        if self._bytes > self.bounds.all_bytes:
            raise BudgetSpent


class BudgetSpent(Exception):
    """The run has moved as many bytes as it may; its connections end."""


async def _pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, count: Callable[[int], None]
) -> None:
    while piece := await reader.read(PIECE_BYTES):
        count(len(piece))
        writer.write(piece)
        await writer.drain()
    writer.write_eof()


async def _say(writer: asyncio.StreamWriter, said: bytes) -> None:
    with suppress(OSError):
        writer.write(said)
        await writer.drain()


def _cut(writer: asyncio.StreamWriter) -> None:
    """Close without waiting for anybody."""
    with suppress(OSError):
        writer.close()


async def resolve(host: Host) -> list[Address]:
    """All addresses of the name, asked for as a full name: no search list adds to it.

    Raises:
        OSError: There is none.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(f"{host.name}.", host.port, type=socket.SOCK_STREAM)
    return [ip_address(address[0]) for *_, address in found]


async def dial(address: Address, port: int) -> Streams:
    """Connect to this address; no name is looked at again.

    Raises:
        OSError: It does not answer.
    """
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (str(address), port))
        return await asyncio.open_connection(sock=connection)
    except BaseException:
        connection.close()
        raise
