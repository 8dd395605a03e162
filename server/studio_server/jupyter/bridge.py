"""A Tornado handler whose answers come from an ASGI app in the same process.

Owns the body limit, the order of events and the ways an exchange can fail. Whom it admits is for `admit`
(see handler.py); it has no product logic.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from logging import Logger
from typing import Any

from tornado import web

from studio_server.jupyter.exchange import Exchange
from studio_server.jupyter.hosting import AppUnavailable, HostedApp
from studio_server.jupyter.limits import BridgeLimits
from studio_server.jupyter.refusals import RequestTooLarge, StudioFailed, StudioUnavailable
from studio_server.jupyter.scope import announced_body_bytes, announces_body, headers_for_client, http_scope

CLIENT_CLOSED_REQUEST = 499


@dataclass(frozen=True, slots=True)
class Bridge:
    """What a handler needs to reach the app: the app, where it is mounted, and the limits."""

    hosted: HostedApp
    root_path: str
    """Percent-encoded, without a slash at the end."""
    limits: BridgeLimits
    log: Logger


@web.stream_request_body
class BridgeHandler(web.RequestHandler):
    """One request, answered by the app; the app works while the body arrives."""

    bridge: Bridge

    def initialize(self, bridge: Bridge) -> None:
        """Tornado's constructor for handlers."""
        self.bridge = bridge
        self._exchange: Exchange | None = None
        self._client_closed = False
        self.refusal: web.HTTPError | None = None
        """Why there will be no answer from the app, once known."""
        self._received_bytes = 0

    @abstractmethod
    async def admit(self) -> Mapping[str, Any] | None:
        """What the app may know about the caller, for `scope["state"]`; None when already answered.

        Raises:
            tornado.web.HTTPError: the caller may not pass.
        """

    async def prepare(self) -> None:
        """Admit the caller and let the app begin.

        A refusal waits until the body has been read away: closing in the middle of it swallows the answer.
        """
        try:
            await self._open()
        except web.HTTPError as refusal:
            self.set_header("Connection", "close")
            if not announces_body(self.request.headers):
                raise
            self.refusal = refusal

    async def data_received(self, chunk: bytes) -> None:
        """Hand a piece of the body to the app, up to the limit."""
        if self._exchange is None or self.refusal is not None:
            return
        self._received_bytes += len(chunk)
        if self._received_bytes > self.bridge.limits.body_bytes:
            self.refusal = RequestTooLarge(self.bridge.limits.body_bytes)
            self._exchange.abandon()
        else:
            await self._exchange.feed(chunk)

    async def forward(self) -> None:
        """Finish with the app's response; every verb ends here once the whole request is read."""
        self._raise_refusal()
        if self._exchange is None:
            raise StudioFailed
        self._exchange.end_body()
        try:
            await self._exchange.answered()
        except Exception as failure:  # noqa: BLE001  - the outermost boundary: the app fails, Jupyter lives on
            self._raise_refusal()
            self._fail(self._exchange, failure)
        else:
            self.finish()  # pyright: ignore[reportUnknownMemberType]  - Tornado says `dict`

    def on_connection_close(self) -> None:
        """The client left before it had its answer."""
        super().on_connection_close()
        self._client_closed = True
        if self._exchange is not None:
            self._exchange.hang_up()

    def begin_response(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Take over the app's status and headers; the host's security headers stay where the app has none."""
        self.set_status(status)
        self.clear_header("Content-Type")
        seen: set[str] = set()
        for name, value in headers_for_client(headers):
            (self.add_header if name in seen else self.set_header)(name, value)
            seen.add(name)

    def compute_etag(self) -> None:
        """The app decides about validators."""

    async def _open(self) -> None:
        caller = await self.admit()
        if caller is None:
            return
        if announced_body_bytes(self.request.headers) > self.bridge.limits.body_bytes:
            raise RequestTooLarge(self.bridge.limits.body_bytes)
        try:
            running = await self.bridge.hosted.ready()
        except AppUnavailable as failure:
            raise StudioUnavailable(failure.reason) from failure
        scope = http_scope(self.request, root_path=self.bridge.root_path, state={**running.state, **caller})
        self._exchange = self.bridge.hosted.open_exchange(running, scope, self)

    def _raise_refusal(self) -> None:
        if self.refusal is not None and (self._exchange is None or not self._exchange.flushed):
            raise self.refusal

    def _fail(self, exchange: Exchange, failure: Exception) -> None:
        if not exchange.hung_up:
            what = (self.request.method, self.request.path)
            self.bridge.log.error("The app failed to answer %s %s", *what, exc_info=failure)
        if exchange.flushed:
            self._break_off()
        elif self._client_closed:  # nobody hears it; the access log does
            self.set_status(CLIENT_CLOSED_REQUEST, "Client Closed Request")
        else:
            raise StudioUnavailable("it is shutting down") if exchange.hung_up else StudioFailed

    def _break_off(self) -> None:
        """Close the connection, so that half a response cannot pass for a whole one."""
        self.detach().close()
