"""Opening the books wherever the operator keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from studio_server.storage.database import Database
from studio_server.storage.errors import AddressInvalid

if TYPE_CHECKING:
    from studio_server.clock import Clock
    from studio_server.storage.store import Store

SQLITE = "sqlite:///"
POSTGRES = ("postgresql://", "postgres://")


def open_database(url: str | None, path: Path, clock: Clock) -> Store:
    """Open the database at `url`; without one, the SQLite file at `path`.

    Raises:
        StorageError: it cannot be used; the message says why and what to do.
    """
    if not url:
        return Database.open(path, clock=clock)
    if url.startswith(SQLITE):
        return Database.open(Path(url.removeprefix(SQLITE)), clock=clock)
    if not url.startswith(POSTGRES):
        raise AddressInvalid("its scheme is neither postgresql nor sqlite")
    try:
        from studio_server.storage.postgres.database import PostgresDatabase
    except ImportError as missing:
        raise AddressInvalid("PostgreSQL needs the extra studio-magics[postgres]") from missing
    return PostgresDatabase.open(url, clock=clock)
