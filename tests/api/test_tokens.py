"""Tokens over HTTP: whom they stand for, when they end, and that they never overrule the host."""

import httpx
from fakes.toy_server import ToyServer, person
from studio_server.accounts import tokens

ACCOUNT = "/api/account"
BALANCE = "/api/credits/balance"


async def token_of(server: ToyServer, name: str) -> str:
    user = await server.services.user(person(name))
    return await server.services.db.write(lambda tx: tokens.issue(tx, user.id, "for a test"))


def bearing(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_token_stands_for_the_user_it_was_made_for(
    server: ToyServer, nobody: httpx.AsyncClient
) -> None:
    token = await token_of(server, "eve")
    account = (await nobody.get(ACCOUNT, headers=bearing(token))).json()
    assert (account["display_name"], account["signed_in_via"]) == ("Eve", "token")
    assert (await nobody.get(BALANCE, headers=bearing(token))).json()["user"] == "Eve"


async def test_a_revoked_token_is_refused_from_the_next_request_on(
    server: ToyServer, nobody: httpx.AsyncClient
) -> None:
    token = await token_of(server, "eve")
    assert (await nobody.get(BALANCE, headers=bearing(token))).status_code == 200
    user = await server.services.user(person("eve"))
    await server.services.db.write(lambda tx: tokens.revoke(tx, user.id, "for a test"))
    assert (await nobody.get(BALANCE, headers=bearing(token))).status_code == 401


async def test_an_unknown_token_is_nobody(nobody: httpx.AsyncClient) -> None:
    assert (await nobody.get(BALANCE, headers=bearing("studio_made-up"))).status_code == 401


async def test_whom_the_host_vouches_for_is_not_overruled_by_a_token(
    server: ToyServer, bob: httpx.AsyncClient
) -> None:
    token = await token_of(server, "eve")
    assert (await bob.get(BALANCE, headers=bearing(token))).json()["user"] == "Bob"


async def test_an_estimate_with_a_token_carries_a_standing_and_a_quote(
    server: ToyServer, nobody: httpx.AsyncClient
) -> None:
    token = await token_of(server, "eve")
    said = {"tool": "count", "inputs": {}}
    named = (await nobody.post("/api/billing/estimate", json=said, headers=bearing(token))).json()
    anonymous = (await nobody.post("/api/billing/estimate", json=said)).json()
    assert named["quote"]
    assert named["standing"]["available_credits"] == 300
    assert (anonymous["quote"], anonymous["standing"]) == (None, None)
