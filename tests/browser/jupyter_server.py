"""A JupyterLab of its own for the browser: real server, token and XSRF on, every folder fresh."""

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from jupyter_core.paths import ENV_CONFIG_PATH, ENV_JUPYTER_PATH

ROOT = Path(__file__).parents[2]
START_SECONDS = 90
STOP_SECONDS = 20
ASK_AGAIN_SECONDS = 0.1
FOLDERS = {
    "HOME": "home",
    "XDG_CONFIG_HOME": "home/config",
    "XDG_DATA_HOME": "home/data",
    "XDG_CACHE_HOME": "home/cache",
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "JUPYTERLAB_SETTINGS_DIR": "jupyter/settings",
    "JUPYTERLAB_WORKSPACES_DIR": "jupyter/workspaces",
    "IPYTHONDIR": "ipython",
    "STUDIO_DATA_DIR": "studio",
}
"""Everything the server, its kernels and Studio would otherwise keep for the user who runs the tests."""
NOT_INHERITED = ("JUPYTER_", "STUDIO_", "JPY_", "PYTHONDONTWRITEBYTECODE")
QUIET = {
    "@jupyterlab/apputils-extension:notification": {"checkForUpdates": False, "fetchNews": "false"},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
}
"""No question about news; notebooks are saved when a test saves them."""


class LabNotReady(AssertionError):
    """The environment lacks something, or the server did not answer; the text says what to do."""


@dataclass(frozen=True)
class LabServer:
    """A running JupyterLab."""

    url: str
    token: str
    notebooks: Path
    log: Path

    def page(self, path: str) -> str:
        """Address of a page for a browser that nobody knows yet."""
        return f"{self.url}{path}?token={self.token}"

    def ask(self, method: str, path: str) -> bytes:
        """Ask the Jupyter API with the token.

        Raises:
            OSError, http.client.HTTPException: nobody answers there, or with another status than 2xx.
        """
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, parts.path + path, headers={"Authorization": f"token {self.token}"})
            answer = connection.getresponse()
            content = answer.read()
        if answer.status >= 300:
            raise http.client.HTTPException(f"{method} {path}: {answer.status} {content[:200]!r}")
        return content


def check_installed() -> None:
    """Refuse to start where JupyterLab would open without Studio in it."""
    wanted = {
        "labextensions/studio-labextension/package.json": ENV_JUPYTER_PATH,
        "jupyter_server_config.d/studio_magics.json": ENV_CONFIG_PATH,
    }
    missing = [
        name for name, folders in wanted.items() if not any((Path(at) / name).is_file() for at in folders)
    ]
    if missing:
        raise LabNotReady(f"not installed in this environment: {', '.join(missing)}; run: make setup")


@contextlib.contextmanager
def serving_lab(folder: Path, extra: Mapping[str, str] | None = None) -> Generator[LabServer]:
    """Start JupyterLab on a copy of the notebooks, yield it when it answers, stop it by its own number.

    `extra` is added to the environment of the server.
    """
    check_installed()
    notebooks = folder / "notebooks"
    shutil.copytree(ROOT / "notebooks", notebooks)
    surroundings = {**_surroundings(folder), **(extra or {})}
    log = folder / "jupyterlab.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            _command(notebooks),
            env=surroundings,
            cwd=notebooks,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        described = Path(surroundings["JUPYTER_RUNTIME_DIR"]) / f"jpserver-{process.pid}.json"
        yield _when_it_answers(process, described, notebooks, log)
    finally:
        _stop(process)


def _surroundings(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(NOT_INHERITED)}
    places = {name: folder / place for name, place in FOLDERS.items()}
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    for name, settings in QUIET.items():
        package, _, plugin = name.partition(":")
        path = places["JUPYTERLAB_SETTINGS_DIR"] / package / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    search = os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)])
    return (
        kept | {"PATH": search, "STUDIO_OWNER": "ada"} | {name: str(place) for name, place in places.items()}
    )


def _command(notebooks: Path) -> list[str]:
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.root_dir={notebooks}", "--ServerApp.port=0"]
    return [*command, "--allow-root"] if os.geteuid() == 0 else command


def _when_it_answers(
    process: subprocess.Popen[bytes], described: Path, notebooks: Path, log: Path
) -> LabServer:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            found = json.loads(described.read_text())
            server = LabServer(found["url"], found["token"], notebooks, log)
            server.ask("GET", "api/status")
            return server
        try:
            process.wait(ASK_AGAIN_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        break
    end = log.read_text(errors="replace")[-3000:]
    raise LabNotReady(f"JupyterLab did not answer within {START_SECONDS} s or ended; its log ends:\n{end}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to end, so that it stops its kernels; insist after `STOP_SECONDS`."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
