"""How long Dask itself takes for a task that does nothing: a yardstick for the overhead of runs."""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

CANDIDATE = "Dask task of nothing"
PATIENCE_SECONDS = 60
QUIET = {"DASK_LOGGING__DISTRIBUTED": "error"}


class ClusterSilent(RuntimeError):
    """Scheduler or worker did not come up."""


@contextlib.contextmanager
def dask_dispatch() -> Generator[Callable[[], float]]:
    """A scheduler and one worker process on loopback; gives a function that times one task there, in ms.

    The time is that of `client.submit(...).result()`: from here to the scheduler, to the worker, and back.

    Raises:
        ClusterSilent: It did not come up in a minute.
    """
    from distributed import Client

    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as opened:
        listed = Path(folder) / "scheduler.json"
        place = ["--host", "127.0.0.1", "--no-dashboard"]
        scheduler = ["--port", "0", "--scheduler-file", str(listed), *place]
        worker = [
            "--scheduler-file",
            str(listed),
            "--nthreads",
            "1",
            "--no-nanny",
            "--memory-limit",
            "0",
            *place,
        ]
        opened.enter_context(_running("distributed.cli.dask_scheduler", scheduler, folder))
        _wait_for(listed)
        opened.enter_context(_running("distributed.cli.dask_worker", worker, folder))
        client: Any = opened.enter_context(Client(scheduler_file=str(listed), set_as_default=False))
        client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        yield lambda: _timed_ms(client)


def nothing() -> None:
    """The task."""


def _timed_ms(client: Any) -> float:
    started = time.perf_counter()
    client.submit(nothing, pure=False).result()
    return (time.perf_counter() - started) * 1_000


@contextlib.contextmanager
def _running(module: str, arguments: list[str], folder: str) -> Generator[None]:
    command = [sys.executable, "-m", module, *arguments]
    surroundings = os.environ | QUIET | {"PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(command, cwd=folder, env=surroundings, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _wait_for(listed: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (listed.exists() and listed.read_text().rstrip().endswith("}")):
        if time.monotonic() > deadline:
            raise ClusterSilent
        time.sleep(0.02)
