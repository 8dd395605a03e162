from pathlib import Path

import httpx
from fakes.toy_server import ToyServer

CANARY = "postgresql://ada:canary-7f3a@db/shop"


async def test_an_input_that_must_stay_in_the_kernel_is_refused_and_stored_nowhere(
    ada: httpx.AsyncClient, server: ToyServer, tmp_path: Path
) -> None:
    request = {"inputs": {"kernel_secret": CANARY}}
    for answer in (
        await ada.post("/api/toy/count/run", json=request),
        await ada.post("/api/billing/estimate", json=request | {"tool": "count"}),
    ):
        assert (answer.status_code, answer.json()["fields"][0]["field"]) == (422, "kernel_secret")
        assert "canary" not in answer.text
    for path in sorted(tmp_path.rglob("*")):  # noqa: ASYNC240  - a test reads files
        if path.is_file():
            assert b"canary" not in path.read_bytes(), path
