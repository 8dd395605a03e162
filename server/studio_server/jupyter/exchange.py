"""One request on its way through an ASGI app: body in, response out, and what happens when somebody leaves.

Owns `receive`, `send`, back pressure and cancellation. Knows no Tornado and no product.
"""

import asyncio
from collections.abc import Awaitable, Iterable
from logging import Logger
from typing import Protocol

from studio_server.jupyter.asgi import AsgiApp, Message, Scope, call_contained
from studio_server.jupyter.limits import BridgeLimits

_DISCONNECT: Message = {"type": "http.disconnect"}


class ResponseWriter(Protocol):
    """Where the response goes."""

    def begin_response(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None: ...

    def write(self, chunk: bytes, /) -> None: ...

    def flush(self) -> Awaitable[None]: ...


class ClientLeft(OSError):
    """The app sends to somebody who is no longer there; ASGI 2.4 asks for an `OSError`."""


class AnswerCutShort(Exception):
    """The app returned, or was cancelled, before its response was complete."""


class Exchange:
    """The app's work for one request, running in a task of its own."""

    def __init__(self, writer: ResponseWriter, limits: BridgeLimits, log: Logger) -> None:
        self._writer, self._limits, self._log = writer, limits, log
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._unread_bytes = 0
        self._room = asyncio.Event()
        self._start: Message | None = None
        self._begun = False
        self._label = ""
        self._answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._end_of_grace: asyncio.TimerHandle | None = None
        self.hung_up = False
        """The client, or the host, has gone away."""
        self.flushed = False
        """Bytes are on the wire, so the status can no longer change."""

    def start(self, app: AsgiApp, scope: Scope) -> asyncio.Task[None]:
        """Let the app begin; the body may follow while it works."""
        self._label = f"{scope['method']} {scope['path']}"
        self._task = asyncio.create_task(call_contained(app, scope, self._receive, self._send))
        self._task.add_done_callback(self._app_returned)
        return self._task

    async def feed(self, chunk: bytes) -> None:
        """Hand over a piece of the body; waits while the app has enough to read."""
        if self._over:
            return
        self._unread_bytes += len(chunk)
        self._inbox.put_nowait({"type": "http.request", "body": chunk, "more_body": True})
        if self._unread_bytes > self._limits.unread_bytes:
            self._room.clear()
            await self._room.wait()

    def end_body(self) -> None:
        """The whole request has arrived."""
        self._inbox.put_nowait({"type": "http.request", "body": b"", "more_body": False})

    async def answered(self) -> None:
        """Wait for the last byte of the response; work the app does after it goes on.

        Raises:
            AnswerCutShort: the app ended without completing its response.
            Exception: whatever the app raised before its response was complete.
        """
        await asyncio.shield(self._answer)

    def hang_up(self) -> None:
        """The client has left, or the host ends: tell the app, and cancel it after the grace period."""
        if self.hung_up or self._task is None or self._task.done():
            return
        self.hung_up = True
        self._wake_receivers()
        loop = asyncio.get_running_loop()
        self._end_of_grace = loop.call_later(self._limits.grace_seconds, self._task.cancel)

    def abandon(self) -> None:
        """Cancel the app's work now: the request turned out to be one we refuse."""
        if self._task is not None:
            self._task.cancel()

    @property
    def _over(self) -> bool:
        return self.hung_up or self._answer.done()

    async def _receive(self) -> Message:
        if self._over:
            return _DISCONNECT
        message = await self._inbox.get()
        if message is _DISCONNECT:
            self._inbox.put_nowait(_DISCONNECT)
            return message
        self._unread_bytes -= len(message["body"])
        if self._unread_bytes <= self._limits.unread_bytes:
            self._room.set()
        return message

    async def _send(self, message: Message) -> None:
        if self.hung_up:
            raise ClientLeft
        match message["type"]:
            case "http.response.start" if self._start is None:
                self._start = message
            case "http.response.body" if self._start is not None and not self._answer.done():
                await self._send_body(self._start, message)
            case unexpected:
                raise RuntimeError(f"The app sent {unexpected} out of turn.")

    async def _send_body(self, start: Message, message: Message) -> None:
        if not self._begun:
            self._begun = True
            self._writer.begin_response(start["status"], start.get("headers", ()))
        if chunk := message.get("body", b""):
            self._writer.write(bytes(chunk))
        if message.get("more_body", False):
            await self._flush()
        else:
            self._answer.set_result(None)
            self._wake_receivers()

    async def _flush(self) -> None:
        self.flushed = True
        try:
            async with asyncio.timeout(self._limits.stall_seconds):
                await self._writer.flush()
        except OSError as failure:  # a closed stream and a time-out are both OSErrors
            self.hang_up()
            raise ClientLeft from failure

    def _wake_receivers(self) -> None:
        self._inbox.put_nowait(_DISCONNECT)
        self._room.set()

    def _app_returned(self, task: asyncio.Task[None]) -> None:
        if self._end_of_grace is not None:
            self._end_of_grace.cancel()
        failure = None if task.cancelled() else task.exception()
        if not self._answer.done():
            self._answer.set_exception(failure or AnswerCutShort())
            self._answer.exception()  # seen: nobody may be waiting any more
            self._wake_receivers()
        elif failure is not None:
            self._log.error("The app failed after it had answered %s", self._label, exc_info=failure)
