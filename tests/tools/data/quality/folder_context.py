"""A run's surroundings for tests: inputs and artefacts are files in one folder, the clock stands still."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from studio_magics.contracts.catalogue import Place
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact
from studio_magics.tools.base import RunCancelled

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class FolderContext:
    """`RunContext` over a folder; keeps what it was told."""

    folder: Path
    now: datetime = NOON
    place: Place = "server"
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)
    cancel_at: float = 2.0

    def put(self, name: str, content: bytes | str) -> InputFile:
        raw = content.encode() if isinstance(content, str) else content
        (self.folder / name).write_bytes(raw)
        return InputFile(digest=digest_of(raw), name=name, size_bytes=len(raw))

    def path(self, file: InputFile) -> Path:
        return self.folder / file.name

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append((fraction, stage))
        if fraction >= self.cancel_at:
            raise RunCancelled

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        self.artefacts[name] = content
        return Artefact(
            name=name, media_type=media_type, size_bytes=len(content), digest=digest_of(content), title=title
        )
