"""Leaving over HTTP: take your data with you, erase your account."""

import asyncio
from collections.abc import Iterator
from typing import IO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from studio_magics.contracts.leaving import AccountErased
from studio_server.accounts.erasure import Erased
from studio_server.accounts.people import User
from studio_server.api.http import QueryInvalid, answer, identity, services
from studio_server.runs.service import RunNotFound
from studio_server.storage.tx import Tx

PIECE_BYTES = 1 << 16
LONGEST_SHOWN = 40
KEPT = (
    "The books stay, as accounting asks: amounts, times and prices under a random id. Names, tokens, inputs,"
    " results, uploads and files do not."
)
HOUSEKEEPING_SECONDS = 120


async def export(request: Request) -> Response:
    """Everything the server holds about you, as one signed zip archive."""
    user = _account(request)
    file = await asyncio.to_thread(services(request).takeout.archive, user)
    return StreamingResponse(
        _pieces(file),
        media_type="application/zip",
        headers={
            "Content-Disposition": 'attachment; filename="studio-account.zip"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


async def erase(request: Request) -> Response:
    """Erase your account for good; `confirm` has to be its id, as GET /api/account tells it."""
    server, user = services(request), _account(request)
    said = request.query_params.get("confirm", "")
    if said != user.id:
        raise QueryInvalid("confirm", said[:LONGEST_SHOWN] or "left out", f"the id of the account, {user.id}")

    def work(tx: Tx) -> Erased:
        if server.people.by_id(tx, user.id) is None:
            raise RunNotFound("account of yours any more")
        return server.erasure.erase(tx, user, actor=user.id)

    if server.payments is not None:
        server.db.read(lambda tx: server.erasure.spendable(tx, user))
        await server.payments.plans.leave(user)
    erased = await server.db.write(work)
    server.bus.end(user.id)
    return answer(_as_contract(erased))


def _account(request: Request) -> User:
    """The account of whoever asks; none is opened for this.

    Raises:
        NotSignedIn: Nobody vouches for the caller.
        RunNotFound: They have no account.
    """
    caller, server = identity(request), services(request)
    known = request.scope.get("state", {}).get("user")
    found = known if isinstance(known, User) else server.db.read(lambda tx: server.people.known(tx, caller))
    if found is None:
        raise RunNotFound("account of yours")
    return found


def _as_contract(erased: Erased) -> AccountErased:
    return AccountErased(
        user_id=erased.user_id,
        erased_at=erased.erased_at,
        forfeited_credits=erased.forfeited_credits,
        free_credits_from=erased.free_credits_from,
        kept=KEPT,
        files_removed_within_seconds=HOUSEKEEPING_SECONDS,
    )


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE_BYTES):
            yield piece
