"""What one worker process of the cluster is doing for Studio: its runs, their leases, its input files.

An attempt begins here at most once, and not at all after it was stopped, whatever Dask does with its task.
"""

import secrets
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from studio_server.runs.executor.cluster.contents import Contents
from studio_server.runs.executor.local import LocalExecutor
from studio_server.runs.executor.protocol import Outcome, RunningJob

MOST_INPUT_BYTES = 8_000_000_000
REMEMBERED_ATTEMPTS = 100_000


class AttemptRefused(Exception):
    """This process must not begin the attempt; nothing was started."""

    def __init__(self, attempt: str, reason: str) -> None:
        super().__init__(f"attempt {attempt} is not begun: {reason}")
        self.attempt = attempt
        self.reason = reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.attempt, self.reason)


@dataclass
class Attempt:
    """One run here, from its start until the server has taken its files."""

    folder: Path
    lease_ends: float
    stopped: bool = False
    job: RunningJob | None = None
    outcome: Outcome | None = None


@dataclass
class Desk:
    """One worker process's part in Studio."""

    folder: Path
    slots: int
    incarnation: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        """Start with empty hands."""
        self.contents = Contents(self.folder / "inputs", MOST_INPUT_BYTES)
        self._attempts: dict[str, Attempt] = {}
        self._spent: deque[str] = deque(maxlen=REMEMBERED_ATTEMPTS)
        self._withdrawn: deque[str] = deque(maxlen=REMEMBERED_ATTEMPTS)
        self._executors: dict[str, LocalExecutor] = {}
        self._lock = threading.Lock()

    def executor(self, extra_path: str = "") -> LocalExecutor:
        """What runs the jobs here: the same as on a server without a cluster."""
        with self._lock:
            if extra_path not in self._executors:
                path = Path(extra_path) if extra_path else None
                self._executors[extra_path] = LocalExecutor(capacity=self.slots, extra_path=path)
            return self._executors[extra_path]

    def begin(self, attempt: str, incarnation: str, lease_seconds: float) -> Attempt:
        """Open an attempt.

        Raises:
            AttemptRefused: It is meant for another process, has begun before, or was stopped.
        """
        with self._lock:
            if incarnation != self.incarnation:
                raise AttemptRefused(attempt, "it is meant for another worker process")
            if attempt in self._spent or attempt in self._withdrawn:
                raise AttemptRefused(attempt, "it has begun before or was stopped")
            self._spent.append(attempt)
            opened = Attempt(self.folder / "runs" / attempt, time.monotonic() + lease_seconds)
            self._attempts[attempt] = opened
            return opened

    def attach(self, attempt: Attempt, job: RunningJob) -> None:
        """The attempt's processes exist; a stop that came before ends them now."""
        with self._lock:
            attempt.job = job
            stopped = attempt.stopped
        if stopped:
            job.cancel()

    def stop(self, attempt: str) -> bool:
        """End the attempt's processes; False when it has not begun, and then it never will here."""
        with self._lock:
            opened = self._attempts.get(attempt)
            if opened is None and attempt in self._spent:
                return True
            if opened is None:
                self._withdrawn.append(attempt)
                return False
            opened.stopped = True
        if opened.job is not None:
            opened.job.cancel()
        return True

    def renew(self, attempts: Iterable[str], lease_seconds: float) -> None:
        """The server still wants these attempts; what it has not asked after for a lease is forgotten."""
        now = time.monotonic()
        with self._lock:
            for attempt in attempts:
                if attempt in self._attempts:
                    self._attempts[attempt].lease_ends = now + lease_seconds
            old = [name for name, one in self._attempts.items() if one.outcome and one.lease_ends < now]
        for attempt in old:
            self.close(attempt)

    def lease_is_over(self, attempt: Attempt) -> bool:
        """The server has not been heard for a whole lease."""
        with self._lock:
            return time.monotonic() > attempt.lease_ends

    def artefact(self, attempt: str, number: int) -> Path:
        """Where one file of an attempt that has ended is.

        Raises:
            AttemptRefused: There is no such file here.
        """
        with self._lock:
            opened = self._attempts.get(attempt)
        if opened is None or opened.outcome is None or number >= len(opened.outcome.artefacts):
            raise AttemptRefused(attempt, f"it has no file {number} here")
        return opened.outcome.artefacts[number].path

    def close(self, attempt: str) -> None:
        """The server wants nothing more: delete the run's folder, let its inputs go, end what still runs."""
        with self._lock:
            opened = self._attempts.get(attempt)
            if opened is not None and opened.outcome is not None:
                del self._attempts[attempt]
        self.contents.release(attempt)
        if opened is None:
            return
        if opened.outcome is None:
            opened.lease_ends = 0.0
            self.stop(attempt)
        else:
            shutil.rmtree(opened.folder, ignore_errors=True)
