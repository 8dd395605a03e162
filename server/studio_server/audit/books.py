"""Looking into the books from outside a server: one snapshot of either engine, that cannot write."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from studio_server.storage import readers
from studio_server.storage.errors import StoreUnsuited
from studio_server.storage.opening import POSTGRES, SQLITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_server.clock import Clock
    from studio_server.storage import Tx

T = TypeVar("T")


class BooksNotThere(FileNotFoundError):
    """There is no database at this place; none was made."""

    def __init__(self, place: str) -> None:
        super().__init__(f"there are no books at {place}")
        self.place = place


@dataclass(frozen=True)
class BooksAt:
    """Where the books are: at `url`, or in the SQLite file at `path`. Works beside a running server."""

    path: Path
    clock: Clock
    url: str | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The place as it may be shown: without a password."""
        if self._is_postgres:
            from studio_server.storage.postgres.address import address_of

            return address_of(self.url or "").name
        return str(self._file)

    def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on one consistent snapshot.

        Raises:
            BooksNotThere, StorageError, apsw.Error: they cannot be read.
        """
        if self._is_postgres:
            return self._read_postgres(work)
        if not self._file.is_file():
            raise BooksNotThere(self.name)
        with readers.snapshot(self._file, self.clock.now()) as tx:
            return work(tx)

    def _read_postgres(self, work: Callable[[Tx], T]) -> T:
        import psycopg

        from studio_server.storage.postgres.address import address_of
        from studio_server.storage.postgres.readers import PostgresReaders

        lent = PostgresReaders(address_of(self.url or ""), self.clock, {})
        try:
            return lent.read(work, self.clock.now())
        except psycopg.Error as error:
            reason = f"cannot be read ({type(error).__name__})"
            raise StoreUnsuited(self.name, reason, "name a database that holds books") from error
        finally:
            lent.close()

    @property
    def _is_postgres(self) -> bool:
        return self.url is not None and self.url.startswith(POSTGRES)

    @property
    def _file(self) -> Path:
        return self.path if self.url is None else Path(self.url.removeprefix(SQLITE))
