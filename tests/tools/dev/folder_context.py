"""The least a run needs of its surroundings, and all it reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from studio_magics.contracts.inputs import InputFile, InputFolder
from studio_magics.contracts.results import Artefact


@dataclass
class FolderContext:
    """Files by content, a fixed clock, and everything the tool reported."""

    folder: Path
    place: str = "kernel"
    now: datetime = datetime(2026, 3, 1, tzinfo=UTC)
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

    def path(self, file: InputFile) -> Path:
        path = self.folder / f"{file.digest.removeprefix('sha256:')}{Path(file.name).suffix}"
        if not path.exists():
            path.write_bytes(next(self.folder.glob(f"{path.stem}*")).read_bytes())
        return path

    def progress(self, fraction: float, stage: str) -> None:
        self.stages.append((fraction, stage))

    def add_artefact(self, name: str, media_type: str, content: bytes, *, title: str = "") -> Artefact:
        self.artefacts[name] = content
        digest = f"sha256:{sha256(content).hexdigest()}"
        return Artefact(name=name, media_type=media_type, size_bytes=len(content), digest=digest, title=title)


def assert_forecast_is_near(module: str, inputs, context: FolderContext) -> None:
    """Run the tool as a server does and compare what was metered with its forecast."""
    from importlib import import_module

    from fakes.measuring import assert_near, warm_run

    tool = import_module(module).TOOL
    forecast = tool.forecast(inputs)
    cpu_ms, peak_bytes = warm_run(tool.id, inputs, context.path)
    print(f"forecast {forecast.cpu_ms} ms, {forecast.peak_bytes}; used {cpu_ms:.0f} ms, {peak_bytes}")
    assert_near(forecast, cpu_ms, peak_bytes)
