"""The watch on the event loop, and that it would notice."""

import asyncio
import time
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from studio_server.jupyter.loop_lag import watch_loop_lag

BLOCKED_SECONDS = 0.2


async def in_the_loop(_request: Request) -> PlainTextResponse:
    time.sleep(BLOCKED_SECONDS)  # noqa: ASYNC251  - the fault to be noticed
    return PlainTextResponse("")


def in_a_thread(_request: Request) -> PlainTextResponse:
    time.sleep(BLOCKED_SECONDS)
    return PlainTextResponse("")


async def lag_during(serve: Any, endpoint: Any) -> float:
    """The least of three: a busy machine adds lag, and never takes any away."""
    mounted = await serve(lambda _settings: Starlette(routes=[Route("/", endpoint)]))
    worst: list[float] = []
    for _ in range(3):
        async with watch_loop_lag() as lag:
            assert (await mounted.by_kernel.get(f"{mounted.url}/")).status_code == 200
        assert lag.probes > 0
        worst.append(lag.worst_seconds)
        if worst[-1] < BLOCKED_SECONDS / 2:
            break
    return min(worst)


@pytest.mark.measures_time
async def test_an_endpoint_that_blocks_the_loop_is_noticed(serve: Any):
    assert await lag_during(serve, in_the_loop) > BLOCKED_SECONDS * 0.8


@pytest.mark.measures_time
async def test_an_endpoint_that_blocks_a_thread_is_not_taken_for_one_that_blocks_the_loop(serve: Any):
    assert await lag_during(serve, in_a_thread) < BLOCKED_SECONDS * 0.8


@pytest.mark.measures_time
async def test_a_block_at_the_very_end_of_the_watch_is_noticed():
    async with watch_loop_lag() as lag:
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251  - the fault to be noticed
    assert lag.worst_seconds > 0.08
