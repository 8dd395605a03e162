"""The fake on a port: `python -m tests.fakes.fake_stripe [--port N] [--webhook URL --secret S]`.

Prints its address in the first line. With a webhook it brings every event there, again after a failure.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import uvicorn

from tests.fakes.fake_stripe.app import made
from tests.fakes.fake_stripe.courier import Courier

if TYPE_CHECKING:
    from tests.fakes.fake_stripe.app import FakeStripe

LOOPBACK = "127.0.0.1"
LOOK_SECONDS = 0.1
ATTEMPTS = 8


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Serve until a signal ends it; on the loopback interface only."""
    parser = argparse.ArgumentParser(prog="fake_stripe")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--webhook")
    parser.add_argument("--secret", default="whsec_of_the_fake_stripe")
    chosen = parser.parse_args()
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((LOOPBACK, chosen.port))
    base = f"http://{LOOPBACK}:{bound.getsockname()[1]}"
    print(base, flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(
            _serve(made(_now, base=base, first=int(_now().timestamp())), bound, chosen.webhook, chosen.secret)
        )


async def _serve(fake: FakeStripe, bound: socket.socket, webhook: str | None, secret: str) -> None:
    server = uvicorn.Server(uvicorn.Config(fake.app, log_level="warning", lifespan="off"))
    bringing = asyncio.create_task(_bring(fake, webhook, secret)) if webhook else None
    await server.serve(sockets=[bound])
    if bringing:
        bringing.cancel()


async def _bring(fake: FakeStripe, webhook: str, secret: str) -> None:
    """Bring events in the order they were made; what fails comes again later, at most eight times."""
    async with httpx.AsyncClient(timeout=10) as client:

        async def post(body: bytes, headers: dict[str, str]) -> int:
            try:
                return (await client.post(webhook, content=body, headers=headers)).status_code
            except httpx.TransportError:
                return 0

        courier, tried = Courier(post, secret, _now), dict[str, int]()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            for event in list(fake.books.events):
                tried[event["id"]] = tried.get(event["id"], 0) + 1
                if await courier.bring(event) == 200 or tried[event["id"]] >= ATTEMPTS:
                    fake.books.events.remove(event)


if __name__ == "__main__":
    main()
