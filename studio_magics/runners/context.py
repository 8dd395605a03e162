"""What a tool that runs in the kernel may ask of its surroundings."""

from __future__ import annotations

import hashlib
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from studio_magics.client.refusals import Unknown
from studio_magics.contracts.results import Artefact
from studio_magics.contracts.secrets import SECRET_PREFIX
from studio_magics.runners.scratch import ScratchFolder
from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake import examine

if TYPE_CHECKING:
    from collections.abc import Mapping

    from studio_magics.contracts.catalogue import Place
    from studio_magics.contracts.inputs import InputFile
    from studio_magics.display.progress import Progress

SECRET_VARIABLE = "STUDIO_SECRET_"  # noqa: S105  - how a name is written, no value
CONNECT_SECONDS = 30.0
FIXED_TIME_VARIABLE = "STUDIO_FIXED_TIME"
"""An RFC 3339 moment: the time that runs in this kernel see, for tests that compare outputs."""


class KernelContext:
    """The `RunContext` of a run in this kernel."""

    place: Place = "kernel"

    def __init__(
        self, content: Mapping[str, Path], progress: Progress, *, now: datetime | None = None
    ) -> None:
        self.now = now or run_time()
        self._content = content
        self._progress = progress
        self._folder = ScratchFolder()
        self._root = self._folder.path
        self._made: dict[str, Path] = {}
        self._examined: set[str] = set()

    def path(self, file: InputFile) -> Path:
        """The file where it is, or a link to it with the ending its record names, once it was looked at.

        Raises:
            InputRejected: Opening it could be a mistake.
        """
        path = self._content[file.digest].resolve()
        if file.digest not in self._examined:
            examine(path, file.name)
            self._examined.add(file.digest)
        suffix = Path(file.name).suffix
        if path.suffix == suffix:
            return path
        link = self._root / f"input-{file.digest[-16:]}{suffix}"
        if not link.exists():
            link.symlink_to(path)
        return link

    def secret(self, reference: str) -> str:
        """The value behind `secret:NAME` in this kernel: of the environment variable STUDIO_SECRET_NAME.

        Raises:
            InputRejected: It is not set; what the server keeps stays there.
        """
        name = SECRET_VARIABLE + reference.removeprefix(SECRET_PREFIX).upper().replace("-", "_")
        value = os.environ.get(name, "")
        if not reference.startswith(SECRET_PREFIX) or not value:
            raise InputRejected(
                "secret",
                found=f"no {name} in the environment of this kernel",
                allowed="secret:NAME",
                action="add --on server, where your secrets are, or set that variable",
            )
        return value

    def connect(self, name: str, port: int) -> socket.socket:
        """A connection from this kernel, which may reach whatever its user may.

        Raises:
            OSError: Nobody answers.
        """
        return socket.create_connection((name, port), CONNECT_SECONDS)

    def progress(self, fraction: float, stage: str) -> None:
        """Show how far the run is."""
        self._progress.update(round(100 * min(max(fraction, 0.0), 1.0)), stage)

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        """Keep a file of the result for as long as the run is kept."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        record = Artefact(
            name=name, media_type=media_type, size_bytes=len(content), digest=digest, title=title
        )
        path = self._root / f"artefact-{len(self._made)}"
        path.write_bytes(content)
        self._made[name] = path
        return record

    def artefact(self, name: str) -> bytes:
        """The content of a file that the run made."""
        if name not in self._made:
            raise Unknown(f"The run made no file '{name}'.")
        return self._made[name].read_bytes()


def run_time() -> datetime:
    """Now, or the fixed moment of a test execution."""
    fixed = os.environ.get(FIXED_TIME_VARIABLE, "")
    try:
        moment = datetime.fromisoformat(fixed) if fixed else datetime.now(UTC)
    except ValueError:
        moment = datetime.now(UTC)
    return moment.astimezone(UTC)
