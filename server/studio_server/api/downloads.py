"""Sending a file that a run made: always as a download, whole or one range of it, with its digest."""

import base64
import re
from dataclasses import dataclass
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import Response, StreamingResponse

from studio_server.runs.artefacts import ArtefactStore
from studio_server.runs.rows import ArtefactRow

ONE_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,120}")
PARTIAL, UNCHANGED, OUT_OF_RANGE = 206, 304, 416


@dataclass(frozen=True)
class Part:
    """The bytes from `start` up to and without `end`."""

    start: int
    end: int


def download(store: ArtefactStore, row: ArtefactRow, headers: Headers) -> Response:
    """The answer to a request for this file."""
    said = _always(row)
    if headers.get("if-none-match") == said["ETag"]:
        return Response(status_code=UNCHANGED, headers=said)
    part = wanted_part(headers.get("range"), row.size_bytes)
    if headers.get("if-range") not in (None, said["ETag"]):
        part = Part(0, row.size_bytes)
    if part is None:
        return Response(
            status_code=OUT_OF_RANGE, headers=said | {"Content-Range": f"bytes */{row.size_bytes}"}
        )
    length = part.end - part.start
    said |= {"Content-Length": str(length)}
    whole = length == row.size_bytes
    if not whole:
        said |= {"Content-Range": f"bytes {part.start}-{part.end - 1}/{row.size_bytes}"}
    return StreamingResponse(
        store.pieces(row, part.start, part.end),
        status_code=200 if whole else PARTIAL,
        media_type="application/octet-stream",
        headers=said,
    )


def wanted_part(header: str | None, size: int) -> Part | None:
    """What a Range header asks for: the whole when it is not one range, None when it begins too late."""
    found = ONE_RANGE.fullmatch(header.strip()) if header else None
    if found is None or found[0] == "bytes=-":
        return Part(0, size)
    first, last = found[1], found[2]
    if not first:
        return Part(max(0, size - int(last)), size) if int(last) and size else None
    start = int(first)
    end = min(size, int(last) + 1) if last else size
    if last and int(last) < start:
        return Part(0, size)
    return Part(start, end) if start < size else None


def disposition(name: str) -> str:
    """The header that makes a browser save the file, whatever its name holds."""
    last = name.rsplit("/", 1)[-1]
    if PLAIN_NAME.fullmatch(last):
        return f'attachment; filename="{last}"'
    return f"attachment; filename=\"download\"; filename*=UTF-8''{quote(last, safe='')}"


def _always(row: ArtefactRow) -> dict[str, str]:
    value = base64.b64encode(bytes.fromhex(row.digest.removeprefix("sha256:"))).decode()
    return {
        "Accept-Ranges": "bytes",
        "ETag": f'"{row.digest}"',
        "Repr-Digest": f"sha-256=:{value}:",
        "Content-Disposition": disposition(row.name),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
