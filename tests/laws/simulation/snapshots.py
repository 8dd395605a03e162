"""The state of a memory store, kept and put back: what a crash takes away, what a replay gives again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from studio_server.ids import CountedIds
from studio_server.ledger.memory import MemoryStore


@dataclass(frozen=True)
class Snapshot:
    """Every table, the journal's length and the chain's tip."""

    tables: dict[str, dict[Any, Any]]
    journal: list[Any]
    tip: Any

    @classmethod
    def of(cls, store: MemoryStore) -> Snapshot:
        """What the store holds now."""
        return cls(tables_of(store), list(store.journal), store.tip)

    def put_back(self, store: MemoryStore) -> None:
        """Make the store hold it again; the snapshot can be put back more than once."""
        for name, table in self.tables.items():
            setattr(store.rows, name, _copy(table))
        store.journal[:] = self.journal
        store.tip = self.tip


def tables_of(store: MemoryStore) -> dict[str, dict[Any, Any]]:
    """A copy of every table."""
    return {one.name: _copy(getattr(store.rows, one.name)) for one in fields(store.rows)}


def rebuilt(store: MemoryStore) -> MemoryStore:
    """A new store, from the journal and nothing else."""
    again = MemoryStore(CountedIds(), recorded=store.recorded)
    for command, at, serial in store.journal:
        again.execute(command, at, serial=serial)
    return again


def same_books(one: MemoryStore, other: MemoryStore) -> bool:
    """Every table and the chain are the same."""
    return one.tip == other.tip and tables_of(one) == tables_of(other)


def _copy(table: dict[Any, Any]) -> dict[Any, Any]:
    sample = next(iter(table.values()), None)
    if isinstance(sample, list | set | dict):
        return {key: type(value)(value) for key, value in table.items()}
    return dict(table)
