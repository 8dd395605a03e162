"""Two servers on one database: the streams of one show what the other did."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.postgres import cluster, migrated
from fakes.toy_server import RUN, finished, person, serving
from studio_server.clock import FixedClock
from studio_server.events.bus import Listener
from studio_server.ledger import GrantSource, IssueGrant
from studio_server.runs.following import Following

from studio_magics.contracts.events import BalanceEvent, Event, RunEvent

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)
WORK = {"inputs": {}}
FOR_EVER = {"inputs": {"sleep_until_killed": True}}


@pytest.fixture
def url() -> str:
    """An empty database with the schema."""
    return cluster().new_database(migrated)


async def heard(listener: Listener) -> list[Event]:
    """Everything that is pending."""
    found = []
    while (event := await listener.next(0)) is not None:
        found.append(event)
    return found


async def test_a_stream_shows_runs_and_balance_that_another_server_changed(tmp_path: Path, url: str) -> None:
    clock = FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as first,
        first.client(person("ada")) as ada,
        serving(tmp_path / "b", clock=clock, database_url=url) as second,
    ):
        user = await second.services.user(person("ada"))
        following = second.services.following
        with second.services.bus.listen(user.id) as listener:
            await following.look()
            assert await heard(listener) == []
            before = second.services.hello(user).balance.available_credits
            run = (await ada.post(RUN, json=WORK)).json()
            over = await finished(ada, run)
            await following.look()
            events = await heard(listener)
            runs = [event.run for event in events if isinstance(event, RunEvent)]
            assert [(each.id, each.state) for each in runs] == [(run["id"], "succeeded")]
            balances = [
                event.balance.available_credits for event in events if isinstance(event, BalanceEvent)
            ]
            assert balances == [before - over["charged_credits"]]
            await following.look()
            assert await heard(listener) == []


async def test_a_run_of_another_server_is_seen_while_it_is_under_way(tmp_path: Path, url: str) -> None:
    clock = FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as first,
        first.client(person("ada")) as ada,
        serving(tmp_path / "b", clock=clock, database_url=url) as second,
    ):
        user = await second.services.user(person("ada"))
        with second.services.bus.listen(user.id) as listener:
            await second.services.following.look()
            run = (await ada.post(RUN, json=FOR_EVER)).json()
            await second.services.following.look()
            seen = [event.run.state for event in await heard(listener) if isinstance(event, RunEvent)]
            assert seen in (["queued"], ["running"])
            await ada.post(f"/api/runs/{run['id']}/cancel")
            await finished(ada, run)
            await second.services.following.look()
            seen = [event.run.state for event in await heard(listener) if isinstance(event, RunEvent)]
            assert seen == ["cancelled"]


async def test_credits_that_came_elsewhere_show_here_and_nobody_else_hears_of_them(
    tmp_path: Path, url: str
) -> None:
    clock = FixedClock(NOON)
    async with (
        serving(tmp_path / "a", clock=clock, database_url=url) as first,
        serving(tmp_path / "b", clock=clock, database_url=url) as second,
    ):
        ada, bob = [await second.services.user(person(name)) for name in ("ada", "bob")]
        moved: list[str] = []
        second.services.announcer.watch(moved.append)
        with second.services.bus.listen(ada.id) as hers, second.services.bus.listen(bob.id) as his:
            await second.services.following.look()
            gift = IssueGrant("gift", ada.wallet_id, GrantSource.PROMOTION, 70, "gift")
            await first.services.db.write(lambda tx: first.services.ledger.execute(tx, gift))
            await second.services.following.look()
            [event] = await heard(hers)
            assert isinstance(event, BalanceEvent)
            assert await heard(his) == []
        assert moved == []  # who watches moves was told by the server that made them


async def test_what_could_not_be_told_is_told_at_the_next_look(
    tmp_path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path / "b", clock=clock, database_url=url) as server:
        ada = await server.services.user(person("ada"))
        with server.services.bus.listen(ada.id) as listener:
            await server.services.following.look()
            gift = IssueGrant("gift", ada.wallet_id, GrantSource.PROMOTION, 70, "gift")
            await server.services.db.write(lambda tx: server.services.ledger.execute(tx, gift))
            with monkeypatch.context() as broken:
                broken.setattr(server.services.announcer, "show_balance", lambda _: 1 / 0)
                with pytest.raises(ZeroDivisionError):
                    await server.services.following.look()
            await server.services.following.look()
            [event] = await heard(listener)
            assert isinstance(event, BalanceEvent)


async def test_looking_goes_on_after_a_look_that_failed(tmp_path: Path, url: str, caplog) -> None:
    clock = FixedClock(NOON)
    async with serving(tmp_path / "a", clock=clock, database_url=url) as server:
        pauses: list[float] = []

        async def pause(seconds: float) -> None:
            pauses.append(seconds)
            if len(pauses) == 4:
                raise asyncio.CancelledError

        def read(work):
            if len(pauses) == 1:
                raise ConnectionError("the database is away")
            return server.services.db.read(work)

        services = server.services
        following = Following(read, services.bus, services.announcer, services.replica, pause=pause)
        with pytest.raises(asyncio.CancelledError):
            await following.run()
        assert pauses == [2.0, 30.0, 2.0, 2.0]
        assert "the database is away" in caplog.text


async def test_a_file_that_only_one_server_can_have_open_is_not_looked_at(tmp_path: Path) -> None:
    async with serving(tmp_path, clock=FixedClock(NOON)) as server:
        assert server.services.following is None
