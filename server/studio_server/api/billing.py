"""Estimates over HTTP, for anybody; with standing and quote for who is signed in."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.billing import EstimateRequest
from studio_server.accounts.identity import Identity
from studio_server.api.http import answer, body, services


async def estimate(request: Request) -> Response:
    """What a run would cost. Sets nothing aside."""
    server = services(request)
    said = await body(request, EstimateRequest)
    caller = request.scope.get("state", {}).get("identity")
    user = await server.user(caller) if isinstance(caller, Identity) else None
    return answer(server.db.read(lambda tx: server.offers.estimate(tx, said, user)))
