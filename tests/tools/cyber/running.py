"""Surroundings for tools of the cyber studio: files in a folder, a clock that stands, fresh processes."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from studio_magics.contracts.inputs import InputFile
from studio_magics.contracts.results import Artefact, ToolResult
from studio_magics.tools.base import RunCancelled, ToolInput
from studio_magics.tools.catalog import load

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from running import FolderContext
from studio_magics.tools.catalog import load
tool = load(sys.argv[2])
inputs = tool.input_model.model_validate_json(Path(sys.argv[3]).read_text())
context = FolderContext(Path(sys.argv[3]).parent, place="server")
print(tool.run(inputs, context).model_dump_json())
"""


@dataclass
class FolderContext:
    """`RunContext` over a folder; keeps what it was told."""

    folder: Path
    place: str = "kernel"
    now: datetime = NOON
    cancels_at: float = 2.0
    stages: list[tuple[float, str]] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)

    def keep(self, name: str, content: bytes | str) -> InputFile:
        """Store a content as an upload would."""
        raw = content.encode() if isinstance(content, str) else content
        digest = sha256(raw).hexdigest()
        (self.folder / f"{digest}{Path(name).suffix}").write_bytes(raw)
        return InputFile(digest=f"sha256:{digest}", name=name, size_bytes=len(raw))

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


def run_example(tool_id: str, context: FolderContext, **more: object) -> ToolResult:
    """Run the documented example of a tool with a cell body."""
    tool = load(tool_id)
    body = tool.example.split("\n", 1)[1]
    return tool.run(tool.input_model.model_validate({tool.cell_field: body, **more}), context)


def child_arguments(tool_id: str, context: FolderContext, inputs: object) -> list[str]:
    """Arguments of a Python that runs the tool once, as a worker on a server does."""
    place = context.folder / "inputs.json"
    place.write_text(inputs.model_dump_json())
    return ["-c", CHILD, str(Path(__file__).parent), tool_id, str(place)]


def on_a_server(tool_id: str, context: FolderContext, inputs: object) -> ToolResult:
    """The result of a fresh process."""
    command = [sys.executable, *child_arguments(tool_id, context, inputs)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return ToolResult.model_validate_json(answer.stdout)


def table(result: ToolResult, title: str) -> list[tuple[object, ...]]:
    """The rows of the table with this title."""
    return list(next(one for one in result.tables if one.title == title).rows)


def assert_forecast_is_near(tool_id: str, context: FolderContext, inputs: ToolInput) -> None:
    """CPU and peak memory of a metered run against the forecast; both are printed."""
    from fakes.measuring import assert_near, warm_run

    cpu_ms, peak_bytes = warm_run(tool_id, inputs, context.path)
    expected = load(tool_id).forecast(inputs)
    print(f"{tool_id}: measured {cpu_ms} ms, {peak_bytes / 1e6:.0f} MB; forecast {expected}")
    assert_near(expected, cpu_ms, peak_bytes)
