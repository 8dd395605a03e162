"""A load generator on plain sockets, for machines without wrk: one event loop, ready-made requests."""

import asyncio
import time
from dataclasses import dataclass, field
from statistics import median
from typing import cast

import uvloop

from benchmarks.results import percentile

PATIENCE_SECONDS = 60.0


@dataclass
class Answered:
    """What came back."""

    seconds: float = 0.0
    refused: int = 0
    latencies_ms: list[float] = field(default_factory=list[float])
    first: asyncio.Event = field(default_factory=asyncio.Event)
    """Something was answered: on a starved machine that can take longer than the load was meant to last."""

    @property
    def per_second(self) -> float:
        """Answers per second."""
        return len(self.latencies_ms) / self.seconds

    @property
    def p50_ms(self) -> float:
        """The median latency."""
        return median(self.latencies_ms)

    @property
    def p99_ms(self) -> float:
        """The latency that one in a hundred exceeds."""
        return percentile(self.latencies_ms, 99)


class Asking(asyncio.Protocol):
    """One connection: asks, waits for the whole answer, asks again."""

    def __init__(self, request: bytes, answered: Answered) -> None:
        self._request = request
        self._answered = answered
        self._received = b""
        self._asked = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the first time."""
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Count a whole answer and ask again."""
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator or len(body) < _length(head):
            return
        self._answered.latencies_ms.append((time.perf_counter() - self._asked) * 1_000)
        self._answered.first.set()
        self._answered.refused += not head.startswith(b"HTTP/1.1 2")
        self._received = b""
        self._ask()

    def _ask(self) -> None:
        self._asked = time.perf_counter()
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._request)


def ask_again_and_again(address: str, request: bytes, *, connections: int, seconds: float) -> Answered:
    """Keep so many connections busy for so long."""
    return uvloop.run(_keep_busy(address, request, connections, seconds))


async def _keep_busy(address: str, request: bytes, connections: int, seconds: float) -> Answered:
    host, _, port = address.partition(":")
    loop, answered = asyncio.get_running_loop(), Answered()
    started = time.perf_counter()
    opened = [
        await loop.create_connection(lambda: Asking(request, answered), host, int(port))
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    await asyncio.wait_for(answered.first.wait(), PATIENCE_SECONDS)
    answered.seconds = time.perf_counter() - started
    for transport, _ in opened:
        transport.abort()
    return answered


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0
