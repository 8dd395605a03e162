"""Finds the credit server of this kernel.

Order: an explicit setting, the environment, the runtime file of the Jupyter server that started the kernel,
the file of another program of the user that has the same books open, the file of a standalone server, and
last a server inside this process. The first two are taken at their word; the files may be stale or belong to
a server without Studio, so they are asked before.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from studio_magics.client.connection import Endpoint
from studio_magics.client.refusals import ServerUnreachable

EMBEDDED_GROUP = "studio.embedded_server"
PROBE_SECONDS = 1.5
SMALL_FILE_BYTES = 64 * 1024


class Surroundings:
    """Where to look, as this process sees it; tests give their own."""

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment variables."""
        return os.environ

    def jupyter_runtime(self) -> Path | None:
        """The folder of Jupyter's runtime files."""
        return _jupyter_runtime_folder()

    def standalone_files(self) -> tuple[Path, ...]:
        """The files in which other programs of the user may say where their server answers."""
        return _standalone_files()

    def embedded(self) -> Endpoint | None:
        """A server inside this process, started when needed."""
        return start_embedded()

    def answers(self, endpoint: Endpoint) -> bool:
        """Whether a Studio server answers there."""
        return is_studio(endpoint)


def find(surroundings: Surroundings | None = None, *, start: bool = True) -> Endpoint:
    """The first server in the order of this module; `start` allows one inside this process.

    Raises:
        ServerUnreachable: There is none.
    """
    around = surroundings or Surroundings()
    known = from_environment(around.environment)
    if known:
        return known
    for endpoint in _from_files(around):
        if around.answers(endpoint):
            return endpoint
    inside = around.embedded() if start else None
    if inside:
        return inside
    said = "No credit server was found: not in STUDIO_URL, Jupyter, a standalone server or this process."
    action = "pip install 'studio-magics[server]', or studio.connect(url, token); kernel runs need no server"
    raise ServerUnreachable(said, action=action)


def from_environment(environment: Mapping[str, str]) -> Endpoint | None:
    """STUDIO_URL and STUDIO_TOKEN, as set by the Jupyter server extension or by a person."""
    url = environment.get("STUDIO_URL", "").strip()
    if not url:
        return None
    return Endpoint(url, environment.get("STUDIO_TOKEN", "").strip(), "from STUDIO_URL")


def _from_files(around: Surroundings) -> Iterator[Endpoint]:
    parent = around.environment.get("JPY_PARENT_PID", "")
    folder = around.jupyter_runtime() if parent.isdigit() else None
    if folder is not None:
        found = _read(folder / f"jpserver-{parent}.json")
        if found:
            yield Endpoint(
                found["url"].rstrip("/") + "/studio", found["token"], "the Jupyter server of this kernel"
            )
    for path in around.standalone_files():
        found = _read(path)
        if found:
            yield Endpoint(found["url"], found["token"], "another program of yours on this machine")


def _read(path: Path) -> dict[str, str] | None:
    """URL and token of a runtime file; one that somebody else may have written is not believed."""
    try:
        status = path.stat()
        if status.st_size > SMALL_FILE_BYTES or status.st_mode & 0o022 or not _is_mine(status.st_uid):
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict):
        return None
    fields = cast("dict[str, object]", content)
    url = fields.get("url")
    return {"url": url, "token": str(fields.get("token") or "")} if isinstance(url, str) else None


def _is_mine(owner: int) -> bool:
    own = getattr(os, "getuid", None)
    return own is None or owner == own()


def _jupyter_runtime_folder() -> Path | None:
    try:
        from jupyter_core.paths import jupyter_runtime_dir
    except ImportError:
        return None
    return Path(jupyter_runtime_dir())


def jupyter_data_folders() -> tuple[Path, ...]:
    """The folders where Jupyter looks for extensions; empty where Jupyter is not installed."""
    try:
        from jupyter_core.paths import jupyter_path
    except ImportError:
        return ()
    return tuple(Path(folder) for folder in jupyter_path())


def _standalone_files() -> tuple[Path, ...]:
    """Beside the books this process would open, in place of opening them twice; then the known place."""
    from platformdirs import user_data_path

    usual = user_data_path("studio", appauthor=False)
    books = os.environ.get("STUDIO_DATA_DIR")
    return ((Path(books) if books else usual) / "serving.json", usual / "server.json")


def start_embedded() -> Endpoint | None:
    """Start the server inside this process, if one is installed."""
    from importlib.metadata import entry_points

    for point in entry_points(group=EMBEDDED_GROUP):
        try:
            start = point.load()
        except ImportError:
            continue
        try:
            server = start()
        except (RuntimeError, OSError) as error:
            said = f"The credit server inside this process did not start: {error}"
            raise ServerUnreachable(said) from error
        return Endpoint(server.url, server.token, "inside this process")
    return None


def is_studio(endpoint: Endpoint) -> bool:
    """Whether a Studio server answers there within a moment and accepts the token."""
    import httpx

    from studio_magics.contracts.account import Account

    try:
        response = httpx.get(
            endpoint.url.rstrip("/") + "/api/account",
            headers={"Authorization": f"Bearer {endpoint.token}"},
            timeout=PROBE_SECONDS,
            trust_env=False,
        )
        Account.model_validate_json(response.content)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return False
    return response.is_success
