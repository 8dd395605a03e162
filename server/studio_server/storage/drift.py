"""Whether the schema still reads as the migrations made it: a trigger that was dropped guards nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.storage.schema import OBJECTS, expected_objects, packaged_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_server.storage.tx import Tx


def changed_objects(tx: Tx) -> Iterator[tuple[str, str]]:
    """Every table, index, trigger (and on PostgreSQL constraint and function) that differs, and how."""
    expected, found = _expected_and_found(tx)
    for name, definition in expected.items():
        if found.get(name) != definition:
            yield name, "is missing" if name not in found else "was changed"


def _expected_and_found(tx: Tx) -> tuple[Mapping[str, str], Mapping[str, str]]:
    if tx.engine == "postgresql":
        from studio_server.storage.postgres.objects import expected_and_found

        return expected_and_found(tx)
    numbers = {row[0] for row in tx.execute("SELECT number FROM migrations")}
    applied = tuple(migration for migration in packaged_migrations() if migration.number in numbers)
    return expected_objects(applied), dict(tx.execute(OBJECTS))
