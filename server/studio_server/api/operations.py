"""For operators and machines: is it alive, is it ready, what does it speak."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from studio_server import __version__
from studio_server.api.http import services


async def alive(request: Request) -> Response:
    """The process answers."""
    del request
    return JSONResponse({"status": "ok", "version": __version__})


async def ready(request: Request) -> Response:
    """The server takes work: the books are in order and writes are accepted."""
    stopped = services(request).db.writes_stopped
    if stopped is not None:
        return JSONResponse({"status": "writes stopped"}, 503)
    return JSONResponse({"status": "ok"})


async def openapi(request: Request) -> Response:
    """The OpenAPI 3.1 description of this server."""
    return JSONResponse(request.app.state.openapi)
