"""What a tool sees of its surroundings when it runs in a worker."""

import hashlib
import json
import os
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import Any

from studio_magics.contracts.catalogue import Place
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact
from studio_magics.contracts.secrets import SECRET_PREFIX
from studio_magics.tools.base import InputRejected
from studio_magics.tools.intake import examine
from studio_magics.tools.tunnel import open_tunnel
from studio_server.runs.executor.sentences import MOST_RESULT_BYTES, output_too_large, result_too_large

PROGRESS_DESCRIPTOR = 3
PARTING_DESCRIPTOR = 4
LOGGED_CHARACTERS = 300
MAX_ARTEFACTS = 500


class OutputTooLarge(Exception):
    """Result and artefacts together pass the limit of the run."""

    def __init__(self, found_bytes: int, allowed_bytes: int, told: str = "") -> None:
        super().__init__(told or output_too_large(found_bytes, allowed_bytes))
        self.found_bytes = found_bytes
        self.allowed_bytes = allowed_bytes


class WorkerContext:
    """The `RunContext` of a metered run; every path it knows is inside the run's own folder."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.artefacts: list[dict[str, str]] = []
        self._now = datetime.fromisoformat(job["now"])
        self._files = {digest: str(Path.cwd() / file) for digest, file in job["files"].items()}
        self._folder = Path.cwd()
        self._output_allowed: int = job["output_bytes"]
        self._secrets: dict[str, str] = job.get("secrets", {})
        self._output_bytes = 0
        self._said: tuple[int, str] | None = None
        os.set_inheritable(PROGRESS_DESCRIPTOR, False)
        os.set_inheritable(PARTING_DESCRIPTOR, False)
        os.set_blocking(PROGRESS_DESCRIPTOR, False)

    @property
    def now(self) -> datetime:
        return self._now

    @property
    def place(self) -> Place:
        return "server"

    def path(self, file: InputFile) -> Path:
        """The upload under the name the user gave it, read-only, once the guards have looked at it.

        Raises:
            InputRejected: Nothing was uploaded under this digest, or opening it could be a mistake.
        """
        stored = self._files.get(file.digest)
        if stored is None:
            raise InputRejected(file.name, found="a file that was not uploaded", allowed="an uploaded file")
        named = Path.cwd() / "named" / file.digest[-16:] / file.name
        if not named.exists():
            examine(Path(stored), file.name)
            named.parent.mkdir(parents=True, exist_ok=True)
            named.symlink_to(stored)
        return named

    def secret(self, reference: str) -> str:
        """The value behind `secret:NAME`, for an input that the tool declares in `secret_fields`.

        Raises:
            InputRejected: There is none: it was deleted, or this executor passes none on.
        """
        name = reference.removeprefix(SECRET_PREFIX)
        if not reference.startswith(SECRET_PREFIX) or name not in self._secrets:
            raise InputRejected("secret", found="no such secret for this run", allowed="secret:NAME")
        return self._secrets[name]

    def connect(self, name: str, port: int) -> socket:
        """A connection to a host that the tool declares, through the broker.

        Raises:
            HostRefused: It is not declared, at no public address, or does not answer.
        """
        return open_tunnel(self._folder, name, port)

    def begin(self) -> None:
        """Say that the input was accepted and the tool's own work starts."""
        self.progress(0.0, "starting")

    def progress(self, fraction: float, stage: str) -> None:
        """Say how far it is, when that has changed; a full pipe drops it, for nobody waits for progress."""
        said = (round(100 * min(1.0, max(0.0, fraction))), stage)
        if said == self._said:
            return
        self._said = said
        self._say({"percent": said[0], "stage": stage[:200]})

    def log(self, line: str) -> None:
        """Show a line to whoever follows the run; dropped like progress when nobody takes it."""
        self._say({"log": line[:LOGGED_CHARACTERS]})

    def _say(self, message: dict[str, Any]) -> None:
        try:
            os.write(PROGRESS_DESCRIPTOR, (json.dumps(message) + "\n").encode())
        except OSError:
            return

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        """Keep one file of the result.

        Raises:
            OutputTooLarge: The files together pass the run's limit; this one was not kept.
            ArtefactRefused: The name is taken, or there are too many files.
        """
        if len(self.artefacts) >= MAX_ARTEFACTS:
            raise ArtefactRefused(name, f"more than {MAX_ARTEFACTS} files")
        if any(kept["name"] == name for kept in self.artefacts):
            raise ArtefactRefused(name, "the name is taken")
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        record = Artefact(
            name=name, media_type=media_type, size_bytes=len(content), digest=digest, title=title
        )
        self.account_output(len(content))
        self.check_output()
        file = f"out/{len(self.artefacts):04d}"
        Path(file).write_bytes(content)
        self.artefacts.append({"name": name, "file": file, "media_type": media_type, "title": title})
        return record

    def account_output(self, size_bytes: int) -> None:
        """Count what leaves the run; once too much, it stays too much, also when the tool goes on."""
        self._output_bytes += size_bytes

    def check_result(self, size_bytes: int) -> None:
        """Refuse a result, without its files, that is too large to be shown.

        Raises:
            OutputTooLarge: It is.
        """
        if size_bytes > MOST_RESULT_BYTES:
            raise OutputTooLarge(size_bytes, MOST_RESULT_BYTES, result_too_large(size_bytes))

    def check_output(self) -> None:
        """Refuse when too much has left the run.

        Raises:
            OutputTooLarge: The limit is passed.
        """
        if self._output_bytes > self._output_allowed:
            raise OutputTooLarge(self._output_bytes, self._output_allowed)


class ArtefactRefused(ValueError):
    """A mistake of the tool: this file cannot be kept."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"artefact '{name}': {reason}")
        self.name = name
        self.reason = reason
