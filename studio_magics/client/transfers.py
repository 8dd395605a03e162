"""Long transfers that survive a broken line: uploads in pieces, downloads in ranges, checked at the end."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from studio_magics.client.connection import Connection
from studio_magics.client.refusals import Conflict, ServerFault, ServerUnreachable, Unknown
from studio_magics.contracts.inputs import UploadPart

if TYPE_CHECKING:
    import httpx

PIECE_BYTES = 8_000_000
"""What one request carries; up to this size a transfer is a single request."""
BREAK_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0)
"""Waits after a break; with the attempts of each request, a server may be away for about a minute."""
GOES_ON = frozenset({"offset_differs", "upload_busy"})
"""Refusals of a piece after which the next one only has to begin elsewhere, or later."""
PARTIAL = 206
Told = Callable[[int, int], None]
"""Told how many bytes of how many have arrived."""


class Transfers:
    """Moves content over one connection."""

    def __init__(self, connection: Connection, pause: Callable[[float], None]) -> None:
        self._connection = connection
        self._pause = pause

    def send_in_pieces(self, path: str, file: Path, told: Told | None) -> None:
        """Send the content of the file; what the server has of it already is not sent again.

        Raises:
            ServerUnreachable: The connection stayed broken; what arrived is kept there for a day.
            ServerRefusal: The server does not take it.
        """
        size = file.stat().st_size
        offset, breaks = self._offset(path), 0
        while offset < size:
            try:
                reached = self._send_piece(path, file, offset, size)
            except (ServerUnreachable, Conflict) as broken:
                breaks = self._after_break(broken, breaks)
                reached = self._offset(path)
            else:
                breaks = 0 if reached > offset else breaks
            offset = reached
            if told is not None:
                told(offset, size)

    def receive(self, path: str) -> bytes:
        """The content at this path, range by range, checked against the digest that the server says it has.

        Raises:
            ServerFault: What came is not what the server has.
            ServerRefusal, ServerUnreachable: It does not give it, or cannot be reached.
        """
        content = bytearray()
        response, breaks = self._get(path, 0), 0
        tag = response.headers.get("etag", "")
        total = _total(response)
        content += response.content
        while len(content) < total:
            try:
                response = self._get(path, len(content), tag)
            except ServerUnreachable as broken:
                breaks = self._after_break(broken, breaks)
                continue
            if response.status_code != PARTIAL:
                content.clear()  # it changed meanwhile, so this is all of it
                total = len(response.content)
            content += response.content
        return _checked(bytes(content), tag, self._connection.endpoint.url)

    def _send_piece(self, path: str, file: Path, offset: int, size: int) -> int:
        with file.open("rb") as stream:
            stream.seek(offset)
            piece = stream.read(PIECE_BYTES)
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(size)}
        response = self._connection.send(
            "PATCH", path, content=piece, media_type="application/partial-upload", headers=headers
        )
        return UploadPart.model_validate_json(response.content).offset_bytes

    def _offset(self, path: str) -> int:
        """Where the next piece begins, as the server says."""
        try:
            response = self._connection.send("HEAD", path)
        except Unknown:
            return 0
        text = response.headers.get("upload-offset", "")
        return int(text) if text.isascii() and text.isdigit() else 0

    def _after_break(self, broken: ServerUnreachable | Conflict, breaks: int) -> int:
        """Wait before going on; give up after as many breaks in a row as there are waits."""
        code = broken.problem.code if isinstance(broken, Conflict) and broken.problem else "broken"
        if breaks >= len(BREAK_PAUSES_SECONDS) or (isinstance(broken, Conflict) and code not in GOES_ON):
            raise broken
        self._pause(BREAK_PAUSES_SECONDS[breaks])
        return breaks + 1

    def _get(self, path: str, start: int, tag: str = "") -> "httpx.Response":
        headers = {"Range": f"bytes={start}-{start + PIECE_BYTES - 1}"}
        return self._connection.send("GET", path, headers=headers | ({"If-Range": tag} if tag else {}))


def _total(response: "httpx.Response") -> int:
    text = response.headers.get("content-range", "").rsplit("/", 1)[-1]
    known = response.status_code == PARTIAL and text.isascii() and text.isdigit()
    return int(text) if known else len(response.content)


def _checked(content: bytes, tag: str, url: str) -> bytes:
    expected = tag.strip('"')
    if expected.startswith("sha256:") and f"sha256:{hashlib.sha256(content).hexdigest()}" != expected:
        said = f"The file from {url} arrived damaged: it is not what the server has."
        raise ServerFault(said, action="fetch it again")
    return content
