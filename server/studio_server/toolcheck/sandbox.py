"""Runs trials as a server would: in worker processes, with limits, measured from outside."""

import itertools
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from studio_magics.contracts.catalogue import RunLimits
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.patience import WAITING_SHARE
from studio_server.runs.executor.protocol import Job, Outcome
from studio_server.toolcheck.subject import Subject

NOW = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
"""The time of every run of a check: the same input has to give the same result."""
GRACE_SECONDS = 60


class Sandbox:
    """A worker of its own and a folder that is gone afterwards."""

    def __init__(self, subject: Subject, limits: RunLimits, *, preload: bool = False) -> None:
        """With `preload` a built-in tool finds its libraries imported, as on a server."""
        self._subject = subject
        self._limits = limits
        self._executor = LocalExecutor(capacity=1, extra_path=subject.folder, preload=preload)
        self._place = tempfile.TemporaryDirectory(prefix="studio-tool-check-")
        self._numbers = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.close()
        self._place.cleanup()

    def run(self, inputs: Mapping[str, Any], files: Mapping[str, bytes]) -> Outcome:
        """One run; its files are there until the sandbox is closed.

        Raises:
            ExecutorUnsupported: This machine cannot watch workers.
            TimeoutError: The worker did not even end at its limits.
        """
        folder = Path(self._place.name) / f"run-{next(self._numbers)}"
        (folder / "uploads").mkdir(parents=True)
        job = Job(
            run_id=folder.name,
            tool_id=self._subject.tool.id,
            inputs=inputs,
            files={digest: _stored(folder / "uploads", digest, content) for digest, content in files.items()},
            limits=self._limits,
            now=NOW,
            workdir=folder / "work",
            tool_reference=self._subject.reference,
            network=self._subject.tool.network,
        )
        running = self._executor.start(job, lambda _: None)
        return running.wait(self._limits.wall_ms / 1_000 * (1 + WAITING_SHARE) + GRACE_SECONDS)


def _stored(folder: Path, digest: str, content: bytes) -> Path:
    path = folder / digest.removeprefix("sha256:")
    path.write_bytes(content)
    path.chmod(0o400)
    return path
