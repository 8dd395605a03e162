"""A run's surroundings for tests: files in one folder, a clock that stands still."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_magics.contracts.catalogue import Place
from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, Finding, ToolResult
from studio_magics.tools.base import RunCancelled
from studio_magics.tools.data.quality import TOOL

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


@pytest.fixture
def context(tmp_path: Path) -> FolderContext:
    return FolderContext(tmp_path)


@pytest.fixture
def assess(context: FolderContext) -> Callable[..., ToolResult]:
    """Run the tool on a text with options, for example `key="id"`."""

    def run(content: str | bytes, *, name: str = "data.csv", **options: object) -> ToolResult:
        inputs = TOOL.input_model.model_validate({"data": context.put(name, content), **options})
        return TOOL.run(inputs, context)

    return run


@pytest.fixture
def finding() -> Callable[..., Finding | None]:
    """The finding with this code on this column, or None."""

    def find(result: ToolResult, code: str, where: str = "") -> Finding | None:
        return next((one for one in result.findings if one.code == code and where in ("", one.where)), None)

    return find
