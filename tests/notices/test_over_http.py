"""Notices and plans as people see them: over HTTP, in the balance, pushed; and the sweeper's order."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from fakes.toy_server import ToyServer, person, serving, toy_registry
from studio_server.clock import FixedClock
from studio_server.ledger import GrantSource, IssueGrant
from studio_server.ledger.checker import check
from studio_server.registry.catalogue import PlanEntry
from studio_server.runs.sweeper import CALM_ROUNDS

from tests.accounts.plan_books import at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

START = at(2026, 1, 31, 12)
SAVER = PlanEntry("saver", "Saver", 1_000, 500, 100)


class SteppingClock(FixedClock):
    """A wall clock that somebody may set while the monotonic clock goes on."""

    def __init__(self) -> None:
        super().__init__(START)
        self.set_by = timedelta(0)

    def monotonic(self) -> float:
        """Seconds that passed, whatever the wall clock was set to."""
        return super().monotonic() - self.set_by.total_seconds()

    def step(self, by: timedelta) -> None:
        """Set the wall clock."""
        self.set_by += by
        self.advance(by)


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
async def server(tmp_path: Path, clock: SteppingClock) -> AsyncIterator[ToyServer]:
    registry = toy_registry()
    registry.plans["saver"] = SAVER
    async with serving(tmp_path, clock=clock, registry=registry) as running:
        yield running
        assert running.services.db.read(check) == []


async def get(server: ToyServer, path: str, name: str = "ada") -> Any:
    async with server.client(person(name)) as client:
        return (await client.get(path)).json()


async def known(server: ToyServer, name: str = "ada") -> Any:
    return await server.services.user(person(name))


async def give(server: ToyServer, amount: int, ends_at: Any) -> None:
    wallet = (await known(server)).wallet_id
    command = IssueGrant("bought", wallet, GrantSource.PURCHASE, amount, "order-1", ends_at)
    await server.services.db.write(lambda tx: server.services.ledger.execute(tx, command))


async def subscribe(server: ToyServer, plan: str, key: str) -> None:
    user = await known(server)
    await server.services.db.write(lambda tx: server.services.plans.change(tx, user.id, plan, key=key))


async def test_a_notice_is_in_the_balance_until_it_was_read(server: ToyServer, clock: SteppingClock) -> None:
    await give(server, 40, clock.now() + timedelta(days=20))
    assert (await get(server, "/api/credits/balance"))["notice"] == ""
    await server.services.sweeper.sweep()
    said = "40 bought credits end on 2026-02-20"
    balance = await get(server, "/api/credits/balance")
    listed = await get(server, "/api/notices")
    shown = {"notice": said, "notice_id": listed["notices"][0]["id"], "notice_severity": "warning"}
    assert {name: balance[name] for name in shown} == shown
    assert (listed["unread"], listed["notices"][0]["text"]) == (1, said)
    async with server.client(person("ada")) as ada:
        path = f"/api/notices/{listed['notices'][0]['id']}/read"
        first = (await ada.post(path)).json()
        assert (await ada.post(path)).json() == first
        assert first["read_at"] == "2026-01-31T12:00:00Z"
    balance = await get(server, "/api/credits/balance")
    assert (balance["notice"], balance["notice_id"]) == ("", None)
    assert (await get(server, "/api/notices"))["unread"] == 0


async def test_nobody_sees_or_reads_the_notices_of_another(server: ToyServer, clock: SteppingClock) -> None:
    await give(server, 40, clock.now() + timedelta(days=20))
    await server.services.sweeper.sweep()
    notice = (await get(server, "/api/notices"))["notices"][0]["id"]
    assert (await get(server, "/api/notices", "bob"))["notices"] == []
    async with server.client(person("bob")) as bob:
        refused = await bob.post(f"/api/notices/{notice}/read")
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert (await get(server, "/api/notices"))["unread"] == 1


async def test_a_notice_and_the_new_balance_are_pushed(server: ToyServer, clock: SteppingClock) -> None:
    await give(server, 40, clock.now() + timedelta(days=20))
    user = await known(server)
    with server.services.bus.listen(user.id) as stream:
        await server.services.sweeper.sweep()
        notice, balance = await stream.next(1), await stream.next(1)
    assert (notice.kind, notice.text) == ("notice", "40 bought credits end on 2026-02-20")
    assert notice.notice_id is not None
    assert balance.balance.notice == notice.text


async def test_the_account_shows_the_period_and_the_plan_that_comes(server: ToyServer) -> None:
    await subscribe(server, "saver", "order-1")
    await subscribe(server, "free", "order-2")
    shown = await get(server, "/api/account")
    assert shown["plan"]["id"] == "saver"
    assert shown["subscription"] == {
        "starts_at": "2026-01-31T12:00:00Z",
        "ends_at": "2026-02-28T12:00:00Z",
        "next_plan": {"id": "free", "title": "Free", "monthly_credits": 300, "daily_cap_credits": 30},
        "roll_over_credits": 100,
    }


async def test_a_round_renews_before_lots_expire_so_that_what_may_roll_over_does(
    server: ToyServer, clock: SteppingClock
) -> None:
    await subscribe(server, "saver", "order-1")
    clock.advance(timedelta(days=28))
    await server.services.sweeper.sweep()
    assert (await get(server, "/api/credits/balance"))["available_credits"] == 1_100


async def test_the_next_month_is_given_once_by_two_sweepers(server: ToyServer, clock: SteppingClock) -> None:
    await known(server)
    clock.advance(timedelta(days=1))
    for _ in range(3):
        await server.services.sweeper.sweep()
    assert (await get(server, "/api/credits/balance"))["available_credits"] == 300
    told = [notice["kind"] for notice in (await get(server, "/api/notices"))["notices"]]
    assert told == ["plan_renewed"]


async def test_no_hold_lot_or_period_ends_because_the_wall_clock_was_set(
    server: ToyServer, clock: SteppingClock
) -> None:
    await subscribe(server, "saver", "order-1")
    await server.services.sweeper.sweep()
    clock.step(timedelta(days=400))
    for _ in range(CALM_ROUNDS):
        await server.services.sweeper.sweep()
        clock.advance(timedelta(seconds=15))
    lots = server.services.db.read(
        lambda tx: tx.execute("SELECT available, expired FROM lots ORDER BY lot_id")
    )
    assert lots[-1] == (1_000, 0)
    assert all(expired == 0 for _, expired in lots)


async def test_once_the_clocks_agree_for_long_enough_time_ends_things_again(
    server: ToyServer, clock: SteppingClock
) -> None:
    """The guard's twin: the same wait without a second step ends the periods."""
    await subscribe(server, "saver", "order-1")
    clock.step(timedelta(days=400))
    for _ in range(CALM_ROUNDS + 1):
        await server.services.sweeper.sweep()
        clock.advance(timedelta(seconds=15))
    assert (
        server.services.db.read(lambda tx: tx.one("SELECT sum(expired) FROM lots WHERE expired > 0"))[0] > 0
    )


async def test_a_clock_set_back_and_forth_never_counts_as_calm(
    server: ToyServer, clock: SteppingClock
) -> None:
    for _ in range(CALM_ROUNDS * 3):
        clock.step(timedelta(hours=1))
        assert not server.services.sweeper.clocks_agree()
        clock.step(timedelta(hours=-1))
        assert not server.services.sweeper.clocks_agree()
    assert [server.services.sweeper.clocks_agree() for _ in range(CALM_ROUNDS)] == [
        *([False] * (CALM_ROUNDS - 1)),
        True,
    ]
