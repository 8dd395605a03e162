"""Bare hold and settle routes over the product's store and ledger, for the benchmark alone.

`python -m benchmarks.ledger.server URL [alone]`: prints its address as one JSON line; ends with a signal.
With `alone` every command is work of its own, as the commands of a run are; else they are done as sets.
`null` in place of the URL: the same routes with no ledger behind them, the floor they are compared with.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from studio_server.ledger import HoldEnded, HoldPlaced, Order, PlaceHold, Settle

from benchmarks.ledger import engines
from benchmarks.ledger.engines import AMOUNT, WALLETS
from benchmarks.ledger.worker import CEILING, CHARGE, LEASE_SECONDS, PRICES
from benchmarks.null_server import Announcing

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from studio_server.storage.store import Store

ALONE = "alone"
NO_LEDGER = "null"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def null_app() -> Starlette:
    """The two routes read what they are asked, make the command, and answer alike without doing anything."""
    holds = count(1)

    async def done(command: PlaceHold | Settle) -> HoldPlaced | HoldEnded:
        if isinstance(command, PlaceHold):
            hold_id = f"hold_{next(holds):032d}"
            return HoldPlaced(hold_id, CEILING, PRICES, EPOCH, EPOCH, (), AMOUNT)
        return HoldEnded(command.hold_id, "settled", CHARGE, CEILING - CHARGE, 0, EPOCH, command.hold_id)

    return _routes(done, [f"wallet_{nth:032d}" for nth in range(WALLETS)])


def app(store: Store, *, alone: bool) -> Starlette:
    """The two routes over a store: each makes one command and awaits its write."""
    ledger = engines.ledger()

    async def done(command: PlaceHold | Settle) -> Any:
        if alone:
            return await store.write(lambda tx: ledger.execute(tx, command))
        return await store.write_jointly(ledger.together, Order(command))

    return _routes(done, engines.wallets(store))


def _routes(done: Callable[[PlaceHold | Settle], Awaitable[Any]], wallets: list[str]) -> Starlette:
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
    if url == NO_LEDGER:
        _serve(null_app())
        return
    store = engines.opened(url)
    _serve(app(store, alone=way == ALONE))
    store.close()


def _serve(served: Starlette) -> None:
    config = uvicorn.Config(
        served, host="127.0.0.1", port=0, log_level="critical", access_log=False, lifespan="off"
    )
    Announcing(config).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
