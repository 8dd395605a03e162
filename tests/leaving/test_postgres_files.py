"""After an erasure PostgreSQL's files hold nothing either, its write-ahead log excepted (docs/leaving.md)."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio
from fakes.toy_server import ToyServer, serving
from studio_server.clock import FixedClock
from studio_server.ledger.checker import check
from studio_server.storage.errors import ScrubFailed

from tests.fakes.postgres import Cluster, initialised, migrated
from tests.leaving.canaries import CANARY, echo_registry, forget_echo, live, traces

LOG_OF_WRITES = "pg_wal/"


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A server of its own that writes to a disk."""
    made = initialised(durable=True)
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest_asyncio.fixture
async def on_postgres(cluster: Cluster, tmp_path: Path, clock: FixedClock) -> AsyncGenerator[ToyServer]:
    """A server whose books are in that cluster."""
    url = await asyncio.to_thread(cluster.new_database, migrated)
    async with serving(tmp_path / "data", registry=echo_registry(), clock=clock, database_url=url) as running:
        yield running
    forget_echo()


async def left(cluster: Cluster, canaries: list[bytes]) -> list[str]:
    """Where canaries are in the cluster's folder when all is on the disk; its log of writes excepted."""
    await asyncio.to_thread(cluster.command, "CHECKPOINT")
    found = await asyncio.to_thread(traces, cluster.folder / "data", canaries)
    return [line for line in found if not line.startswith(LOG_OF_WRITES)]


async def erased_with_statistics(cluster: Cluster, server: ToyServer) -> tuple[list[bytes], list[str]]:
    """Somebody lives, the planner learns about it, they leave: canaries, and where they were."""
    async with server.client(CANARY) as client:
        canaries = await live(server, client)
        await server.services.db.write(lambda tx: tx.execute("ANALYZE"))
        before = await left(cluster, canaries)
        user_id = (await client.get("/api/account")).json()["user_id"]
        answer = await client.delete("/api/account", params={"confirm": user_id})
        assert answer.status_code == 200, answer.text
    return canaries, before


async def test_no_file_of_postgres_but_its_log_of_writes_holds_what_was_erased(
    cluster: Cluster, on_postgres: ToyServer, tmp_path: Path
) -> None:
    canaries, before = await erased_with_statistics(cluster, on_postgres)
    assert {line.split("/")[0] for line in before} == {"base"}
    assert await asyncio.to_thread(on_postgres.services.traces.remove) == 1
    assert await left(cluster, canaries) == []
    assert traces(tmp_path / "data", canaries) == []
    assert on_postgres.services.db.read(check) == []


async def test_while_somebody_reads_from_before_nothing_counts_as_removed_and_afterwards_it_is(
    cluster: Cluster, on_postgres: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_server.storage.postgres.scrubbing.READERS_SECONDS", 0.2)
    services = on_postgres.services
    with psycopg.connect(services.settings.database_url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM pg_class")
        canaries, _ = await erased_with_statistics(cluster, on_postgres)
        with pytest.raises(ScrubFailed, match="still reads"):
            await asyncio.to_thread(services.traces.remove)
        assert await left(cluster, canaries)
    assert await asyncio.to_thread(services.traces.remove) == 1
    assert await left(cluster, canaries) == []


async def test_without_waiting_for_who_reads_from_before_what_was_erased_stays(
    cluster: Cluster, on_postgres: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio_server.storage.postgres.scrubbing._wait_for_readers", lambda *_: None)
    services = on_postgres.services
    with psycopg.connect(services.settings.database_url) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        reader.execute("SELECT count(*) FROM pg_class")
        canaries, _ = await erased_with_statistics(cluster, on_postgres)
        await asyncio.to_thread(services.traces.remove)
        assert await left(cluster, canaries)


async def test_a_role_that_does_not_own_the_database_is_told_what_its_owner_has_to_do(
    cluster: Cluster, tmp_path: Path, clock: FixedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await asyncio.to_thread(cluster.command, "CREATE ROLE studio LOGIN")
    url = await asyncio.to_thread(cluster.new_database)
    name = url.partition("@/")[2].partition("?")[0]
    await asyncio.to_thread(cluster.command, f"GRANT CREATE ON DATABASE {name} TO studio")
    url = cluster.url(name, "studio")
    async with serving(tmp_path / "data", registry=echo_registry(), clock=clock, database_url=url) as running:
        canaries, _ = await erased_with_statistics(cluster, running)
        assert await asyncio.to_thread(running.services.traces.remove) == 1
        assert "VACUUM FULL pg_catalog.pg_statistic" in caplog.text
        with psycopg.connect(cluster.url(name), autocommit=True) as owner:
            owner.execute("VACUUM FULL pg_catalog.pg_statistic")
        assert await left(cluster, canaries) == []
    forget_echo()


async def test_without_writing_the_tables_anew_postgres_keeps_what_was_erased(
    cluster: Cluster, on_postgres: ToyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    canaries, _ = await erased_with_statistics(cluster, on_postgres)
    monkeypatch.setattr(on_postgres.services.db, "scrub", lambda _: None)
    await asyncio.to_thread(on_postgres.services.traces.remove)
    assert {line.split("/")[0] for line in await left(cluster, canaries)} == {"base"}
