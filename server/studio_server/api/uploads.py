"""Uploads over HTTP: content under its own digest, sent once."""

import re

from starlette.requests import Request
from starlette.responses import Response

from studio_server.api.http import QueryInvalid, answer, services, signed_in
from studio_server.runs.service import RunNotFound

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


async def find(request: Request) -> Response:
    """Whether the server holds this content of yours."""
    server, user = services(request), await signed_in(request)
    digest = _digest(request)
    info = server.db.read(lambda tx: server.uploads.find(tx, user.id, digest))
    if info is None:
        raise RunNotFound("upload of this content")
    return answer(info)


async def store(request: Request) -> Response:
    """Keep the request body under its digest."""
    server, user = services(request), await signed_in(request)
    info = await server.uploads.store(user.id, _digest(request), request.stream())
    return answer(info, 201 if info.created else 200)


def _digest(request: Request) -> str:
    digest = request.path_params["digest"]
    if not DIGEST.fullmatch(digest):
        raise QueryInvalid("digest", digest[:40], "sha256: and 64 hexadecimal digits")
    return digest
