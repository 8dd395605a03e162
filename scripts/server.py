"""A Jupyter server of this environment on a free loopback port, watched until it answers."""

import contextlib
import http.client
import json
import os
import subprocess
import time
import urllib.parse
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.commands import surroundings
from scripts.failures import LabFailed
from scripts.places import BUILD, LOGS, PYTHON

START_SECONDS = 120
"""How long a first start may take on a slow machine before it counts as failed."""
STOP_SECONDS = 20
ASK_AGAIN_SECONDS = 0.1


@dataclass(frozen=True)
class JupyterServer:
    """A running server, as its runtime file describes it."""

    process: subprocess.Popen[bytes]
    url: str
    token: str
    log: Path

    def page(self, path: str) -> str:
        """Address of a page, token included."""
        return f"{self.url}{path}?token={self.token}"


@contextlib.contextmanager
def running(
    application: str, *, root: Path, data: Path, log: str, extra: Mapping[str, str] | None = None
) -> Generator[JupyterServer]:
    """Start `jupyterlab` or `jupyter_server` on `root`, yield it when it answers, stop it afterwards.

    Raises:
        LabFailed: it ended or stayed silent for `START_SECONDS`.
    """
    runtime = BUILD / "runtime"
    runtime.mkdir(parents=True, exist_ok=True, mode=0o700)
    LOGS.mkdir(parents=True, exist_ok=True)
    values = {"STUDIO_DATA_DIR": str(data), "JUPYTER_RUNTIME_DIR": str(runtime), **(extra or {})}
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
        yield _when_it_answers(process, runtime / f"jpserver-{process.pid}.json", path)
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
    return JupyterServer(process, url=found["url"], token=found["token"], log=log)


def _answers(server: JupyterServer) -> bool:
    """Whether the server answers on its own port; proxies of the surroundings are not asked."""
    address = urllib.parse.urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=5)
    try:
        connection.request(
            "GET", f"{address.path}api/status", headers={"Authorization": f"token {server.token}"}
        )
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, so that it stops its kernels; insist after `STOP_SECONDS`."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
