"""Whether the schema still reads as the migrations made it: a trigger that was dropped guards nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from studio_server.storage.errors import MigrationRefused
from studio_server.storage.schema import NEWER, OBJECTS, expected_objects, packaged_migrations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from studio_server.storage.tx import Tx


def changed_objects(tx: Tx) -> Iterator[tuple[str, str]]:
    """Every table, index, trigger (and on PostgreSQL constraint and function) that differs, and how."""
    expected, found = _expected_and_found(tx)
    for name, definition in expected.items():
        if found.get(name) != definition:
            yield name, "is missing" if name not in found else "was changed"


def refuse_newer(tx: Tx) -> None:
    """For whoever reads books without bringing them up to date: a later program may keep them otherwise.

    Raises:
        MigrationRefused: the books are newer than this program, which cannot judge them.
    """
    known = {migration.number for migration in packaged_migrations(tx.engine)}
    unknown = [row[0] for row in tx.execute("SELECT number FROM migrations") if row[0] not in known]
    if unknown:
        raise MigrationRefused(max(unknown), NEWER)


def _expected_and_found(tx: Tx) -> tuple[Mapping[str, str], Mapping[str, str]]:
    if tx.engine == "postgresql":
        from studio_server.storage.postgres.objects import expected_and_found

        return expected_and_found(tx)
    numbers = {row[0] for row in tx.execute("SELECT number FROM migrations")}
    applied = tuple(migration for migration in packaged_migrations() if migration.number in numbers)
    return expected_objects(applied), dict(tx.execute(OBJECTS))
