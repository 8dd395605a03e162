"""Hostile programs in real workers: one warm executor, small limits, and a pipe that shows who is alive."""

import itertools
import os
import secrets
import select
import shutil
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from studio_server.runs.executor import confining
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Job, Outcome

from studio_magics.contracts.catalogue import RunLimits

TOOLS = Path(__file__).with_name("tools")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MEGABYTE = 1 << 20
GENEROUS = RunLimits(cpu_ms=20_000, wall_ms=30_000, memory_bytes=512 * MEGABYTE, output_bytes=MEGABYTE)
TIGHT = RunLimits(cpu_ms=400, wall_ms=8_000, memory_bytes=96 * MEGABYTE, output_bytes=MEGABYTE)
FILLING = RunLimits(cpu_ms=8_000, wall_ms=8_000, memory_bytes=96 * MEGABYTE, output_bytes=MEGABYTE)
SHORT = RunLimits(cpu_ms=400, wall_ms=600, memory_bytes=96 * MEGABYTE, output_bytes=MEGABYTE)
"""For programs that sleep; the others may have to wait for a busy machine."""
SCRATCH_BYTES = 8 * MEGABYTE
PROCESSES = 24
FILES = 2_000
PATIENCE_SECONDS = 60.0
GONE_WITHIN_SECONDS = 1.0


@dataclass(frozen=True)
class Attacked:
    """What came of an attack."""

    outcome: Outcome
    alive_seconds: float
    """How long something of it lived on after its outcome was known."""
    wall_ms: float

    @property
    def escapes(self) -> list[str]:
        """What the program says it got away with."""
        assert self.outcome.result is not None, self.outcome
        return self.outcome.result.summary["escapes"]


class Arena:
    """Runs attacks on one executor."""

    def __init__(self, executor: LocalExecutor, folder: Path) -> None:
        self.executor = executor
        self.folder = folder
        self._numbers = itertools.count()

    def attack(
        self,
        module: str,
        program: str,
        limits: RunLimits = GENEROUS,
        *,
        network: tuple[str, ...] = (),
        **where,
    ) -> Attacked:
        """Let the program run, with what its tool declares, and see what is left of it."""
        job = self.job(module, program, limits, where, network)
        lifeline = job.workdir / "lifeline"
        job.workdir.mkdir(parents=True)
        os.mkfifo(lifeline)
        lifeline.chmod(0o666)
        reader = os.open(lifeline, os.O_RDONLY | os.O_NONBLOCK)
        os.close(os.open(lifeline, os.O_WRONLY))  # from now on it has an end whenever nobody holds it
        before = time.monotonic()
        outcome = self.executor.start(job, lambda _: None).wait(PATIENCE_SECONDS)
        after = time.monotonic()
        select.select([reader], [], [], PATIENCE_SECONDS)  # readable, by an end, when nobody holds it
        alive = time.monotonic() - after
        os.close(reader)
        shutil.rmtree(job.workdir, ignore_errors=True)
        return Attacked(outcome, alive, (after - before) * 1_000)

    def job(
        self, module: str, program: str, limits: RunLimits, where: dict, network: tuple[str, ...] = ()
    ) -> Job:
        """One attack as a job."""
        number = next(self._numbers)
        return Job(
            run_id=f"run_{number}",
            tool_id="test-studio-hostile",
            inputs={"module": module, "program": program, "where": where},
            files={},
            limits=limits,
            now=NOW,
            workdir=self.folder / f"run-{number}",
            tool_reference="hostile_tool:HOSTILE",
            network=network,
        )


@pytest.fixture(scope="session")
def make_arena(tmp_path_factory):
    """Arenas with other sets of layers; what is made is kept for the session."""
    made: dict[frozenset[str], Arena] = {}

    def make(without: frozenset[str] = frozenset()) -> Arena:
        if without not in made:
            executor = LocalExecutor(
                capacity=2,
                extra_path=TOOLS,
                scratch_bytes=SCRATCH_BYTES,
                processes=PROCESSES,
                files=FILES,
                without=without,
            )
            made[without] = Arena(executor, tmp_path_factory.mktemp("runs"))
        return made[without]

    yield make
    for arena in made.values():
        arena.executor.close()


@pytest.fixture(scope="session")
def arena(make_arena) -> Arena:
    """All layers that this machine has; without the needed ones a server runs no such programs at all."""
    lacking = confining.found().lacking()
    if lacking:
        pytest.skip(f"this machine lacks {', '.join(lacking)}")
    return make_arena()


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory):
    """What an attacker would like to reach: a secret file, this process, its environment, its sockets."""
    folder = tmp_path_factory.mktemp("data")
    secret, canary, name = folder / "0000", secrets.token_hex(8), f"studio-{secrets.token_hex(4)}"
    secret.write_text("the books")
    os.environ["STUDIO_CANARY"] = canary
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as abstract:
        abstract.bind("\0" + name)
        abstract.listen()
        with socket.socket(socket.AF_UNIX) as named:
            named.bind(str(folder / "socket"))
            named.listen()
            yield {
                "secret": str(secret),
                "canary": canary,
                "port": tcp.getsockname()[1],
                "abstract": name,
                "named": str(folder / "socket"),
                "server_pid": os.getpid(),
            }
    del os.environ["STUDIO_CANARY"]
