"""Estimates over HTTP, for anybody; with standing and quote for who is signed in. Each goes on record."""

from starlette.requests import Request
from starlette.responses import Response

from studio_magics.contracts.billing import EstimateRequest
from studio_server.api.http import answer, body, is_identified, services, signed_in
from studio_server.audit.events import ANONYMOUS, EstimateMade
from studio_server.clock import to_microseconds
from studio_server.runs.offers import Estimated


async def estimate(request: Request) -> Response:
    """What a run would cost. Sets nothing aside."""
    server = services(request)
    said = await body(request, EstimateRequest)
    user = await signed_in(request) if is_identified(request) else None
    found = server.db.read(lambda tx: server.offers.estimate(tx, said, user))
    made_us = to_microseconds(server.db.clock.now())
    server.recorder.take(user.id if user else ANONYMOUS, _made(found, made_us))
    return answer(found.estimate)


def _made(found: Estimated, asked_us: int) -> EstimateMade:
    estimate = found.estimate
    return EstimateMade(
        estimate.tool_id,
        price_version=estimate.price_version,
        input_digest=found.input_digest,
        typical_credits=estimate.typical_credits,
        max_credits=estimate.max_credits,
        refused_by=estimate.standing.refused_by if estimate.standing else None,
        asked_us=asked_us,
    )
