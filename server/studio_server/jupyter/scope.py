"""A Tornado request described as an ASGI HTTP scope. Owns what may enter; knows no product and no Jupyter."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote, unquote_plus

from tornado.httputil import HTTPHeaders, HTTPServerRequest, split_host_and_port

from studio_server.jupyter.asgi import Scope

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
HOST_CREDENTIALS = frozenset({"authorization", "cookie", "x-csrftoken", "x-xsrftoken"})
HOST_CREDENTIAL_PARAMETERS = frozenset({"token", "_xsrf"})
RESERVED_PREFIX = "x-studio-"

_DEFAULT_PORTS = {"http": 80, "https": 443}


def http_scope(request: HTTPServerRequest, *, root_path: str, state: Mapping[str, Any]) -> Scope:
    """Describe `request` to an app mounted at `root_path`.

    `root_path` is percent-encoded, as in the address; the app gets it decoded, like the path.
    `state` is all the app learns about the caller: no header of the request speaks for anybody.
    """
    path = request.path
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": request.version.removeprefix("HTTP/"),
        "method": (request.method or "GET").upper(),
        "scheme": request.protocol,
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "root_path": unquote(root_path).rstrip("/"),
        "query_string": _query_without_credentials(request.query).encode("latin-1"),
        "headers": list(_headers_for_app(request.headers)),
        "client": _client_address(request),
        "server": _server_address(request),
        "state": dict(state),
    }


def headers_for_client(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[tuple[str, str]]:
    """The app's response headers that may leave: no connection talk, no cookies on the host's origin."""
    for name, value in headers:
        lowered = name.decode("latin-1").lower()
        if lowered not in HOP_BY_HOP and lowered != "set-cookie":
            yield lowered, value.decode("latin-1")


def announced_body_bytes(headers: HTTPHeaders) -> int:
    """The body's size as the client announces it; 0 where it does not."""
    announced = headers.get("Content-Length", "")
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def announces_body(headers: HTTPHeaders) -> bool:
    """Whether bytes follow the headers."""
    return "Transfer-Encoding" in headers or announced_body_bytes(headers) > 0


def _headers_for_app(headers: HTTPHeaders) -> Iterator[tuple[bytes, bytes]]:
    named_by_connection = {name.strip().lower() for name in headers.get("Connection", "").split(",")}
    withheld = HOP_BY_HOP | HOST_CREDENTIALS | (named_by_connection - {"host", "content-length"})
    for name, value in headers.get_all():
        lowered = name.lower()
        if lowered not in withheld and not lowered.replace("_", "-").startswith(RESERVED_PREFIX):
            yield lowered.encode("latin-1"), value.encode("latin-1")


def _query_without_credentials(query: str) -> str:
    return "&".join(
        part
        for part in query.split("&")
        if unquote_plus(part.partition("=")[0]) not in HOST_CREDENTIAL_PARAMETERS
    )


def _client_address(request: HTTPServerRequest) -> tuple[str, int] | None:
    if not request.remote_ip:
        return None
    context: object = getattr(request.connection, "context", None)
    peer: tuple[object, ...] | object = getattr(context, "address", None)
    if isinstance(peer, tuple) and peer[0] == request.remote_ip and isinstance(peer[1], int):
        return request.remote_ip, peer[1]
    return request.remote_ip, 0  # behind a proxy, the port is the proxy's


def _server_address(request: HTTPServerRequest) -> tuple[str, int]:
    host, port = split_host_and_port(request.host)
    return host, port if port is not None else _DEFAULT_PORTS.get(request.protocol, 0)
