"""Real workers; a pipe that closes when the last of their processes is gone proves that nothing is left."""

import hashlib
import os
import queue
import select
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from studio_server.runs.executor.local import LocalExecutor, LocalRunningJob
from studio_server.runs.executor.protocol import Job, Outcome, Progress

from studio_magics.contracts.catalogue import RunLimits

TOOLS = Path(__file__).with_name("tools")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MEGABYTE = 1 << 20
PATIENCE_SECONDS = 30.0
GENEROUS = RunLimits(cpu_ms=20_000, wall_ms=30_000, memory_bytes=512 * MEGABYTE, output_bytes=4 * MEGABYTE)


@dataclass
class Lifeline:
    """A named pipe that processes of a run hold open; it ends when the last of them has died."""

    path: Path
    reader: int = 0

    def __post_init__(self) -> None:
        os.mkfifo(self.path)
        self.path.chmod(0o666)  # runs are other users
        self.reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def holders(self, count: int) -> list[int]:
        """Wait until so many processes hold the pipe."""
        said = b""
        while said.count(b"\n") < count:
            assert select.select([self.reader], [], [], PATIENCE_SECONDS)[0], f"only heard {said!r}"
            said += os.read(self.reader, 4096)
        return [int(line) for line in said.split()]

    def is_free(self) -> bool:
        """Nobody holds it now; not a wait."""
        try:
            while os.read(self.reader, 4096):
                pass
        except BlockingIOError:
            return False
        return True

    def wait_until_free(self) -> None:
        """Wait until nobody holds it."""
        while True:
            assert select.select([self.reader], [], [], PATIENCE_SECONDS)[0], "somebody is still alive"
            if not os.read(self.reader, 4096):
                return


def with_lifeline(inputs: dict, workdir: Path) -> dict:
    """A run sees nothing but its own folder, so the pipe gets a second name there."""
    if "fifo" not in inputs:
        return inputs
    workdir.mkdir(parents=True)
    (workdir / "lifeline").hardlink_to(inputs["fifo"])
    return inputs | {"fifo": "lifeline"}


@dataclass
class Bench:
    """Starts tools and keeps what they say."""

    executor: LocalExecutor
    folder: Path
    heard: "queue.Queue[Progress]" = field(default_factory=queue.Queue)
    started: int = 0

    def job(self, name: str, inputs: dict, *, limits: RunLimits = GENEROUS, files: dict | None = None) -> Job:
        self.started += 1
        workdir = self.folder / f"run-{self.started}"
        return Job(
            run_id=f"run_{self.started}",
            tool_id=f"test-studio-{name.lower()}",
            inputs=with_lifeline(inputs, workdir),
            files=files or {},
            limits=limits,
            now=NOW,
            workdir=workdir,
            tool_reference=f"sample_tools:{name}",
        )

    def start(self, name: str, **inputs) -> LocalRunningJob:
        return self.executor.start(self.job(name, inputs), self.heard.put)

    def run(self, name: str, *, limits: RunLimits = GENEROUS, files: dict | None = None, **inputs) -> Outcome:
        job = self.job(name, inputs, limits=limits, files=files)
        return self.executor.start(job, self.heard.put).wait(PATIENCE_SECONDS)


@pytest.fixture
def lifeline(tmp_path: Path):
    line = Lifeline(tmp_path / "lifeline")
    yield line
    os.close(line.reader)


@pytest.fixture
def make_bench(tmp_path: Path):
    benches: list[Bench] = []

    def make(**options) -> Bench:
        bench = Bench(LocalExecutor(extra_path=TOOLS, **options), tmp_path / "runs")
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        bench.executor.close()


@pytest.fixture
def bench(make_bench: Callable[..., Bench]) -> Bench:
    return make_bench(capacity=4)


@pytest.fixture
def upload(tmp_path: Path):
    """Stores a content like the upload store does: by digest, read-only."""

    def store(content: bytes, name: str, *, mode: int = 0o444) -> tuple[dict, dict]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        stored = tmp_path / "stored"
        stored.write_bytes(content)
        stored.chmod(mode)
        return {"digest": digest, "name": name, "size_bytes": len(content)}, {digest: stored}

    return store
