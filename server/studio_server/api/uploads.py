"""Uploads over HTTP: content under its own digest, sent once, whole or in pieces that may be interrupted.

Pieces follow the shape of the IETF's resumable uploads: HEAD tells how far it is, PATCH goes on from there.
"""

import re

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from studio_magics.contracts.inputs import UploadPart
from studio_server.api.http import QueryInvalid, answer, services, signed_in
from studio_server.runs.service import RunNotFound
from studio_server.runs.upload_refusals import UploadKindRefused

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
WHOLE = "application/octet-stream"
PIECES = ("application/partial-upload", "application/offset+octet-stream")
LONGEST_NUMBER = 16
GONE = 499
NO_CONTENT = 204


async def find(request: Request) -> Response:
    """Whether the server holds this content of yours."""
    server, user = services(request), await signed_in(request)
    digest = _digest(request)
    info = server.db.read(lambda tx: server.uploads.find(tx, user.id, digest))
    if info is None:
        raise RunNotFound("upload of this content")
    return answer(info)


async def progress(request: Request) -> Response:
    """How much of this content of yours the server holds, in the headers Upload-Offset and Upload-Length."""
    server, user = services(request), await signed_in(request)
    part = server.partial_uploads.find(user.id, _digest(request))
    if part is None:
        raise RunNotFound("upload of this content")
    return Response(status_code=NO_CONTENT, headers={"Cache-Control": "no-store", **_progress(part)})


async def store(request: Request) -> Response:
    """Keep the request body under its digest."""
    server, user = services(request), await signed_in(request)
    _media_type(request, WHOLE, required=False)
    info = await server.uploads.store(user.id, _digest(request), request.stream())
    return answer(info, 201 if info.created else 200)


async def append(request: Request) -> Response:
    """Add the request body as a piece that begins at Upload-Offset; what arrived stays if it breaks off."""
    server, user = services(request), await signed_in(request)
    _media_type(request, *PIECES, required=True)
    offset, size = _header(request, "Upload-Offset"), _header(request, "Upload-Length")
    if not 0 <= offset < size:
        raise QueryInvalid("Upload-Offset", str(offset), "less than Upload-Length")
    try:
        part, finished = await server.partial_uploads.append(
            user.id, _digest(request), offset=offset, size=size, chunks=request.stream()
        )
    except ClientDisconnect:
        return Response(status_code=GONE)  # nobody reads it; what arrived is kept
    response = answer(part, 201 if finished else 200)
    response.headers.update(_progress(part))
    return response


async def forget(request: Request) -> Response:
    """Delete this content of yours, so that there is room for other."""
    server, user = services(request), await signed_in(request)
    if not await server.uploads.forget(user.id, _digest(request)):
        raise RunNotFound("upload of this content")
    return Response(status_code=NO_CONTENT)


def _progress(part: UploadPart) -> dict[str, str]:
    return {
        "Upload-Offset": str(part.offset_bytes),
        "Upload-Length": str(part.size_bytes),
        "Upload-Complete": "?1" if part.complete else "?0",
    }


def _digest(request: Request) -> str:
    digest = request.path_params["digest"]
    if not DIGEST.fullmatch(digest):
        raise QueryInvalid("digest", digest[:40], "sha256: and 64 hexadecimal digits")
    return digest


def _media_type(request: Request, *allowed: str, required: bool) -> None:
    """Refuse another kind of body than this route takes, and bodies that are packed on the way.

    Raises:
        UploadKindRefused: Naming what is taken.
    """
    given = request.headers.get("content-type")
    kind = (given or "").partition(";")[0].strip().lower()
    if (given is None and required) or (given is not None and kind not in allowed):
        raise UploadKindRefused(f"a body of type '{kind[:60]}'" if kind else "a body of no type", allowed[0])
    packed = request.headers.get("content-encoding", "identity").strip().lower()
    if packed != "identity":
        raise UploadKindRefused(f"a body packed with '{packed[:40]}'", "the bytes as they are")


def _header(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > LONGEST_NUMBER:
        raise QueryInvalid(name, text[:40] or "left out", "a whole number of bytes")
    return int(text)
