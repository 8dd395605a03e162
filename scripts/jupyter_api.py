"""Ask a Jupyter server on this machine; proxies of the surroundings are not asked."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass
from typing import Any

ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Address:
    """Where a server is, with its base URL, and the token it wants."""

    url: str
    token: str

    def page(self, path: str) -> str:
        """Address of a page for a browser, token included."""
        return f"{self.url}{path}?token={self.token}"

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Send a request and return the answer.

        Raises:
            OSError, http.client.HTTPException: nobody answers there.
            NotAnswered: another status than 2xx.
        """
        parts = urllib.parse.urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, f"{parts.path}{path}", json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if not 200 <= answer.status < 300:  # noqa: PLR2004  - the successes of HTTP
            raise NotAnswered(f"{method} {path}", status=answer.status)
        return json.loads(content)


class NotAnswered(Exception):
    """The server answered with another status than 2xx."""

    def __init__(self, request: str, *, status: int) -> None:
        self.request = request
        self.status = status
        super().__init__(f"{request} was answered with {status}")
