"""Estimates over HTTP, for anybody; with standing and quote for who is signed in."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.billing import EstimateRequest
from studio_server.api.http import answer, body, is_identified, services, signed_in


async def estimate(request: Request) -> Response:
    """What a run would cost. Sets nothing aside."""
    server = services(request)
    said = await body(request, EstimateRequest)
    user = await signed_in(request) if is_identified(request) else None
    return answer(server.db.read(lambda tx: server.offers.estimate(tx, said, user)))
