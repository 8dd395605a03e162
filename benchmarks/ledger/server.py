"""Bare hold and settle routes over the product's store and ledger, for the benchmark alone.

`python -m benchmarks.ledger.server URL [alone]`: prints its address as one JSON line; ends with a signal.
With `alone` every command is work of its own, as the commands of a run are; else they are done as sets.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from studio_server.ledger import Order, PlaceHold, Settle

from benchmarks.ledger import engines
from benchmarks.ledger.worker import CEILING, CHARGE, LEASE_SECONDS, PRICES
from benchmarks.null_server import Announcing

if TYPE_CHECKING:
    from starlette.requests import Request
    from studio_server.storage.store import Store

ALONE = "alone"


def app(store: Store, wallets: list[str], *, alone: bool) -> Starlette:
    """Two routes that make one command each and await its write."""
    ledger = engines.ledger()

    async def done(command: PlaceHold | Settle) -> Any:
        if alone:
            return await store.write(lambda tx: ledger.execute(tx, command))
        return await store.write_jointly(ledger.together, Order(command))

    async def hold(request: Request) -> JSONResponse:
        asked: dict[str, Any] = await request.json()
        key, wallet_id = str(asked["key"]), wallets[int(asked["wallet"]) % len(wallets)]
        place = PlaceHold(key, wallet_id, f"run_{key}", CEILING, PRICES, LEASE_SECONDS)
        placed = await done(place)
        return JSONResponse({"hold_id": placed.hold_id, "available": placed.available_after})

    async def settle(request: Request) -> JSONResponse:
        asked: dict[str, Any] = await request.json()
        ended = await done(Settle(asked["hold_id"], CHARGE, PRICES))
        return JSONResponse({"settled": ended.settled, "returned": ended.returned})

    return Starlette(
        routes=[Route("/hold", hold, methods=["POST"]), Route("/settle", settle, methods=["POST"])]
    )


def main(url: str, way: str = "sets") -> None:
    """Serve until a signal ends it; same event loop, HTTP parser and settings as the null server."""
    store = engines.opened(url)
    config = uvicorn.Config(
        app(store, engines.wallets(store), alone=way == ALONE),
        host="127.0.0.1",
        port=0,
        log_level="critical",
        access_log=False,
        lifespan="off",
    )
    Announcing(config).run()
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
