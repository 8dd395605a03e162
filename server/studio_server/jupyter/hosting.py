"""An ASGI app hosted in this process: built, started, waited for, and stopped with its open exchanges."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from logging import Logger
from typing import Any

from studio_server.jupyter.asgi import AsgiApp, Scope
from studio_server.jupyter.exchange import Exchange, ResponseWriter
from studio_server.jupyter.lifespan import Lifespan, LifespanFailed
from studio_server.jupyter.limits import BridgeLimits


class AppUnavailable(Exception):
    """There is no running app to answer: `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RunningApp:
    """A started app and the state its lifespan set up."""

    app: AsgiApp
    state: dict[str, Any]


class HostedApp:
    """Starts an app once, lets requests wait for it, and ends its work when the host ends."""

    def __init__(self, build: Callable[[], AsgiApp], *, limits: BridgeLimits, log: Logger) -> None:
        self._build, self._limits, self._log = build, limits, log
        self._decided = asyncio.Event()
        self._lifespan: Lifespan | None = None
        self._running: RunningApp | None = None
        self._why_not = "it has not started yet"
        self._stopped = False
        self._exchanges: dict[asyncio.Task[None], Exchange] = {}

    async def start(self) -> None:
        """Build the app (in a thread: imports take long) and run its startup.

        Raises:
            AppUnavailable: building or startup failed; requests get the same reason.
        """
        try:
            self._running = await self._bring_up()
        except LifespanFailed as failure:
            self._why_not = failure.reason
            raise AppUnavailable(failure.reason) from failure
        except Exception as failure:
            self._why_not = f"{type(failure).__name__}: {failure}"
            raise AppUnavailable(self._why_not) from failure
        finally:
            self._decided.set()

    async def ready(self) -> RunningApp:
        """The running app; waits for its startup for as long as the startup may take.

        Raises:
            AppUnavailable: it did not start, or has been stopped.
        """
        if self._running is None and not self._decided.is_set():
            await self._wait_for_decision()
        if self._running is None:
            raise AppUnavailable(self._why_not)
        return self._running

    def open_exchange(self, running: RunningApp, scope: Scope, writer: ResponseWriter) -> Exchange:
        """Let the app work on one request; the exchange ends with the app at the latest."""
        exchange = Exchange(writer, self._limits, self._log)
        task = exchange.start(running.app, scope)
        self._exchanges[task] = exchange
        task.add_done_callback(self._exchanges.pop)
        return exchange

    async def stop(self) -> None:
        """Refuse new requests, end open exchanges, then run the app's shutdown. May be called twice."""
        self._stopped = True
        self._running, self._why_not = None, "the server is shutting down"
        self._decided.set()
        await self._end_exchanges()
        await self._shut_down()

    async def _bring_up(self) -> RunningApp:
        app = await asyncio.to_thread(self._build)
        lifespan = Lifespan(app)
        await lifespan.startup(limit_seconds=self._limits.startup_seconds)
        self._lifespan = lifespan
        if self._stopped:  # the host ended while the app was starting
            await self._shut_down()
            raise AppUnavailable(self._why_not)
        return RunningApp(app, lifespan.state)

    async def _shut_down(self) -> None:
        lifespan, self._lifespan = self._lifespan, None
        if lifespan is not None:
            await lifespan.shutdown(limit_seconds=self._limits.shutdown_seconds)

    async def _wait_for_decision(self) -> None:
        try:
            async with asyncio.timeout(self._limits.startup_seconds):
                await self._decided.wait()
        except TimeoutError:
            self._why_not = f"it has not started within {self._limits.startup_seconds:g} s"

    async def _end_exchanges(self) -> None:
        for exchange in tuple(self._exchanges.values()):
            exchange.hang_up()
        if self._exchanges:
            await asyncio.wait(tuple(self._exchanges), timeout=2 * self._limits.grace_seconds)
