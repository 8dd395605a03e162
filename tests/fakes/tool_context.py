"""What a run may ask of its surroundings, over a temporary folder; keeps what it was told."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.contracts.results import Artefact
from studio_magics.tools.base import RunCancelled

if TYPE_CHECKING:
    from studio_magics.tools.base import ToolInput

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def digest_of(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class KeptContext:
    """`RunContext` for tests; cancels at `cancel_at`."""

    folder: Path
    now: datetime = NOON
    place: str = "server"
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)
    cancel_at: float = 2.0

    def put(self, name: str, content: bytes | str) -> InputFile:
        raw = content.encode() if isinstance(content, str) else content
        digest = digest_of(raw)
        self._at(digest, name).write_bytes(raw)
        return InputFile(digest=digest, name=name, size_bytes=len(raw))

    def put_folder(self, contents: dict[str, bytes | str], name: str = "project") -> InputFolder:
        files = tuple(self.put(file, content) for file, content in sorted(contents.items()))
        return InputFolder(name=name, files=files)

    def path(self, file: InputFile) -> Path:
        return self._at(file.digest, file.name)

    def _at(self, digest: str, name: str) -> Path:
        endings = "".join(Path(name).suffixes[-2:]) if name.endswith(".gz") else Path(name).suffix
        return self.folder / f"{digest.removeprefix('sha256:')}{endings}"

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append((fraction, stage))
        if fraction >= self.cancel_at:
            raise RunCancelled

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        self.artefacts[name] = content
        return Artefact(
            name=name, media_type=media_type, size_bytes=len(content), digest=digest_of(content), title=title
        )


def metered_run(tool_id: str, inputs: ToolInput, context: KeptContext) -> tuple[int, int]:
    """CPU milliseconds and peak bytes of a run of the tool on these inputs, as a server meters it."""
    from fakes.measuring import warm_run

    return warm_run(tool_id, inputs, context.path)
