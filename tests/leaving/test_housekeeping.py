"""Nobody has to ask for it: the regular housekeeping removes what somebody who left has left behind."""

import asyncio
from pathlib import Path

import httpx
import pytest
from fakes.toy_server import ToyServer
from studio_server.api.leaving import HOUSEKEEPING_SECONDS
from studio_server.runs.sweeper import INSPECTION_EVERY, INTERVAL_SECONDS, Sweeper

from tests.leaving.canaries import live, traces


async def after_rounds(server: ToyServer, rounds: int) -> None:
    """The housekeeping of the server, ended after so many rounds."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) > rounds:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await Sweeper(server.services.sweeper._work, pause=pause).run()


async def test_the_housekeeping_removes_traces_within_the_stated_time_and_not_before_its_round(
    server: ToyServer, canary: httpx.AsyncClient, tmp_path: Path
) -> None:
    canaries = await live(server, canary)
    user_id = (await canary.get("/api/account")).json()["user_id"]
    answer = await canary.delete("/api/account", params={"confirm": user_id})
    assert answer.json()["files_removed_within_seconds"] == HOUSEKEEPING_SECONDS
    await after_rounds(server, INSPECTION_EVERY - 1)
    assert traces(tmp_path / "data", canaries)
    await after_rounds(server, INSPECTION_EVERY)
    assert traces(tmp_path / "data", canaries) == []
    assert INSPECTION_EVERY * INTERVAL_SECONDS < HOUSEKEEPING_SECONDS
