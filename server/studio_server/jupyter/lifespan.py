"""The ASGI lifespan of one app: `startup`, `shutdown`, and the state it hands to every request."""

import asyncio
import re
from typing import Any

from studio_server.jupyter.asgi import AsgiApp, Message, call_contained

_MODULE_OF_EXCEPTION = re.compile(r"^(?:\w+\.)+(?=\w+(?::|$))")


class LifespanFailed(Exception):
    """The app did not come up, or did not go down, in order."""

    def __init__(self, phase: str, reason: str) -> None:
        super().__init__(f"{phase}: {reason}")
        self.phase, self.reason = phase, reason


class Lifespan:
    """One app's life in this process. The app must speak the lifespan protocol: silence is a failure."""

    def __init__(self, app: AsgiApp) -> None:
        self.app = app
        self.state: dict[str, Any] = {}
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._phase = "startup"
        self._answer: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    async def startup(self, *, limit_seconds: float) -> None:
        """Let the app open what it owns.

        Raises:
            LifespanFailed: the app refused, raised, or took longer than `limit_seconds`.
        """
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        self._task = asyncio.create_task(call_contained(self.app, scope, self._inbox.get, self._send))
        self._task.add_done_callback(self._app_returned)
        await self._run_phase("startup", limit_seconds)

    async def shutdown(self, *, limit_seconds: float) -> None:
        """Let the app close what it owns; nothing happens if it never started or ended by itself.

        Raises:
            LifespanFailed: the app raised, or took longer than `limit_seconds`.
        """
        if self._task is not None and not self._task.done():
            await self._run_phase("shutdown", limit_seconds)

    async def _run_phase(self, phase: str, limit_seconds: float) -> None:
        self._phase = phase
        self._answer = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait({"type": f"lifespan.{phase}"})
        try:
            async with asyncio.timeout(limit_seconds):
                await self._answer
        except TimeoutError as failure:
            if self._task is not None:
                self._task.cancel()
            raise LifespanFailed(phase, f"not finished after {limit_seconds:g} s") from failure

    async def _send(self, message: Message) -> None:
        if message["type"].endswith(".complete"):
            self._settle(None)
        else:
            self._settle(LifespanFailed(self._phase, _reason(message.get("message", ""))))

    def _app_returned(self, task: asyncio.Task[None]) -> None:
        failure = None if task.cancelled() else task.exception()
        reason = "the app ended its lifespan early" if failure is None else repr(failure)
        self._settle(LifespanFailed(self._phase, reason))

    def _settle(self, failure: LifespanFailed | None) -> None:
        if self._answer is None or self._answer.done():
            return
        if failure is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(failure)


def _reason(text: str) -> str:
    """The last line of a traceback, without the module its exception comes from."""
    last = (text.strip().splitlines() or ["no reason given"])[-1]
    return _MODULE_OF_EXCEPTION.sub("", last)
