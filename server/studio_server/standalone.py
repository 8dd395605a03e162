"""Runs the application on a port of its own: for `studio-server serve`, and inside a kernel without Jupyter.

Binds to the loopback interface unless told otherwise; a token is needed there as well.
"""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import replace

import uvicorn

from studio_server.accounts import tokens
from studio_server.announcement import Address
from studio_server.app import create_app
from studio_server.services import Services, owner_identity
from studio_server.settings import Settings
from studio_server.storage.tx import Tx
from studio_server.wiring import build

LOOPBACK = "127.0.0.1"
TOKEN_NAME = "this machine"  # noqa: S105  - the name of a token, not a token


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one.

    Raises:
        OSError: The port is taken, or no port, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Event loops send small answers at once (TCP_NODELAY) only on sockets that name their protocol.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except (OSError, OverflowError) as refused:
        bound.close()
        reason = getattr(refused, "strerror", None) or "a port is a number from 0 to 65535"
        raise OSError(f"cannot listen at {host}, port {port}: {reason}") from refused
    return bound


class StandaloneServer(uvicorn.Server):
    """The application on a bound socket. Says when it answers; ends event streams before it waits."""

    def __init__(self, settings: Settings, bound: socket.socket, on_ready: Callable[[Address], None]) -> None:
        self._services: Services | None = None
        self.fault: Exception | None = None
        self._bound = bound
        self._on_ready = on_ready
        host, port = bound.getsockname()[:2]
        self._url = f"http://{host}:{port}"
        hosts = settings.allowed_hosts or (host, "localhost")
        self._app = create_app(replace(settings, allowed_hosts=hosts), make_services=self._build)
        super().__init__(
            uvicorn.Config(
                self._app, log_level="critical", access_log=False, lifespan="on", timeout_graceful_shutdown=5
            )
        )

    def run_here(self) -> None:
        """Serve on a new event loop in this thread, the fastest one installed, until the end.

        Raises:
            DatabaseInUse, UnsafeSqlite, MigrationRefused, RegistryInvalid: It could not start.
        """
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.run_to_end())

    async def run_to_end(self) -> None:
        """Serve until a signal or `stop` ends it.

        Raises:
            DatabaseInUse, UnsafeSqlite, MigrationRefused, RegistryInvalid: It could not start.
        """
        try:
            await self.serve(sockets=[self._bound])
        except SystemExit:
            self._bound.close()
            fault: Exception | None = self.fault or getattr(self._app.state, "fault", None)
            if fault is None:
                raise
            raise fault from None

    def stop(self) -> None:
        """Ask the server to end in order; from any thread."""
        self.should_exit = True

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual, then announce the address with a fresh token of the owner."""
        await super().startup(sockets)
        if self.started and self._services is not None:
            services = self._services
            token = await services.db.write(lambda tx: _owner_token(services, tx))
            self._on_ready(Address(self._url, token))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the event streams, then as usual."""
        if self._services is not None:
            self._services.bus.close()
        await super().shutdown(sockets)

    def _build(self, settings: Settings) -> Services:
        try:
            self._services = build(settings)
        except Exception as fault:
            # The web server reports any failure to start as its own exit; keep the reason for who asked.
            self.fault = fault
            raise
        return self._services


def _owner_token(services: Services, tx: Tx) -> str:
    user = services.people.welcome(tx, owner_identity(services.settings))
    tokens.revoke(tx, user.id, TOKEN_NAME)
    return tokens.issue(tx, user.id, TOKEN_NAME)
