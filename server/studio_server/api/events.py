"""Push over HTTP: one stream of server-sent events per browser tab."""

from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from studio_magics.contracts.events import Event
from studio_server.accounts.people import User
from studio_server.api.http import services, signed_in
from studio_server.services import Services

HEARTBEAT_SECONDS = 15.0
RETRY_MS = 2_000


async def stream(request: Request) -> Response:
    """Balance, runs and notices as they change; starts with how things are."""
    server, user = services(request), await signed_in(request)
    lines = _lines(server, user)
    first = await anext(lines)
    return StreamingResponse(
        _with_first(first, lines),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _with_first(first: str, rest: AsyncIterator[str]) -> AsyncIterator[str]:
    yield first
    async for line in rest:
        yield line


async def _lines(server: Services, user: User) -> AsyncIterator[str]:
    with server.bus.listen(user.id) as listener:
        yield f"retry: {RETRY_MS}\n{_event(server.hello(user))}"
        while not listener.closed:
            event = await listener.next(HEARTBEAT_SECONDS)
            yield _event(event) if event is not None else ": still here\n\n"


def _event(event: Event) -> str:
    return f"event: {event.kind}\ndata: {event.model_dump_json()}\n\n"
