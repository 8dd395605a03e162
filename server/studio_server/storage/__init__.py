"""The embedded store: transactions, migrations, idempotency keys, the audit chain. See README.md."""

from studio_server.storage.database import Database
from studio_server.storage.errors import (
    CommitFailed,
    DatabaseClosed,
    DatabaseInUse,
    MigrationRefused,
    NestedWrite,
    OutcomeUnknown,
    StorageError,
    StoreBusy,
    UnsafeSetting,
    UnsafeSqlite,
    WritesStopped,
)
from studio_server.storage.tx import Row, Tx

__all__ = [
    "CommitFailed",
    "Database",
    "DatabaseClosed",
    "DatabaseInUse",
    "MigrationRefused",
    "NestedWrite",
    "OutcomeUnknown",
    "Row",
    "StorageError",
    "StoreBusy",
    "Tx",
    "UnsafeSetting",
    "UnsafeSqlite",
    "WritesStopped",
]
