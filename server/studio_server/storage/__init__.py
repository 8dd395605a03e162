"""The store: transactions, migrations, idempotency keys, the audit chain. See README.md."""

from studio_server.storage.database import Database
from studio_server.storage.errors import (
    AddressInvalid,
    CommitFailed,
    DatabaseClosed,
    DatabaseInUse,
    DiskFailed,
    MigrationRefused,
    NestedWrite,
    OutcomeUnknown,
    StorageError,
    StoreBusy,
    StoreUnreachable,
    StoreUnsuited,
    TransactionBroken,
    UnsafeSetting,
    UnsafeSqlite,
    WritesStopped,
)
from studio_server.storage.opening import open_database
from studio_server.storage.store import Store
from studio_server.storage.tx import Row, Tx

__all__ = [
    "AddressInvalid",
    "CommitFailed",
    "Database",
    "DatabaseClosed",
    "DatabaseInUse",
    "DiskFailed",
    "MigrationRefused",
    "NestedWrite",
    "OutcomeUnknown",
    "Row",
    "StorageError",
    "Store",
    "StoreBusy",
    "StoreUnreachable",
    "StoreUnsuited",
    "TransactionBroken",
    "Tx",
    "UnsafeSetting",
    "UnsafeSqlite",
    "WritesStopped",
    "open_database",
]
