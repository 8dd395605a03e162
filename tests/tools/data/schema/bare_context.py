"""The least a run needs of its surroundings; also used in fresh processes."""

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from studio_magics.contracts.results import Artefact


@dataclass
class FolderContext:
    folder: Path
    place: str = "server"
    now: datetime = datetime(2025, 7, 1, tzinfo=UTC)

    def path(self, file):
        return self.folder / f"{file.digest.removeprefix('sha256:')}{Path(file.name).suffix}"

    def progress(self, fraction, stage):
        pass

    def add_artefact(self, name, media_type, content, *, title=""):
        digest = f"sha256:{sha256(content).hexdigest()}"
        return Artefact(name=name, media_type=media_type, size_bytes=len(content), digest=digest, title=title)
