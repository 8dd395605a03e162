"""A run context on a temporary folder, for calling the tool as kernel and worker do."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import pytest

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.tools.base import RunCancelled
from studio_magics.tools.data.schema import TOOL
from studio_magics.tools.data.schema.inputs import SchemaInput

sys.path.insert(0, str(Path(__file__).parent))

from bare_context import FolderContext


@dataclass
class WatchedContext(FolderContext):
    """Keeps what the tool reports, and cancels when told to."""

    place: str = "kernel"
    cancels_at: float = 2.0
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, content: bytes) -> InputFile:
        """Store a content as an upload would."""
        digest = sha256(content).hexdigest()
        (self.folder / f"{digest}{Path(name).suffix}").write_bytes(content)
        return InputFile(digest=f"sha256:{digest}", name=name, size_bytes=len(content))

    def keep_folder(self, name: str, contents: dict[str, bytes]) -> InputFolder:
        """Store several contents as one folder."""
        files = tuple(self.keep(file, content) for file, content in sorted(contents.items()))
        return InputFolder(name=name, files=files)

    def progress(self, fraction, stage):
        self.stages.append((fraction, stage))
        if fraction >= self.cancels_at:
            raise RunCancelled

    def add_artefact(self, name, media_type, content, *, title=""):
        self.artefacts[name] = content
        return super().add_artefact(name, media_type, content, title=title)


@pytest.fixture
def context(tmp_path):
    return WatchedContext(tmp_path)


@pytest.fixture
def inspect(context):
    """Inspect a source or a URL with options."""

    def call(source=None, **options):
        return TOOL.run(SchemaInput(source=source, **options), context)

    return call


@pytest.fixture
def sqlite(tmp_path, context):
    """The content of a SQLite file made by a script, as an input."""

    def make(script, name="made.db"):
        path = tmp_path / f"origin-{name}"
        connection = sqlite3.connect(path)
        connection.executescript(script)
        connection.close()
        return context.keep(name, path.read_bytes())

    return make


PROGRAMS = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql/bin"))


@pytest.fixture(scope="session")
def postgres_socket():
    """The socket folder of a throw-away PostgreSQL cluster; fails, never skips, where it is missing."""
    if not (PROGRAMS / "initdb").is_file():
        pytest.fail(f"PostgreSQL is not installed: {PROGRAMS}/initdb is missing")
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        drop = (
            ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.getuid() == 0 else []
        )
        if drop:
            os.chmod(folder, 0o777)  # noqa: S103, PTH101  - the server runs as another user
        data = f"{folder}/data"
        options = ["-D", data, "-U", "studio", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
        subprocess.run([*drop, PROGRAMS / "initdb", *options], check=True, capture_output=True, cwd=folder)
        settings = ["-c", "listen_addresses=", "-c", "fsync=off", "-c", f"unix_socket_directories={folder}"]
        server = subprocess.Popen(
            [*drop, PROGRAMS / "postgres", "-D", data, *settings],
            stderr=subprocess.PIPE,
            cwd=folder,
            text=True,
        )
        try:
            assert any("ready to accept connections" in line for line in server.stderr), (
                "PostgreSQL did not start"
            )
            yield folder
        finally:
            server.send_signal(signal.SIGINT)
            server.stderr.close()
            server.wait(30)
