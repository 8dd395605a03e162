"""How long the event loop, shared by the app and all of Jupyter, was not free. For tests and benchmarks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

PROBE_SECONDS = 0.005


@dataclass(slots=True)
class LoopLag:
    """What the watch has seen so far."""

    worst_seconds: float = 0.0
    probes: int = 0

    def note(self, late_seconds: float) -> None:
        """One probe came this much later than it should have."""
        self.worst_seconds = max(self.worst_seconds, late_seconds)
        self.probes += 1


@asynccontextmanager
async def watch_loop_lag(probe_seconds: float = PROBE_SECONDS) -> AsyncGenerator[LoopLag]:
    """Watch the running loop for as long as the block runs; read `worst_seconds` afterwards."""
    lag = LoopLag()
    task = asyncio.create_task(_probe(lag, probe_seconds))
    await asyncio.sleep(0)  # the first probe is waiting before the watched code begins
    try:
        yield lag
        await asyncio.sleep(probe_seconds)  # lets a probe that the watched code held up arrive
    finally:
        task.cancel()


async def _probe(lag: LoopLag, probe_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + probe_seconds
        await asyncio.sleep(probe_seconds)
        lag.note(loop.time() - due)
