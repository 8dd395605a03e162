"""Starts jobs on a cluster executor and keeps what they say; a pipe proves that nothing is left of a run."""

import hashlib
import os
import queue
import select
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from studio_server.runs.executor.cluster.executor import DaskExecutor, DaskRunningJob
from studio_server.runs.executor.protocol import Job, Outcome, Progress

from studio_magics.contracts.catalogue import RunLimits

TOOLS = Path(__file__).with_name("tools")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
MEGABYTE = 1 << 20
PATIENCE_SECONDS = 60.0
GENEROUS = RunLimits(cpu_ms=20_000, wall_ms=60_000, memory_bytes=512 * MEGABYTE, output_bytes=32 * MEGABYTE)


@dataclass
class Lifeline:
    """A named pipe that processes of a run hold open; it ends when the last of them has died.

    It is in the folder of the tools: nothing else outside is seen by a run.
    """

    path: Path
    reader: int = 0

    def __post_init__(self) -> None:
        os.mkfifo(self.path)
        self.path.chmod(0o666)  # runs are other users
        self.reader = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK)

    def wait_for_holders(self, count: int) -> None:
        """Wait until so many processes hold the pipe."""
        said = b""
        while said.count(b"\n") < count:
            assert select.select([self.reader], [], [], PATIENCE_SECONDS)[0], f"only heard {said!r}"
            said += os.read(self.reader, 4096)

    def is_free(self) -> bool:
        """Nobody holds it, and nobody has taken hold since it was asked last."""
        try:
            return not os.read(self.reader, 4096)
        except BlockingIOError:
            return False

    def wait_until_free(self) -> None:
        """Wait until nobody holds it."""
        while True:
            assert select.select([self.reader], [], [], PATIENCE_SECONDS)[0], "somebody is still alive"
            if not os.read(self.reader, 4096):
                return


@dataclass
class Bench:
    """One executor and a folder for its runs."""

    executor: DaskExecutor
    folder: Path
    heard: "queue.Queue[Progress]" = field(default_factory=queue.Queue)
    started: int = 0

    def upload(self, content: bytes) -> tuple[dict, dict[str, Path]]:
        """Store a content as the upload store does: by digest, read-only."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        stored = self.folder / digest[-16:]
        self.folder.mkdir(exist_ok=True)
        stored.write_bytes(content)
        stored.chmod(0o400)
        return {"digest": digest, "name": "data.bin", "size_bytes": len(content)}, {digest: stored}

    def start(
        self,
        *,
        limits: RunLimits = GENEROUS,
        files: dict[str, Path] | None = None,
        wait_seconds: float = 0.0,
        **inputs,
    ) -> DaskRunningJob:
        self.started += 1
        job = Job(
            run_id=f"run_{self.started}",
            tool_id="test-studio-work",
            inputs=inputs,
            files=files or {},
            limits=limits,
            now=NOW,
            workdir=self.folder / f"run-{self.started}",
            tool_reference="cluster_tools:WORK",
            wait_seconds=wait_seconds,
        )
        return self.executor.start(job, self.heard.put)

    def run(self, **inputs) -> Outcome:
        return self.start(**inputs).wait(PATIENCE_SECONDS)


def wait_until(condition: Callable[[], bool]) -> None:
    """Look again and again, as an operator would."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.02)
