"""Server processes of the benchmarks: started, watched until they answer, stopped, their CPU time read."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
STOP_SECONDS = 30.0


@dataclass(frozen=True)
class ServerProcess:
    """A server in a process of its own."""

    url: str
    token: str
    pid: int

    @property
    def address(self) -> str:
        """Host and port."""
        return self.url.removeprefix("http://")

    @property
    def cpu_seconds(self) -> float:
        """Processor time it has used so far, all threads, its workers not counted."""
        used = psutil.Process(self.pid).cpu_times()
        return used.user + used.system


class NoAnswer(RuntimeError):
    """A server did not start."""


@contextlib.contextmanager
def serving(module: str, *arguments: str) -> Generator[ServerProcess]:
    """Start `python -m module`, which prints its address as a JSON line; stop it after the block.

    Raises:
        NoAnswer: It ended, or said nothing for a minute.
    """
    command = [sys.executable, "-m", module, *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=environment())
    try:
        told = json.loads(_first_line(process, module))
        yield ServerProcess(told["url"], told["token"], process.pid)
    finally:
        _stop(process)


def environment() -> dict[str, str]:
    """This process's surroundings, with the repository importable and bytecode written."""
    values = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return values | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "server")])}


def _first_line(process: subprocess.Popen[bytes], module: str) -> str:
    deadline = time.monotonic() + START_SECONDS
    if process.stdout is None:
        raise NoAnswer(f"{module} has no output")
    ready, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
    line = process.stdout.readline() if ready else b""
    if not line:
        raise NoAnswer(f"{module} did not say where it answers within {START_SECONDS:.0f} s")
    return line.decode()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end in order; insist after half a minute."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
