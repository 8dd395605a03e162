"""The bridge alone: streams, people who leave in the middle of one, and apps that fail in every way."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from studio_server.jupyter.limits import BridgeLimits

WAIT = 5.0


def serving(**endpoints: Any) -> Starlette:
    """An app with an endpoint per name; `home` is `/`."""
    return Starlette(routes=[Route(f"/{name}".replace("home", ""), work) for name, work in endpoints.items()])


async def test_the_first_event_of_a_stream_arrives_before_the_second_exists(bridged: Any):
    may_go_on = asyncio.Event()

    async def events(_request: Request) -> StreamingResponse:
        async def two() -> AsyncIterator[str]:
            yield "data: one\n\n"
            await may_go_on.wait()
            yield "data: two\n\n"

        return StreamingResponse(two(), media_type="text/event-stream")

    client = await bridged(serving(home=events))
    async with asyncio.timeout(WAIT), client.stream("GET", "/") as response:
        chunks = response.aiter_text()
        assert await anext(chunks) == "data: one\n\n"
        may_go_on.set()
        assert await anext(chunks) == "data: two\n\n"


async def test_a_client_that_leaves_an_idle_stream_ends_the_apps_work_by_itself(bridged: Any):
    ended = asyncio.Event()

    async def endless(_request: Request) -> StreamingResponse:
        async def ticks() -> AsyncIterator[str]:
            try:
                yield "data: tick\n\n"
                await asyncio.Event().wait()
            finally:
                ended.set()

        return StreamingResponse(ticks(), media_type="text/event-stream")

    client = await bridged(serving(home=endless))
    async with client.stream("GET", "/") as response:
        await anext(response.aiter_text())
    async with asyncio.timeout(WAIT):
        await ended.wait()


def test_the_grace_after_a_client_has_left_is_under_a_second():
    assert 0 < BridgeLimits().grace_seconds < 1


class Witness:
    """A raw ASGI app that writes down what happens to it when the client leaves."""

    def __init__(self, *, obedient: bool = True) -> None:
        self.obedient, self.seen, self.begun, self.ended = obedient, [], asyncio.Event(), asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        try:
            await self.work(receive, send)
        except BaseException as end:
            self.seen.append(type(end).__mro__)
            raise
        finally:
            self.ended.set()

    async def work(self, receive: Any, send: Any) -> None:
        assert (await receive())["type"] == "http.request"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        self.begun.set()
        if not self.obedient:
            await asyncio.Event().wait()
        for _ in range(2):  # once told, told again
            self.seen.append((await receive())["type"])
        await send({"type": "http.response.body", "body": b"second", "more_body": True})


async def leave(client: httpx.AsyncClient, app: Witness) -> None:
    async with client.stream("GET", "/") as response:
        await anext(response.aiter_bytes())
        await app.begun.wait()


async def test_after_the_client_left_receive_says_disconnect_and_send_raises_an_oserror(bridged: Any):
    app = Witness()
    await leave(await bridged(app), app)
    async with asyncio.timeout(WAIT):
        await app.ended.wait()
    assert app.seen[:2] == ["http.disconnect", "http.disconnect"]
    assert OSError in app.seen[2]


async def test_everybody_in_the_app_who_waits_for_the_client_hears_that_it_left(bridged: Any):
    told: list[str] = []
    app = Witness()

    async def wait_twice(receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        app.begun.set()
        told.extend(message["type"] for message in await asyncio.gather(receive(), receive()))

    app.work = wait_twice
    await leave(await bridged(app), app)
    async with asyncio.timeout(WAIT):
        await app.ended.wait()
    assert told == ["http.disconnect", "http.disconnect"]


async def test_an_app_that_ignores_the_leaving_is_cancelled_after_the_grace_period(bridged: Any):
    app = Witness(obedient=False)
    loop = asyncio.get_running_loop()
    await leave(await bridged(app, grace_seconds=0.2), app)
    left_at = loop.time()
    async with asyncio.timeout(WAIT):
        await app.ended.wait()
    assert asyncio.CancelledError in app.seen[0]
    assert loop.time() - left_at >= 0.19


async def test_an_exception_in_the_app_gives_500_and_the_next_request_is_answered(bridged: Any, caplog: Any):
    async def boom(_request: Request) -> Response:
        raise ZeroDivisionError("not for clients")

    client = await bridged(serving(boom=boom, ok=lambda _request: Response()))
    response = await client.get("/boom")
    assert response.status_code == 500
    assert "not for clients" not in response.text
    assert "not for clients" in caplog.text
    assert (await client.get("/ok")).status_code == 200


async def test_an_app_that_calls_sys_exit_takes_nobody_with_it(bridged: Any):
    async def leave_all(_request: Request) -> Response:
        sys.exit(3)

    client = await bridged(serving(exit=leave_all, ok=lambda _request: Response()))
    assert (await client.get("/exit")).status_code == 500
    assert (await client.get("/ok")).status_code == 200


@pytest.mark.parametrize("raises", [True, False])
async def test_half_a_response_never_passes_for_a_whole_one(bridged: Any, raises: bool):
    async def half(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        if raises:
            raise ZeroDivisionError

    client = await bridged(half)
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get("/")


async def test_an_app_that_returns_without_answering_gives_500(bridged: Any):
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await Starlette()(scope, receive, send)

    assert (await (await bridged(silent)).get("/")).status_code == 500


async def test_work_after_the_answer_goes_on_and_does_not_delay_the_answer(bridged: Any):
    may_end, ended = asyncio.Event(), asyncio.Event()

    async def later() -> None:
        await may_end.wait()
        ended.set()

    def now(_request: Request) -> Response:
        return PlainTextResponse("now", background=BackgroundTask(later))

    client = await bridged(serving(home=now))
    assert (await client.get("/")).text == "now"
    assert not ended.is_set()
    may_end.set()
    async with asyncio.timeout(WAIT):
        await ended.wait()
