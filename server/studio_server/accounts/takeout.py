"""Everything the server holds about one person, as one archive. Reads; changes nothing."""

import json
import tempfile
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from studio_server import __version__
from studio_server.accounts.archive import ArchiveWriter
from studio_server.accounts.people import User
from studio_server.accounts.takeout_tables import TABLES, Table
from studio_server.clock import from_microseconds
from studio_server.ledger.history import LATEST
from studio_server.storage.errors import StoreBusy
from studio_server.storage.store import Store
from studio_server.storage.tx import Row, Tx

MOST_BYTES = 256_000_000
"""Of all files of one archive, before they are packed."""
IN_MEMORY_BYTES = 8_000_000
AT_THE_SAME_TIME = 2
FORMAT = "studio-takeout/1"
EXPLAINED = """\
What this server holds about you.

json/     each table as a list of records; times are RFC 3339 in UTC, amounts whole credits
csv/      the same tables for spreadsheets; a text that could be taken for a formula begins with an apostrophe
manifest.json   SHA-256 and size of every file
manifest.hmac   HMAC-SHA256 of the manifest, by the server's key

profile, plan, plan_changes, tokens, alert_settings   who you are to this server, and what you chose
alerts, notices   what it told you
periods, limits, grants, lots, holds, statement, transfers, entries   your books
runs, receipts   what you ran, with inputs and results, and what it cost
artefacts, uploads, partial_uploads   which files there are; fetch them with %studio or over HTTP
secrets   the names of secrets and when they were used; a value is never given back

`studio-server export --check FILE`, on the server's machine, tells whether an archive was changed.
"""


class Takeout:
    """Makes archives; at most two at a time."""

    def __init__(self, db: Store, key: bytes, *, most_bytes: int = MOST_BYTES) -> None:
        self._db = db
        self._key = key
        self._most_bytes = most_bytes
        self._places = threading.Semaphore(AT_THE_SAME_TIME)

    def archive(self, user: User) -> IO[bytes]:
        """The archive of this user, at its beginning: in memory, or a nameless file if large. Blocks.

        The same books give the same bytes.

        Raises:
            ArchiveTooLarge: It would be larger than allowed.
            StoreBusy: Two are being made already.
        """
        if not self._places.acquire(blocking=False):
            raise StoreBusy(self._db.place, "place for another export", AT_THE_SAME_TIME)
        try:
            file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, dir=_folder(self._db))  # noqa: SIM115  - handed on
            try:
                self._db.read(lambda tx: self._write(tx, user, file))
            except BaseException:
                file.close()
                raise
            file.seek(0)
            return file
        finally:
            self._places.release()

    def _write(self, tx: Tx, user: User, file: IO[bytes]) -> None:
        with ArchiveWriter(file, self._key, most_bytes=self._most_bytes) as writer:
            writer.text("README.txt", EXPLAINED)
            for table in TABLES:
                key = user.id if table.of == "user" else user.wallet_id
                writer.table(table.name, table.columns, Rows(tx, table, key))
            writer.sign(_about(tx, user))


@dataclass(frozen=True)
class Rows(Iterable[Sequence[Any]]):
    """The rows of one table of one person; asked again, the query runs again on the same snapshot."""

    tx: Tx
    table: Table
    key: str

    def __iter__(self) -> Iterator[Sequence[Any]]:
        """Rows as they are exported, one at a time."""
        for row in self.tx.stream(self.table.sql(self.tx.engine), (self.key,)):
            yield self._exported(row)

    def _exported(self, row: Row) -> Sequence[Any]:
        return [
            _instant(value)
            if name.endswith("_at")
            else json.loads(value)
            if name in self.table.json_columns and value is not None
            else value
            for name, value in zip(self.table.columns, row, strict=True)
        ]


def _about(tx: Tx, user: User) -> dict[str, Any]:
    latest = tx.one(
        f"SELECT sequence, recorded_us FROM effects WHERE sequence = {LATEST}",  # noqa: S608  - constant text
        (user.wallet_id,),
    )
    sequence, recorded = latest or (None, None)
    return {
        "format": FORMAT,
        "server_version": __version__,
        "user_id": user.id,
        "last_statement_sequence": sequence,
        "last_recorded_at": _instant(recorded),
    }


def _folder(db: Store) -> str | None:
    """Beside the database, so that an export leaves nothing on another disk."""
    parent = Path(str(db.place)).parent
    return str(parent) if parent.is_dir() else None


def _instant(microseconds: int | None) -> str | None:
    return None if microseconds is None else from_microseconds(microseconds).isoformat()
