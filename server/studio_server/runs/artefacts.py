"""Files that runs made: kept in a folder or an object storage, given back in part or whole.

Where they are is an fsspec address: the `artefacts` folder beside the books, or `STUDIO_ARTEFACTS_URL`, such
as s3://bucket/studio (with the library for that storage installed). Rows are written with the end of the run,
so a file without a row belongs to nobody and is swept; a row whose file is gone is answered as not there.
"""

# fsspec has no types of its own; what it gives is checked here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportMissingTypeStubs=false

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from studio_server.runs.executor.protocol import ArtefactFile, Outcome
from studio_server.runs.rows import ArtefactRow

PIECE_BYTES = 1 << 18
LOCAL = ("file", "local")


class StorageMissing(OSError):
    """The place for artefacts needs a library that is not installed, or is no address."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"STUDIO_ARTEFACTS_URL cannot be used: {reason}")
        self.reason = reason


class ArtefactStore:
    """The files of all runs. Every method blocks."""

    def __init__(self, folder: Path, url: str | None = None, *, keep_for: timedelta | None = None) -> None:
        """Files are in `folder`, or at `url`; they end after `keep_for`, or never."""
        self._folder = folder
        self._url = url
        self.keep_for = keep_for

    @cached_property
    def _place(self) -> tuple[Any, str]:
        """The file system and the root in it."""
        from fsspec.core import url_to_fs

        try:
            found: tuple[Any, Any] = url_to_fs(self._url or str(self._folder.absolute()))
        except (ImportError, ValueError) as error:
            raise StorageMissing(str(error)) from error
        return found[0], str(found[1]).rstrip("/")

    @cached_property
    def is_local(self) -> bool:
        """Whether files are in a folder of this machine."""
        protocol = self._place[0].protocol
        return any(name in LOCAL for name in ((protocol,) if isinstance(protocol, str) else protocol))

    def keep(self, run_id: str, outcome: Outcome, now: datetime) -> list[ArtefactRow]:
        """Move the files of a run out of its work folder; their rows are written with its end.

        Raises:
            OSError: The storage did not take them; nothing of the run is left there.
        """
        kept: list[ArtefactRow] = []
        expires_at = now + self.keep_for if self.keep_for is not None else None
        try:
            for number, file in enumerate(outcome.artefacts):
                key = f"{run_id}/{number:04d}"
                self._put(file, key)
                kept.append(
                    ArtefactRow(file.name, file.media_type, file.size_bytes, file.digest, key, expires_at)
                )
        except BaseException:
            with contextlib.suppress(OSError):
                self.remove(run_id)
            raise
        return kept

    def is_there(self, row: ArtefactRow) -> bool:
        """Whether the file is there, whole."""
        system, path = self._at(row.path)
        try:
            return int(system.size(path) or 0) == row.size_bytes and bool(system.isfile(path))
        except OSError:
            return False

    def pieces(self, row: ArtefactRow, start: int, end: int) -> Iterator[bytes]:
        """The bytes from `start` up to and without `end`, piece by piece."""
        system, path = self._at(row.path)
        with system.open(path, "rb", block_size=PIECE_BYTES) as file:
            file.seek(start)
            while start < end and (piece := file.read(min(PIECE_BYTES, end - start))):
                start += len(piece)
                yield bytes(piece)

    def remove(self, run_id: str) -> None:
        """Delete all files of a run; there may be none.

        Raises:
            OSError: The storage did not do it.
        """
        system, path = self._at(run_id)
        with contextlib.suppress(FileNotFoundError):
            system.invalidate_cache()
            if system.exists(path):
                system.rm(path, recursive=True)
        if self.is_local and Path(self._place[1]).is_dir():
            _flush(Path(self._place[1]))

    def runs(self) -> list[str]:
        """The ids of all runs that have something here."""
        system, root = self._place
        try:
            system.invalidate_cache()
            found: list[Any] = system.ls(root, detail=False)
        except FileNotFoundError:
            return []
        return sorted(str(path).rstrip("/").rsplit("/", 1)[-1] for path in found)

    def _put(self, file: ArtefactFile, key: str) -> None:
        system, path = self._at(key)
        if not self.is_local:
            system.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
            system.put_file(str(file.path), path)
            return
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        shutil.move(file.path, target)
        target.chmod(0o400)

    def _at(self, key: str) -> tuple[Any, str]:
        """Where a key is. Rows of earlier versions hold the whole path of a file in the folder."""
        system, root = self._place
        short = "/".join(Path(key).parts[-2:]) if key.startswith("/") else key
        return system, f"{root}/{short}"


def with_ends(outcome: Outcome, kept: list[ArtefactRow]) -> Outcome:
    """The outcome whose result says until when each file is kept, whatever the tool said."""
    if outcome.result is None:
        return outcome
    ends = {row.name: row.expires_at for row in kept}
    artefacts = tuple(
        made.model_copy(update={"expires_at": ends.get(made.name)}) for made in outcome.result.artefacts
    )
    return replace(outcome, result=outcome.result.model_copy(update={"artefacts": artefacts}))


def _flush(folder: Path) -> None:
    """Make deletions in this folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
