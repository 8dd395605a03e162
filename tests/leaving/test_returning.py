import asyncio
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fakes.toy_server import ToyServer
from studio_server.accounts.identity import Identity
from studio_server.accounts.returning import Returning
from studio_server.clock import FixedClock
from studio_server.storage.database import Database

from tests.leaving.canaries import SUBJECT

ADA = Identity("hub", "ada", "Ada", "jupyter")


async def erased(client: httpx.AsyncClient) -> dict:
    user_id = (await client.get("/api/account")).json()["user_id"]
    return (await client.delete("/api/account", params={"confirm": user_id})).json()


async def available(client: httpx.AsyncClient) -> int:
    return (await client.get("/api/credits/balance")).json()["available_credits"]


async def test_who_comes_back_gets_no_free_credits_before_the_stated_time_and_then_gets_them(
    server: ToyServer, canary: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert await available(canary) == 300
    said = await erased(canary)
    assert await available(canary) == 0
    for days in (25, 34):
        clock.advance(timedelta(days=days))
        await server.services.sweeper.sweep()
        await asyncio.to_thread(server.services.traces.remove)
        assert await available(canary) == 0
    assert said["free_credits_from"].startswith("2026-05-09T09:00:00")
    clock.advance(timedelta(days=24))
    server.services.sweeper.clocks_agree()
    await server.services.sweeper.sweep()
    assert await available(canary) == 300


async def test_leaving_again_and_again_gives_free_credits_once(canary: httpx.AsyncClient) -> None:
    given = 0
    for _ in range(4):
        given += await available(canary)
        await erased(canary)
    assert given == 300


async def test_somebody_else_of_the_same_name_elsewhere_does_not_wait(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await erased(canary)
    async with server.client(Identity("hub", SUBJECT, "Somebody else", "jupyter")) as other:
        assert await available(other) == 300


async def test_sixty_four_first_requests_at_once_after_leaving_open_one_account_without_credits(
    server: ToyServer, canary: httpx.AsyncClient
) -> None:
    await erased(canary)
    answers = await asyncio.gather(*(canary.get("/api/account") for _ in range(64)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["user_id"] for answer in answers}) == 1
    assert await available(canary) == 0


async def test_what_is_remembered_is_forgotten_when_its_time_is_over(
    server: ToyServer, canary: httpx.AsyncClient, clock: FixedClock
) -> None:
    services = server.services
    await erased(canary)
    await asyncio.to_thread(services.traces.remove)
    counted = "SELECT count(*) FROM free_credit_waits"
    assert services.db.read(lambda tx: tx.one(counted)) == (1,)
    clock.advance(timedelta(days=61))
    await asyncio.to_thread(services.traces.remove)
    assert services.db.read(lambda tx: tx.one(counted)) == (0,)


@pytest.mark.parametrize("other", [("hu", "bada"), ("huba", "da"), ("hub", "Ada"), ("hub", "ada ")])
def test_another_identity_has_another_commitment(other: tuple[str, str]) -> None:
    returning = Returning(b"key", wait=timedelta(days=60))
    assert returning._commitment(*other) != returning._commitment("hub", "ada")


def test_without_the_operators_key_nobody_is_recognised(tmp_path: Path, clock: FixedClock) -> None:
    db = Database.open(tmp_path / "studio.db", clock=clock)
    try:
        keeper, thief = (Returning(key, wait=timedelta(days=60)) for key in (b"operator", b"guessed"))
        db.write_blocking(lambda tx: keeper.remember(tx, ADA.issuer, ADA.subject))
        kept = db.read(lambda tx: tx.one("SELECT commitment FROM free_credit_waits"))
        assert kept == (keeper._commitment("hub", "ada"),)
        assert kept != (thief._commitment("hub", "ada"),)
    finally:
        db.close()
