"""A JupyterLab with Studio that can be stopped and started again at the same address, with the same books."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOKEN = "browser-test"  # noqa: S105  - of a server that lives for one test
START_SECONDS = 90
STOP_SECONDS = 20
QUIET = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


@dataclass(frozen=True)
class Lab:
    """Where JupyterLab answers and keeps its files; starting it again finds the same books."""

    folder: Path
    port: int

    @property
    def notebooks(self) -> Path:
        """The folder that JupyterLab shows."""
        return self.folder / "notebooks"

    def page(self, path: str) -> str:
        """The address of a page, signed in."""
        return f"http://127.0.0.1:{self.port}/base/{path}?token={TOKEN}"

    @contextlib.contextmanager
    def running(self) -> Generator[None]:
        """JupyterLab from its first answer to its orderly end."""
        with (self.folder / "jupyter.log").open("a") as log:
            process = subprocess.Popen(
                _command(self),
                cwd=self.notebooks,
                env=_surroundings(self.folder),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_for_answer(self, process)
            yield
        finally:
            _stop(process)


def prepared(folder: Path) -> Lab:
    """A lab on a free port, with the extension as it is built here."""
    for name in ("notebooks", "share/labextensions", "settings", "home"):
        (folder / name).mkdir(parents=True)
    built = ROOT / "labextension" / "static"
    assert (built / "package.json").is_file(), "build it first: npm run build:prod in labextension/"
    (folder / "share/labextensions/studio-labextension").symlink_to(built)
    (folder / "settings/overrides.json").write_text(json.dumps(QUIET))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return Lab(folder, free.getsockname()[1])


def _command(lab: Lab) -> list[str]:
    settings = {
        "--ServerApp.ip": "127.0.0.1",
        "--ServerApp.port": lab.port,
        "--ServerApp.port_retries": 0,
        "--ServerApp.base_url": "/base/",
        "--ServerApp.jpserver_extensions": "{'studio_server.jupyter': True}",
        "--IdentityProvider.token": TOKEN,
        "--LabApp.app_settings_dir": lab.folder / "settings",
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    return [*command, *(f"{name}={value}" for name, value in settings.items())]


def _surroundings(folder: Path) -> dict[str, str]:
    own = {
        "HOME": "home",
        "IPYTHONDIR": "ipython",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_PATH": "share",
        "STUDIO_DATA_DIR": "studio",
    }
    sources = f"{ROOT}{os.pathsep}{ROOT / 'server'}"
    return os.environ | {name: str(folder / value) for name, value in own.items()} | {"PYTHONPATH": sources}


def _wait_for_answer(lab: Lab, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(lab.page("api/status"), timeout=5):  # noqa: S310  - our own server
            return
        time.sleep(0.1)
    log = (lab.folder / "jupyter.log").read_text()[-3000:]
    raise AssertionError(f"JupyterLab did not start on port {lab.port}:\n{log}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
