"""Books in PostgreSQL: several replicas of the server beside each other, one writer thread in each.

Owns: opening safely. Does not own: writing and reading, which every `Store` does alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from studio_server.storage.errors import StoreUnsuited
from studio_server.storage.postgres.address import address_of
from studio_server.storage.postgres.connection import connect_writer, warn_unless_flushed
from studio_server.storage.postgres.migrating import migrate
from studio_server.storage.postgres.objects import expected_objects
from studio_server.storage.postgres.readers import PostgresReaders
from studio_server.storage.postgres.session import PostgresSession
from studio_server.storage.schema import packaged_migrations
from studio_server.storage.store import Store
from studio_server.storage.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from studio_server.clock import Clock
    from studio_server.storage.postgres.address import Address
    from studio_server.storage.postgres.connection import Connection
    from studio_server.storage.schema import Migration
    from studio_server.storage.store import ReadSessions


class PostgresDatabase(Store):
    """One open PostgreSQL database. Make it with `PostgresDatabase.open`; end it with `close`."""

    def __init__(self, address: Address, clock: Clock, expected: Mapping[str, str]) -> None:
        self._address = address
        self._expected = expected
        self.clock = clock
        super().__init__(address.name, clock, *self._connections())

    @classmethod
    def open(
        cls, url: str, *, clock: Clock, migrations: Sequence[Migration] | None = None
    ) -> PostgresDatabase:
        """Connect to the database at `url`, bring its schema up to date, and start a writer.

        The role must be allowed to create schemas in the database.

        Raises:
            AddressInvalid, StoreUnreachable, StoreUnsuited: there is no database to be used at this address.
            UnsafeSetting: acknowledged writes would not be safe here.
            MigrationRefused: the database and this program do not fit together.
        """
        address = address_of(url)
        scripts = packaged_migrations("postgresql") if migrations is None else migrations
        with connect_writer(address) as connection:
            warn_unless_flushed(connection, address)
            expected = _up_to_date(connection, address, scripts, clock)
        return cls(address, clock, expected)

    def _connections(self) -> tuple[Writer, ReadSessions]:
        session = PostgresSession(self._address, self.clock, self._expected)
        try:
            readers = PostgresReaders(self._address, self.clock, self._expected)
        except BaseException:
            session.close()
            raise
        return Writer(session, self._address.name), readers

    def _earliest(self, writer: Writer) -> datetime:
        """Readers add the server's own clock, so that all replicas agree."""
        return writer.recorded

    def _release(self) -> None:
        """Nothing keeps other replicas out."""


def _up_to_date(
    connection: Connection, address: Address, scripts: Sequence[Migration], clock: Clock
) -> Mapping[str, str]:
    """Bring the schema up to date and tell what it should hold from now on."""
    try:
        migrate(connection, scripts, clock.now())
        return expected_objects(connection, scripts)
    except psycopg.errors.InsufficientPrivilege as refused:
        raise StoreUnsuited(
            address.name,
            "does not let this role create what the books need",
            "as its owner: GRANT CREATE ON DATABASE … TO …, and let one role own the schema studio",
        ) from refused
