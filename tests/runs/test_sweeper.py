"""Housekeeping: what time ends, ends once; what time gives, is given once."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from fakes.toy_server import RUN, ToyServer, finished, person, serving
from studio_server.clock import FixedClock
from studio_server.ledger.checker import check
from studio_server.runs.executor.patience import WAITING_SHARE
from studio_server.runs.sweeper import CALM_ROUNDS

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


async def balance(server: ToyServer, name: str = "ada") -> dict:
    async with server.client(person(name)) as client:
        return (await client.get("/api/credits/balance")).json()


async def test_a_new_month_ends_the_old_credits_and_gives_new_ones_once(tmp_path: Path) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock) as server, server.client(person("ada")) as ada:
        await finished(ada, (await ada.post(RUN, json={})).json())
        assert (await balance(server))["available_credits"] == 297
        clock.advance(timedelta(days=1))
        for _ in range(3):
            await server.services.sweeper.sweep()
        after = await balance(server)
        assert (after["available_credits"], after["month"]["spent_credits"]) == (300, 0)
        assert after["lots"][0]["ends_at"] == "2026-03-01T00:00:00Z"
        assert server.services.db.read(check) == []


async def test_a_hold_whose_lease_has_passed_is_returned_and_a_late_end_charges_nothing(
    tmp_path: Path,
) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock) as server, server.client(person("ada")) as ada:
        run = (await ada.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
        assert (await balance(server))["held_credits"] == 6
        clock.advance(timedelta(hours=1))
        await server.services.sweeper.sweep()
        assert (await balance(server))["held_credits"] == 0
        await ada.post(f"/api/runs/{run['id']}/cancel")
        over = await finished(ada, run)
        assert (over["state"], over["charged_credits"]) == ("cancelled", 0)
        assert (await balance(server))["available_credits"] == 300
        assert server.services.db.read(check) == []


async def test_a_run_that_waits_longer_than_allowed_is_given_up_for_nothing(tmp_path: Path) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path, clock=clock) as server, server.client(person("ada")) as ada:
        working = (await ada.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
        waiting = (await ada.post(RUN, json={})).json()
        clock.advance(timedelta(minutes=16))
        await server.services.scheduler.give_up_old()
        over = await finished(ada, waiting)
        assert (over["state"], over["charged_credits"]) == ("lost", 0)
        await ada.post(f"/api/runs/{working['id']}/cancel")
        await finished(ada, working)


class SteppingClock(FixedClock):
    """A wall clock that somebody sets while the monotonic clock stands still."""

    def monotonic(self) -> float:
        return 0.0


async def test_nothing_expires_while_wall_and_monotonic_clock_disagree(tmp_path: Path) -> None:
    clock = SteppingClock(NOON)
    async with serving(tmp_path, clock=clock) as server:
        before = await balance(server)
        clock.advance(timedelta(days=400))
        server.services.sweeper._work.db.read(lambda tx: tx.now)
        assert not server.services.sweeper.clocks_agree()
        calm = [server.services.sweeper.clocks_agree() for _ in range(CALM_ROUNDS)]
        assert calm == [*([False] * (CALM_ROUNDS - 1)), True]
        clock.advance(timedelta(seconds=30))
        assert server.services.sweeper.clocks_agree()
        assert before["available_credits"] == 300


async def test_the_lease_of_a_hold_is_longer_than_the_longest_wait_run_and_settle_together(
    tmp_path: Path,
) -> None:
    async with serving(tmp_path) as server, server.client(person("ada")) as ada:
        run = (await ada.post(RUN, json={"inputs": {"sleep_until_killed": True}})).json()
        hold = server.services.db.read(server.services.ledger.open_holds)[0]
        settings = server.services.settings
        limits = server.services.db.read(
            lambda tx: tx.one("SELECT json_extract(limits, '$.wall_ms') FROM runs WHERE id = ?", (run["id"],))
        )
        lease = (hold.lease_expires_at - hold.placed_at).total_seconds()
        longest_run = limits[0] / 1_000 * (1 + WAITING_SHARE)
        needed = longest_run + settings.max_queue_seconds + settings.settle_grace_seconds
        assert needed <= lease <= needed + 1
        await ada.post(f"/api/runs/{run['id']}/cancel")
        await finished(ada, run)
