"""A bare Starlette route on uvicorn, the floor that Studio's routes are compared with.

Prints its address as one JSON line; ends with a signal. Same event loop, HTTP parser and settings as Studio.
"""

import json
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def answer(request: Request) -> JSONResponse:
    """A small JSON object."""
    del request
    return JSONResponse({"status": "ok"})


async def take(request: Request) -> JSONResponse:
    """The same, after reading the body as JSON."""
    await request.json()
    return JSONResponse({"status": "ok"})


class Announcing(uvicorn.Server):
    """Says where it answers, once it does."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then print the address."""
        await super().startup(sockets)
        port = self.servers[0].sockets[0].getsockname()[1]
        print(json.dumps({"url": f"http://127.0.0.1:{port}", "token": ""}), flush=True)


def main() -> None:
    """Serve until a signal ends it."""
    app = Starlette(routes=[Route("/null", answer), Route("/null", take, methods=["POST"])])
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="critical", access_log=False, lifespan="off"
    )
    Announcing(config).run()


if __name__ == "__main__":
    sys.exit(main())
