"""Runs the application on a port of its own: for `studio-server serve`, and inside a kernel without Jupyter.

Binds to the loopback interface unless told otherwise; a token is needed there as well.
"""

import contextlib
import json
import os
import socket
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs
import uvicorn

from studio_server.accounts import tokens
from studio_server.app import create_app
from studio_server.services import Services, owner_identity
from studio_server.settings import Settings
from studio_server.storage.tx import Tx
from studio_server.wiring import build

LOOPBACK = "127.0.0.1"
TOKEN_NAME = "this machine"  # noqa: S105  - the name of a token, not a token


@dataclass(frozen=True)
class Address:
    """Where a server answers, and the token of its owner."""

    url: str
    token: str


def runtime_file() -> Path:
    """Where clients on this machine find a standalone server."""
    return Path(platformdirs.user_data_dir("studio", appauthor=False)) / "server.json"


def listen(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


async def serve(settings: Settings, bound: socket.socket, on_ready: Callable[[Address], None]) -> None:
    """Serve until cancelled or told to stop by a signal; `on_ready` gets the address once it answers."""
    made: list[Services] = []

    def make(chosen: Settings) -> Services:
        made.append(build(chosen))
        return made[0]

    host, port = bound.getsockname()[:2]
    hosts = settings.allowed_hosts or (host, "localhost")
    app = create_app(replace(settings, allowed_hosts=hosts), make_services=make)

    async def announce() -> None:
        token = await made[0].db.write(lambda tx: _owner_token(made[0], tx))
        on_ready(Address(f"http://{host}:{port}", token))

    config = uvicorn.Config(app, log_level="warning", lifespan="on", timeout_graceful_shutdown=5)
    await AnnouncingServer(config, announce).serve(sockets=[bound])


class AnnouncingServer(uvicorn.Server):
    """Says when it answers."""

    def __init__(self, config: uvicorn.Config, announce: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start as usual, then announce."""
        await super().startup(sockets)
        if self.started:
            await self._announce()


def _owner_token(services: Services, tx: Tx) -> str:
    user = services.people.welcome(tx, owner_identity(services.settings))
    tokens.revoke(tx, user.id, TOKEN_NAME)
    return tokens.issue(tx, user.id, TOKEN_NAME)


@contextlib.contextmanager
def announced(address: Address, path: Path) -> Generator[None]:
    """Keep the address in a file that only the owner reads, while the block runs."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"url": address.url, "token": address.token, "pid": os.getpid()}, file)
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
