"""People leave one after another while others spend: nothing of who left stays, no credit is lost."""

import asyncio
import time
from pathlib import Path

import pytest
from fakes.toy_server import ToyServer, finished, person
from studio_server.accounts.identity import Identity
from studio_server.api.leaving import HOUSEKEEPING_SECONDS
from studio_server.ledger import PlaceHold, Release
from studio_server.ledger.checker import check

from tests.leaving.canaries import NAME, RUN, SUBJECT, live, traces

PEOPLE = 10
SPENDERS = 3


def leaver(number: int) -> Identity:
    return Identity("local", f"{SUBJECT}-{number:03}", f"{NAME} {number:03}", "jupyter")


async def holds(server: ToyServer, name: str, over: asyncio.Event) -> int:
    """Set credits aside and hand them back, again and again; tells how often."""
    services, done = server.services, 0
    user = await services.user(person(name))

    async def do(command: object) -> object:
        return await services.db.write(lambda tx: services.ledger.execute(tx, command))

    while not over.is_set():
        prices = services.registry.price_version
        placed = await do(PlaceHold(f"{name}-{done}", user.wallet_id, "model", 3, prices, 600))
        await do(Release(placed.hold_id, "cancelled"))
        done += 1
    return done


async def runs(server: ToyServer, over: asyncio.Event) -> list[str]:
    """Run a tool until it is over or the day's credits are spent; tells how the runs ended."""
    states: list[str] = []
    async with server.client(person("runner")) as client:
        while not over.is_set():
            answer = await client.post(RUN, json={"inputs": {"text": "of somebody else"}})
            if answer.status_code != 202:
                break
            states.append((await finished(client, answer.json()))["state"])
    return states


async def leave(server: ToyServer, number: int, folder: Path) -> float:
    """Somebody leaves; tells how many seconds later nothing of them is in any file."""
    async with server.client(leaver(number)) as client:
        user_id = (await client.get("/api/account")).json()["user_id"]
        started = time.monotonic()
        answer = await client.delete("/api/account", params={"confirm": user_id})
        assert answer.status_code == 200, answer.text
    assert await asyncio.to_thread(server.services.traces.remove) == 1
    taken = time.monotonic() - started
    assert traces(folder, [f"{SUBJECT}-{number:03}".encode(), f"{NAME} {number:03}".encode()]) == []
    return taken


@pytest.mark.parametrize("people", [PEOPLE])
async def test_nothing_of_anybody_who_left_stays_while_others_go_on_and_their_credits_are_all_there(
    server: ToyServer, tmp_path: Path, people: int
) -> None:
    canaries: set[bytes] = set()
    for number in range(people):
        async with server.client(leaver(number)) as client:
            canaries.update(await live(server, client))
    assert traces(tmp_path / "data", sorted(canaries))
    over = asyncio.Event()
    spending = [asyncio.create_task(holds(server, f"spender{number}", over)) for number in range(SPENDERS)]
    running = asyncio.create_task(runs(server, over))
    taken = [await leave(server, number, tmp_path / "data") for number in range(people)]
    over.set()
    counts, states = await asyncio.gather(*spending), await running
    assert min(counts) > 0
    assert states
    assert set(states) == {"succeeded"}
    assert max(taken) < HOUSEKEEPING_SECONDS
    assert traces(tmp_path / "data", sorted(canaries)) == []
    assert server.services.db.read(check) == []
    for number in range(SPENDERS):
        async with server.client(person(f"spender{number}")) as client:
            assert (await client.get("/api/credits/balance")).json()["available_credits"] == 300
