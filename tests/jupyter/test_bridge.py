"""The bridge alone: what an app sees of a request, and what a client sees of an app, whatever either does."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

WAIT = 5.0


def app_of(*routes: Any, lifespan: Any = None) -> Starlette:
    return Starlette(
        routes=[Route(path, endpoint, methods=methods) for path, endpoint, methods in routes],
        lifespan=lifespan,
    )


SHOWN = (
    "asgi",
    "client",
    "headers",
    "http_version",
    "method",
    "path",
    "query_string",
    "raw_path",
    "root_path",
)
SHOWN += ("scheme", "server", "state")


async def show_scope(request: Request) -> JSONResponse:
    shown = {key: request.scope[key] for key in SHOWN}
    return JSONResponse(json.loads(json.dumps(shown, default=bytes.decode)))


SCOPE = app_of(("/show/{rest:path}", show_scope, ["GET", "POST"]))


async def test_path_and_root_path_arrive_decoded_and_the_raw_path_as_sent(bridged: Any):
    client = await bridged(SCOPE)
    scope = (await client.get("/show/caf%C3%A9%20x?q=a%20b&q=c")).json()
    assert scope["root_path"] == "/a@b/studio"
    assert scope["path"] == "/a@b/studio/show/café x"
    assert scope["raw_path"] == "/a%40b/studio/show/caf%C3%A9%20x"
    assert scope["query_string"] == "q=a%20b&q=c"


async def test_the_scope_declares_asgi_2_4_and_names_client_server_scheme_and_method(bridged: Any):
    client = await bridged(SCOPE)
    scope = (await client.post("/show/")).json()
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}
    assert (scope["scheme"], scope["method"], scope["http_version"]) == ("http", "POST", "1.1")
    assert scope["client"][0] == "127.0.0.1"
    assert scope["client"][1] > 0
    assert scope["server"] == ["127.0.0.1", client.base_url.port]


async def test_credentials_product_headers_and_connection_talk_stop_at_the_bridge(bridged: Any):
    client = await bridged(SCOPE)
    sent = {
        "Cookie": "a=b",
        "Authorization": "token secret",
        "X-Studio-User": "mallory",
        "X_Studio_Identity": "mallory",
        "x-sTuDiO-admin": "1",
        "X-XSRFToken": "t",
        "Connection": "keep-alive, X-Hop",
        "X-Hop": "1",
        "TE": "trailers",
        "Idempotency-Key": "kept",
    }
    scope = (await client.get("/show/?token=secret&a=1&_xsrf=t&to%6ben=secret", headers=sent)).json()
    names = {name for name, _ in scope["headers"]}
    assert names == {"host", "accept", "accept-encoding", "user-agent", "idempotency-key"}
    assert scope["query_string"] == "a=1"


async def test_the_caller_is_in_the_state_beside_what_the_lifespan_put_there(bridged: Any):
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, str]]:
        yield {"ledger": "open", "identity": "nobody"}

    client = await bridged(app_of(("/", show_scope, ["GET"]), lifespan=lifespan))
    assert (await client.get("/")).json()["state"] == {"ledger": "open", "identity": "somebody"}


async def test_the_app_cannot_set_cookies_but_every_other_header_and_the_status_pass(bridged: Any):
    async def answer(_request: Request) -> Response:
        response = PlainTextResponse("x", 418, {"X-One": "1", "Transfer-Encoding": "identity"})
        response.set_cookie("session", "stolen")
        response.headers.append("Link", "<a>")
        response.headers.append("Link", "<b>")
        return response

    response = await (await bridged(app_of(("/", answer, ["GET"])))).get("/")
    assert response.status_code == 418
    assert response.headers.get_list("link") == ["<a>", "<b>"]
    assert response.headers["x-one"] == "1"
    assert "set-cookie" not in response.headers
    assert "etag" not in response.headers
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


async def test_the_host_adds_neither_validator_nor_type_to_what_the_app_says(bridged: Any):
    client = await bridged(app_of(("/", lambda _request: Response(b"raw"), ["GET"])))
    response = await client.get("/")
    assert (response.status_code, response.content) == (200, b"raw")
    assert "etag" not in response.headers
    assert "content-type" not in response.headers


@pytest.mark.parametrize("status", [204, 304])
async def test_a_response_without_a_body_has_neither_length_nor_type(bridged: Any, status: int):
    client = await bridged(app_of(("/", lambda _request: Response(status_code=status), ["GET"])))
    response = await client.get("/")
    assert (response.status_code, response.content) == (status, b"")
    assert "content-type" not in response.headers


async def test_head_answers_with_the_length_and_no_body(bridged: Any):
    client = await bridged(app_of(("/", lambda _request: PlainTextResponse("four"), ["GET"])))
    response = await client.head("/")
    assert (response.headers["content-length"], response.content) == ("4", b"")


async def test_a_request_body_streams_in_while_the_response_streams_out(bridged: Any):
    async def echo(request: Request) -> StreamingResponse:
        return StreamingResponse((chunk async for chunk in request.stream()), media_type="text/plain")

    client = await bridged(app_of(("/", echo, ["POST"])))
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    writer.write(b"POST /a%40b/studio/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n")
    async with asyncio.timeout(WAIT):
        assert await reader.readuntil(b"one")  # the answer begins before the question ends
        writer.write(b"3\r\ntwo\r\n0\r\n\r\n")
        assert await reader.readuntil(b"two\r\n0\r\n\r\n")
    writer.close()
    await writer.wait_closed()


async def test_an_app_that_reads_slowly_slows_the_client_down(bridged: Any):
    may_read, fed = asyncio.Event(), []

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        await may_read.wait()
        while (message := await receive()).get("more_body"):
            fed.append(len(message["body"]))
        await PlainTextResponse(str(sum(fed)))(scope, receive, send)

    client = await bridged(slow, unread_bytes=100_000)
    handed_over = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal handed_over
        for _ in range(400):
            handed_over += 50_000
            yield b"x" * 50_000
            await asyncio.sleep(0)

    request = asyncio.create_task(client.post("/", content=body()))
    before = -1
    while before != handed_over:  # until the client is stuck: socket buffers full, bridge full
        before = handed_over
        await asyncio.sleep(0.05)
    assert handed_over < 20_000_000
    may_read.set()
    assert (await request).text == "20000000"


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_above_the_limit_gets_413_as_a_problem_whether_announced_or_not(
    bridged: Any, announced: bool
):
    asked, seen = [], []

    async def count(request: Request) -> Response:
        asked.append(request.method)
        seen.append(len(await request.body()))
        return PlainTextResponse("ok")

    client = await bridged(app_of(("/", count, ["POST"])), body_bytes=1_000_000)

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(21):
            yield b"x" * 50_000

    refused = await client.post("/", content=b"x" * 1_000_001 if announced else pieces())
    accepted = await client.post("/", content=b"x" * 1_000_000)
    assert (refused.status_code, accepted.status_code) == (413, 200)
    assert seen == [1_000_000]
    assert len(asked) == (1 if announced else 2)  # an announced excess never reaches the app


async def test_a_client_that_sends_everything_before_it_listens_still_hears_the_refusal(bridged: Any):
    client = await bridged(SCOPE, body_bytes=1_000_000)
    reader, writer = await asyncio.open_connection("127.0.0.1", client.base_url.port)
    async with asyncio.timeout(WAIT):
        writer.write(b"POST /a%40b/studio/show/ HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n")
        for _ in range(80):
            writer.write(b"x" * 100_000)
            await writer.drain()
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()
    await writer.wait_closed()


async def test_one_connection_serves_many_requests(bridged: Any):
    client = await bridged(SCOPE)
    ports = {
        (await client.post("/show/", content=b"x" * size)).json()["client"][1] for size in (0, 10, 300_000)
    }
    assert len(ports) == 1
