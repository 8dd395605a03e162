"""Deletes uploads that nothing has needed for long, those that were never finished, and stray files."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from studio_server.runs import upload_rows
from studio_server.runs.uploads import Uploads
from studio_server.storage.store import Store
from studio_server.storage.tx import Tx

AT_ONCE = 200
STRAY_SECONDS = 86_400
"""A file without a row that nothing has written to for so long belongs to no request."""


@dataclass(frozen=True)
class Kept:
    """How long what is kept."""

    uploads: timedelta
    partial_uploads: timedelta


class UploadSweep:
    """Sweeps the uploads of everybody. Doing it again, after a crash or on two servers, changes nothing."""

    def __init__(self, db: Store, uploads: Uploads, folder: Path, kept: Kept) -> None:
        self._db = db
        self._uploads = uploads
        self._folder = folder
        self._kept = kept

    def sweep(self) -> int:
        """Delete what is due and tell how many uploads that were; blocks."""
        now = self._db.clock.now()
        unused, left = now - self._kept.uploads, now - self._kept.partial_uploads
        due, begun = self._db.read(
            lambda tx: (
                upload_rows.unused_since(tx, unused, limit=AT_ONCE),
                upload_rows.left_since(tx, left, limit=AT_ONCE),
            )
        )
        for user_id, digest in due:
            self._db.write_blocking(lambda tx, who=user_id, what=digest: self._unused(tx, who, what, unused))
        for user_id, digest in begun:
            self._db.write_blocking(lambda tx, who=user_id, what=digest: self._left(tx, who, what, left))
        self._sweep_strays()
        return len(due) + len(begun)

    def _unused(self, tx: Tx, user_id: str, digest: str, at: datetime) -> None:
        """The file goes in the same transaction: who sends the content now waits, and writes it anew."""
        if upload_rows.delete_unused(tx, user_id, digest, at):
            self._uploads.path(user_id, digest).unlink(missing_ok=True)

    def _left(self, tx: Tx, user_id: str, digest: str, at: datetime) -> None:
        if upload_rows.delete_left(tx, user_id, digest, at):
            self._uploads.partial_path(user_id, digest).unlink(missing_ok=True)

    def _sweep_strays(self) -> None:
        """Files that a crash left: under a passing name, or under a digest whose row is gone."""
        before = time.time() - STRAY_SECONDS
        for path in self._folder.glob("*/*"):
            try:
                stray = path.stat().st_mtime < before and not self._has_row(path)
            except FileNotFoundError:
                continue
            if stray:
                path.unlink(missing_ok=True)

    def _has_row(self, path: Path) -> bool:
        user_id, name = path.parent.name, path.name
        digest = "sha256:" + name.removeprefix(".partial-")
        find = upload_rows.partial if name.startswith(".partial-") else upload_rows.size_of
        return self._db.read(lambda tx: find(tx, user_id, digest)) is not None
