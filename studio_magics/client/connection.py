"""One HTTP connection to the credit server: bearer token, bounded waits and retries, contracts in and out.

It owns the transport and nothing else. A request that may have an effect carries an idempotency key that was
made before the first attempt, so a repeated attempt cannot have the effect twice.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from studio_magics.client.problems import refusal
from studio_magics.client.refusals import ServerFault, ServerUnreachable

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel

    Answer = TypeVar("Answer", bound=BaseModel)

CONNECT_SECONDS = 3.0
READ_SECONDS = 30.0
PAUSES_SECONDS = (0.2, 0.8)
"""Waits between attempts; their number plus one is the number of attempts."""
BUSY = frozenset({502, 503, 504})
"""Answers of a server that is starting, stopping or behind a proxy that lost it."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True)
class Endpoint:
    """Where a server is and how it was found. The token never appears in a text."""

    url: str
    token: str
    found: str
    """How it was found, for people."""

    def __repr__(self) -> str:
        return f"Endpoint(url={self.url!r}, found={self.found!r})"


class Connection:
    """Sends requests to one endpoint."""

    def __init__(self, endpoint: Endpoint, *, pause: Callable[[float], None] = time.sleep) -> None:
        self.endpoint = endpoint
        self._pause = pause
        self._http: httpx.Client | None = None

    def ask(
        self,
        method: str,
        path: str,
        answer: "type[Answer]",
        *,
        body: "BaseModel | None" = None,
        parameters: Mapping[str, Any] | None = None,
        key: str | None = None,
        wait_seconds: float = 0.0,
    ) -> "Answer":
        """Send and read the answer as the contract `answer`.

        Raises:
            ServerRefusal: The server answered with a problem.
            ServerUnreachable: No answer within the attempts.
        """
        content = body.model_dump_json(exclude_unset=True).encode() if body is not None else None
        response = self.send(
            method, path, content=content, parameters=parameters, key=key, wait_seconds=wait_seconds
        )
        return self._read(response, answer)

    def send(
        self,
        method: str,
        path: str,
        *,
        content: bytes | Path | None = None,
        media_type: str = "application/json",
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        key: str | None = None,
        wait_seconds: float = 0.0,
    ) -> "httpx.Response":
        """Send, trying again only when the connection or a proxy failed, with the same idempotency key."""
        said = dict(headers or {})
        if method == "POST":
            said["Idempotency-Key"] = key or new_key()
        if content is not None:
            said["Content-Type"] = media_type
        wanted = {name: value for name, value in (parameters or {}).items() if value is not None}
        url = self.endpoint.url.rstrip("/") + path
        timeout = _timeout(READ_SECONDS + wait_seconds)

        def attempt() -> "httpx.Response":
            with _opened(content) as body:
                http = self._client()
                request = http.build_request(
                    method, url, content=body, headers=said, params=wanted, timeout=timeout
                )
                return http.send(request)

        response = self._repeat(attempt)
        if not response.is_success:
            raise refusal(response)
        return response

    def close(self) -> None:
        """Give the sockets back."""
        if self._http is not None:
            self._http.close()
            self._http = None

    def _repeat(self, attempt: "Callable[[], httpx.Response]") -> "httpx.Response":
        import httpx

        failure: Exception | None = None
        for pause in (*PAUSES_SECONDS, None):
            try:
                response = attempt()
                if response.status_code not in BUSY or pause is None:
                    return response
            except httpx.TransportError as error:
                failure = error
            if pause is not None:
                self._pause(pause)
        raise unreachable(self.endpoint, failure)

    def _read(self, response: "httpx.Response", answer: "type[Answer]") -> "Answer":
        from pydantic import ValidationError

        try:
            return answer.model_validate_json(response.content)
        except ValidationError as error:
            said = f"The server at {self.endpoint.url} gave an answer that this version of Studio cannot read"
            where = error.errors()[0]["loc"]
            place = ".".join(str(part) for part in where) or "no JSON"
            action = "update studio-magics in the kernel and on the server to the same version"
            raise ServerFault(f"{said} ({answer.__name__}: {place}).", action=action) from error

    def _client(self) -> "httpx.Client":
        if self._http is None:
            import httpx

            host = httpx.URL(self.endpoint.url).host
            self._http = httpx.Client(
                headers={"Authorization": f"Bearer {self.endpoint.token}", "Accept": "application/json"},
                follow_redirects=False,
                trust_env=host not in LOOPBACK,
            )
        return self._http


def new_key() -> str:
    """A fresh idempotency key."""
    return uuid4().hex


def unreachable(endpoint: Endpoint, failure: Exception | None) -> ServerUnreachable:
    """The refusal for a server that does not answer."""
    kind = type(failure).__name__ if failure is not None else "no answer"
    tried = f"{kind}, {len(PAUSES_SECONDS) + 1} attempts"
    said = f"The credit server at {endpoint.url} ({endpoint.found}) does not answer ({tried})."
    return ServerUnreachable(said)


def _timeout(read_seconds: float) -> "httpx.Timeout":
    import httpx

    return httpx.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)


def _opened(content: bytes | Path | None) -> "AbstractContextManager[bytes | IO[bytes] | None]":
    return content.open("rb") if isinstance(content, Path) else nullcontext(content)
