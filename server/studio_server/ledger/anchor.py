"""The anchor: where the chain stood, kept in a file outside the database.

A chain whose tail was cut off, or a backup that was put back, verifies by itself, but not against the anchor.
Whoever owns the server writes it at start, at most every 60 s, and at the end.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from studio_server.clock import in_utc
from studio_server.storage.audit_chain import GENESIS, ChainHead, head

if TYPE_CHECKING:
    from pathlib import Path

    from studio_server.storage import Store, Tx


class AnchorUnreadable(Exception):
    """The anchor file is there and is not one."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} is not an anchor: {reason}")
        self.path, self.reason = path, reason


@dataclass(eq=False)
class AnchorDisagrees(Exception):
    """The database is older than its anchor, or has another history; the anchor was left as it is."""

    anchored: ChainHead
    found: ChainHead

    def __str__(self) -> str:
        """For people."""
        return (
            f"the books end at {self.found.sequence}, but were anchored at {self.anchored.sequence}"
            f" (hash {self.anchored.hash.hex()[:16]}); restore the right file, or remove the anchor knowingly"
        )


def anchor_path(database_path: Path) -> Path:
    """Where the anchor is kept unless the operator names a better place: beside the database."""
    return database_path.with_name(database_path.name + ".anchor")


def write_anchor(db: Store, path: Path) -> ChainHead:
    """Record where the chain stands now, durably; never backwards.

    Raises:
        AnchorDisagrees: the database does not continue what was anchored; do not serve from it.
        AnchorUnreadable: the old anchor cannot be read, so nothing can be said about it.
    """
    anchored = read_anchor(path)
    found, continues = db.read(lambda tx: (head(tx), anchored is None or continues_from(tx, anchored)))
    if anchored is not None and not continues:
        raise AnchorDisagrees(anchored, found)
    _write_durably(path, _to_text(found, db))
    return found


def read_anchor(path: Path) -> ChainHead | None:
    """The anchored head, or None if there is no anchor.

    Raises:
        AnchorUnreadable: the file is there and is not an anchor.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return ChainHead(int(found["sequence"]), bytes.fromhex(found["hash"]), int(found["count"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AnchorUnreadable(path, str(error)) from error


def continues_from(tx: Tx, anchored: ChainHead) -> bool:
    """Whether the chain in this database has the anchored row, with its hash, and as many rows."""
    if anchored.sequence == 0:
        return anchored.hash == GENESIS
    row = tx.one("SELECT hash FROM audit WHERE sequence = ?", (anchored.sequence,))
    return row is not None and bytes(row[0]) == anchored.hash and head(tx).count >= anchored.count


def _to_text(found: ChainHead, db: Store) -> str:
    written = {
        "sequence": found.sequence,
        "hash": found.hash.hex(),
        "count": found.count,
        "written_at": in_utc(db.clock.now()).isoformat(),
    }
    return json.dumps(written) + "\n"


def _write_durably(path: Path, text: str) -> None:
    """Beside, flushed, then renamed over: a reader sees the old anchor or the new one."""
    beside = path.with_name(path.name + ".new")
    descriptor = os.open(beside, os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        left = text.encode()
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
