"""Estimates learn from measured runs of the same tool version, and say how good they have been."""

from pathlib import Path

import httpx
from fakes.toy_server import RUN, finished, person, serving

FAR_TOO_HIGH = {"forecast_cpu_ms": 6_000}


async def estimate(client: httpx.AsyncClient) -> dict:
    return (await client.post("/api/billing/estimate", json={"tool": "count", "inputs": FAR_TOO_HIGH})).json()


async def accuracy(client: httpx.AsyncClient) -> dict:
    return (await client.get("/api/tools/count/accuracy")).json()


async def test_typical_is_corrected_by_measured_runs_and_the_accuracy_counts_both(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        before = await estimate(ada)
        assert (before["typical_credits"], before["measured_runs"]) == (6, 0)
        assert await accuracy(ada) == {
            "tool_id": "toy-studio-count",
            "tool_version": "1.0.0",
            "runs": 0,
            "within_quarter": 0,
            "above_maximum": 0,
            "median_ratio_percent": None,
        }
        for _ in range(3):
            run = (await ada.post(RUN, json={"inputs": FAR_TOO_HIGH})).json()
            assert (await finished(ada, run))["charged_credits"] == 3
        after = await estimate(ada)
        assert (after["typical_credits"], after["measured_runs"]) == (3, 3)
        run = (await ada.post(RUN, json={"inputs": FAR_TOO_HIGH})).json()
        await finished(ada, run)
        told = await accuracy(ada)
        assert (told["runs"], told["within_quarter"], told["above_maximum"]) == (4, 1, 0)
        assert told["median_ratio_percent"] == 50


async def test_a_failed_run_corrects_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        for _ in range(3):
            run = (await ada.post(RUN, json={"inputs": FAR_TOO_HIGH | {"fail": True}})).json()
            await finished(ada, run)
        assert (await estimate(ada))["measured_runs"] == 0
        assert (await accuracy(ada))["runs"] == 0
