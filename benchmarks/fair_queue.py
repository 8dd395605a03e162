"""How evenly 20 users wait who queue 500 runs at once: real queue, real workers, real books, no HTTP."""

import asyncio
import random
import tempfile
from pathlib import Path
from statistics import fmean, median

from studio_server.accounts.identity import Identity
from studio_server.accounts.people import User
from studio_server.runs import rows
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.rows import RunRow
from studio_server.services import Services
from studio_server.settings import Settings
from studio_server.wiring import build

from benchmarks.books import checked_effects
from benchmarks.catalogue import TOYS, TRIVIAL, with_trivial_tool
from benchmarks.results import Plan, Result, Yardstick, of_samples
from studio_magics.contracts.runs import RunRequest

USERS, RUNS_EACH = 20, 25
SEED = 20261126
LONG_POLL_SECONDS = 20
QUEUE = "queued runs"
NOTE = (
    f"{USERS * RUNS_EACH} runs of {USERS} users in one burst, shuffled (seed {SEED}); a wait goes from the"
    " start request to the start of the worker."
)


class RunsFailed(RuntimeError):
    """Some of the runs did not succeed."""


def run(plan: Plan) -> Result:
    """One burst, whatever the plan says: it is long enough. The books are checked at the end."""
    del plan
    with tempfile.TemporaryDirectory() as folder:
        ended = asyncio.run(_burst(Path(folder)))
        effects = checked_effects(Path(folder))
    waits: dict[str, list[float]] = {}
    for row in ended:
        waits.setdefault(row.user_id, []).append(_waited_ms(row))
    everybody = [wait for of_user in waits.values() for wait in of_user]
    worst = max(median(of_user) for of_user in waits.values())
    fairness = Yardstick(
        "worst median wait", "of a user, over the mean of all", worst / fmean(everybody), "x", "lower", 2, 2
    )
    return Result("fair_queue", of_samples(QUEUE, "wait", "ms", everybody), (fairness,), (NOTE,), 0, effects)


def _waited_ms(row: RunRow) -> float:
    if row.state != "succeeded" or row.started_at is None:
        raise RunsFailed(f"{row.id} {row.state}: {row.failure}")
    return (row.started_at - row.created_at).total_seconds() * 1_000


async def _burst(folder: Path) -> list[RunRow]:
    settings = Settings.for_local(data_dir=folder, owner="ada", reuse_results_seconds=0)
    executor = LocalExecutor(capacity=settings.workers, extra_path=TOYS)
    services = build(settings, executor=executor, registry=with_trivial_tool())
    try:
        services.begin()
        users = [await _user(services, f"user {number}") for number in range(USERS)]
        turns = users * RUNS_EACH
        random.Random(SEED).shuffle(turns)  # noqa: S311  - the same order every time
        placed = [await _place(services, user) for user in turns]
        for queued in placed:
            services.runs.enqueue(queued)
        for queued in placed:
            await _over(services, queued)
        return services.db.read(lambda tx: [row for one in placed if (row := rows.by_id(tx, one.id))])
    finally:
        await services.scheduler.stop()
        services.db.close()


async def _user(services: Services, name: str) -> User:
    identity = Identity("local", name, name, "token")
    return await services.db.write(lambda tx: services.people.welcome(tx, identity))


async def _place(services: Services, user: User) -> RunRow:
    request = RunRequest(inputs={})
    return await services.db.write(lambda tx: services.runs.place(tx, user, TRIVIAL, request))


async def _over(services: Services, queued: RunRow) -> None:
    page = services.runs.page(queued.user_id, queued.id)
    while page.ended_at is None:
        page = await services.runs.follow(
            queued.user_id, queued.id, since=page.revision, wait_seconds=LONG_POLL_SECONDS
        )
