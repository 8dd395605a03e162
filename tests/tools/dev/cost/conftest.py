"""A run context on a temporary folder, for calling the tool as kernel and worker do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact
from studio_magics.tools.base import RunCancelled
from studio_magics.tools.dev.cost import TOOL
from studio_magics.tools.dev.cost.tool import CostInput


@dataclass
class FolderContext:
    """Files by content, a fixed clock, and everything the tool reported."""

    folder: Path
    place: str = "kernel"
    now: datetime = datetime(2025, 7, 1, tzinfo=UTC)
    cancels_at: float = 2.0
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, content: bytes) -> InputFile:
        """Store a content as an upload would."""
        digest = sha256(content).hexdigest()
        (self.folder / f"{digest}{Path(name).suffix}").write_bytes(content)
        return InputFile(digest=f"sha256:{digest}", name=name, size_bytes=len(content))

    def path(self, file: InputFile) -> Path:
        return self.folder / f"{file.digest.removeprefix('sha256:')}{Path(file.name).suffix}"

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append((fraction, stage))
        if fraction >= self.cancels_at:
            raise RunCancelled

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        self.artefacts[name] = content
        digest = f"sha256:{sha256(content).hexdigest()}"
        return Artefact(name=name, media_type=media_type, size_bytes=len(content), digest=digest, title=title)


@pytest.fixture
def context(tmp_path):
    return FolderContext(tmp_path)


@pytest.fixture
def price(context):
    """Price a YAML text with options."""

    def call(text, **options):
        return TOOL.run(CostInput(architecture=text, **options), context)

    return call
