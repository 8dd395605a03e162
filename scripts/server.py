"""A Jupyter server of this environment on a free loopback port, watched until it answers."""

import contextlib
import http.client
import json
import os
import subprocess
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.commands import surroundings
from scripts.failures import LabFailed
from scripts.jupyter_api import Address, NotAnswered
from scripts.places import LOGS, PYTHON, RUNTIME

START_SECONDS = 120
"""How long a first start may take on a slow machine before it counts as failed."""
STOP_SECONDS = 20
ASK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class JupyterServer:
    """A running server, as its runtime file describes it."""

    process: subprocess.Popen[bytes]
    address: Address
    log: Path


@contextlib.contextmanager
def running(
    application: str, *, root: Path, data: Path, log: str, extra: Mapping[str, str] | None = None
) -> Generator[JupyterServer]:
    """Start `jupyterlab` or `jupyter_server` on `root`, yield it when it answers, stop it afterwards.

    Raises:
        LabFailed: it ended or stayed silent for `START_SECONDS`.
    """
    RUNTIME.mkdir(parents=True, exist_ok=True, mode=0o700)
    LOGS.mkdir(parents=True, exist_ok=True)
    values = {"STUDIO_DATA_DIR": str(data), "JUPYTER_RUNTIME_DIR": str(RUNTIME), **(extra or {})}
    path = LOGS / f"{log}.log"
    with path.open("w") as output:
        process = subprocess.Popen(
            _command(application, root),
            env=surroundings(values),
            cwd=root,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _when_it_answers(process, RUNTIME / f"jpserver-{process.pid}.json", path)
    finally:
        _stop(process)


def _command(application: str, root: Path) -> list[str]:
    command = [str(PYTHON), "-m", application, "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={root}", "--ServerApp.port_retries=100"]
    return [*command, "--allow-root"] if os.geteuid() == 0 else command


def _when_it_answers(process: subprocess.Popen[bytes], described: Path, log: Path) -> JupyterServer:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LabFailed(f"Jupyter ended with status {process.returncode} at its start", log=log)
        if described.is_file() and (server := _described(process, described, log)) and _answers(server):
            return server
        time.sleep(ASK_AGAIN_SECONDS)
    raise LabFailed(f"Jupyter did not answer within {START_SECONDS} s", log=log)


def _described(process: subprocess.Popen[bytes], described: Path, log: Path) -> JupyterServer | None:
    """Read the runtime file; None while it is only half written."""
    try:
        found = json.loads(described.read_text())
    except json.JSONDecodeError:
        return None
    return JupyterServer(process, Address(found["url"], found["token"]), log)


def _answers(server: JupyterServer) -> bool:
    try:
        server.address.ask("GET", "api/status")
    except (OSError, http.client.HTTPException, NotAnswered):
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, so that it stops its kernels; insist after `STOP_SECONDS`."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
