"""A real Dask cluster on loopback: one scheduler and worker processes, each killable, without a dashboard."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE_SECONDS = 60.0
QUIET = {
    "DASK_LOGGING__DISTRIBUTED": "error",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__GIL__ENABLED": "false",
}


@dataclass
class LocalCluster:
    """Starts processes and remembers them."""

    folder: Path
    scheduler: subprocess.Popen | None = None
    workers: list[subprocess.Popen] = field(default_factory=list)
    address: str = ""

    def start(self, *, workers: int, threads: int = 2, port: int = 0) -> None:
        """A scheduler and its workers; they arrive when they are ready."""
        listed = self.folder / "scheduler.json"
        listed.unlink(missing_ok=True)
        place = ["--host", "127.0.0.1", "--port", str(port), "--scheduler-file", str(listed)]
        self.scheduler = self._run("distributed.cli.dask_scheduler", *place, "--no-dashboard", "--no-show")
        self.address = _address_in(listed, self.scheduler)
        for _ in range(workers):
            self.add_worker(threads)

    def add_worker(self, threads: int = 2, *more: str) -> subprocess.Popen:
        """One more worker process, without a nanny that would start it again."""
        name = f"worker-{len(self.workers)}"
        place = ["--host", "127.0.0.1", "--local-directory", str(self.folder / name), "--name", name]
        shape = ["--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--memory-limit", "0"]
        self.workers.append(self._run("distributed.cli.dask_worker", self.address, *place, *shape, *more))
        return self.workers[-1]

    def stop(self) -> None:
        """End every process that was started here."""
        for process in (*self.workers, self.scheduler):
            if process is not None:
                kill(process)

    def _run(self, module: str, *arguments: str) -> subprocess.Popen:
        with (self.folder / "cluster.log").open("ab") as said:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdout=said,
                stderr=said,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
                env=os.environ | QUIET,
            )


def kill(process: subprocess.Popen) -> None:
    """End a process as a power cut would."""
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
    process.wait()


def _address_in(listed: Path, scheduler: subprocess.Popen) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and scheduler.poll() is None:
        try:
            return json.loads(listed.read_text())["address"]
        except (OSError, ValueError):
            time.sleep(0.02)
    raise AssertionError("the scheduler did not start")
