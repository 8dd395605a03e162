"""Gives a fresh server the history of a user in the middle of a month, through the ordinary services.

A server without a past answers faster than any server in use: estimates correct their forecast by the last
measured runs, and a balance adds up lots, holds and windows.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator

from pydantic import JsonValue
from studio_server.accounts.people import User
from studio_server.ledger import GrantSource, IssueGrant
from studio_server.runs import rows
from studio_server.runs.closing import Closer
from studio_server.runs.executor.protocol import Measurement, Outcome
from studio_server.runs.rows import RunRow
from studio_server.services import Services, owner_identity
from studio_server.storage.tx import Tx

from studio_magics.contracts.results import Provenance, ToolResult
from studio_magics.contracts.runs import RunRequest

TOOL = "data-studio-quality"
MEASURED_RUNS = rows.PAST_RUNS
GRANTED_CREDITS = (10_000, 20_000)
TABLE = b"order,amount\n" + b"".join(b"%d,%d\n" % (row, row * 7 % 1_000) for row in range(60_000))
DIGEST = "sha256:" + hashlib.sha256(TABLE).hexdigest()
INPUTS: dict[str, JsonValue] = {"data": {"digest": DIGEST, "name": "orders.csv", "size_bytes": len(TABLE)}}


def write_history(services: Services) -> None:
    """Three lots, one upload, and as many measured runs as an estimate looks at; closes the books."""
    try:
        services.begin()
        user = services.db.write_blocking(lambda tx: _user(services, tx))
        asyncio.run(_upload(services, user))
        services.db.write_blocking(lambda tx: _write(services, user, tx))
    finally:
        services.executor.close()
        services.db.close()


def _user(services: Services, tx: Tx) -> User:
    return services.people.welcome(tx, owner_identity(services.settings))


async def _upload(services: Services, user: User) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield TABLE

    await services.uploads.store(user.id, DIGEST, chunks())


def _write(services: Services, user: User, tx: Tx) -> None:
    for amount in GRANTED_CREDITS:
        services.ledger.execute(tx, _grant(user, amount), actor="benchmark")
    closer = Closer(services.registry, services.ledger, services.ids, deterministic=False)
    for number in range(MEASURED_RUNS):
        run = services.runs.place(tx, user, TOOL, RunRequest(inputs=INPUTS, fresh=True))
        closer.close(tx, run.id, _outcome(run, number))


def _grant(user: User, amount: int) -> IssueGrant:
    name = f"benchmark {amount}"
    return IssueGrant(
        effect_key=name,
        wallet_id=user.wallet_id,
        source=GrantSource.ADJUSTMENT,
        amount=amount,
        reference=name,
    )


def _outcome(run: RunRow, number: int) -> Outcome:
    """Near the forecast, each run a little different."""
    measured = Measurement(
        cpu_ms=run.forecast_cpu_ms + number,
        wall_ms=run.forecast_wall_ms + 3 * number,
        peak_bytes=run.forecast_peak_bytes + 1_000 * number,
    )
    provenance = Provenance(tool_id=run.tool_id, tool_version=run.tool_version)
    return Outcome("succeeded", "", measured, ToolResult(headline="an earlier run", provenance=provenance))
