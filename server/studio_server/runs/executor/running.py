"""One job in flight, as the server sees it: its future, its control pipe, and what its meter says."""

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from studio_server.runs.executor import endings
from studio_server.runs.executor.nursery import Launched
from studio_server.runs.executor.protocol import Job, Outcome, Progress

log = logging.getLogger(__name__)


@dataclass
class LocalRunningJob:
    """One job in flight."""

    job: Job
    launcher_pid: int = 0
    meter_pid: int = 0
    worker_pid: int = 0
    """Numbers for the operator and for tests; 0 before that process runs."""
    _future: Future[Outcome] = field(default_factory=Future[Outcome])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _control: IO[bytes] | None = None
    _cancelled: bool = False

    @property
    def run_id(self) -> str:
        return self.job.run_id

    async def outcome(self) -> Outcome:
        return await asyncio.wrap_future(self._future)

    def wait(self, timeout_seconds: float | None = None) -> Outcome:
        return self._future.result(timeout_seconds)

    def cancel(self) -> None:
        with self._lock:
            self._cancelled = True
            self._hang_up()

    def connect(self, launched: Launched, spec: dict[str, Any]) -> None:
        """Hand the meter its orders; a job that was cancelled before gets none."""
        with self._lock:
            self.launcher_pid = launched.fork_server_pid
            self._control = launched.control
            if self._cancelled:
                self._hang_up()
                return
            with suppress(BrokenPipeError):  # it died at once: the missing report says so
                self._control.write(json.dumps(spec).encode() + b"\n")
                self._control.flush()

    def disconnect(self) -> bool:
        """Let go of the meter; whether the job was cancelled."""
        with self._lock:
            self._hang_up()
            return self._cancelled

    @property
    def may_have_begun(self) -> bool:
        """A worker was told to begin, or nobody wants one any more."""
        with self._lock:
            return bool(self.worker_pid) or self._cancelled

    def decide(self, outcome: Outcome) -> None:
        """The end."""
        self._future.set_result(outcome)

    def begin(self) -> None:
        """From here on nobody's impatience can cancel the future itself."""
        self._future.set_running_or_notify_cancel()

    def _hang_up(self) -> None:
        if self._control is not None:
            with suppress(BrokenPipeError):
                self._control.close()


def listen(
    said: IO[bytes], running: LocalRunningJob, on_progress: Callable[[Progress], None]
) -> endings.Report | None:
    """Read until the pipe ends, which is when the meter is gone and all it left has been ended."""
    report = None
    for line in said:
        message = json.loads(line)
        match message["event"]:
            case "started":
                running.meter_pid, running.worker_pid = message["meter"], message["worker"]
            case "progress":
                _tell(
                    on_progress, Progress(message["percent"], message["stage"], tuple(message.get("log", ())))
                )
            case _:
                report = endings.Report.model_validate(message)
    return report


def _tell(on_progress: Callable[[Progress], None], progress: Progress) -> None:
    try:
        on_progress(progress)
    except Exception:  # boundary: a listener's mistake does not end the run
        log.exception("a listener failed on %s", progress)


def kill_group(leader_pid: int) -> None:
    """Kill a process group, if it is there."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader_pid, signal.SIGKILL)
