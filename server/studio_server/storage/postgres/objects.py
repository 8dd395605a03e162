"""What the migrations make in PostgreSQL, told from its catalogue, so that a change behind our back is seen.

The expectation is made by running the scripts in a schema of their own inside a transaction that is rolled
back: it comes from this program and the same server, so neither a stored fingerprint nor another version's
way of writing definitions can mislead it.
"""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from studio_server.storage.postgres.migrating import run_script
from studio_server.storage.postgres.tx import PostgresTx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from studio_server.storage.postgres.connection import Connection
    from studio_server.storage.schema import Migration
    from studio_server.storage.tx import Tx

OBJECTS = """
WITH here AS (SELECT current_schema()::text::regnamespace AS id)
SELECT 'table ' || c.relname, string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
    o.collname, CASE WHEN a.attnotnull THEN 'NOT NULL' END, pg_get_expr(d.adbin, d.adrelid)), ', '
    ORDER BY a.attnum)
FROM here JOIN pg_class c ON c.relnamespace = here.id AND c.relkind IN ('r', 'p')
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_collation o ON o.oid = a.attcollation
GROUP BY c.oid, c.relname
UNION ALL
SELECT 'constraint ' || t.relname || '.' || k.conname, concat_ws(' ', pg_get_constraintdef(k.oid, true),
    k.convalidated, (SELECT string_agg(DISTINCT g.tgenabled::text, '') FROM pg_trigger g
    WHERE g.tgconstraint = k.oid))
FROM here JOIN pg_constraint k ON k.connamespace = here.id JOIN pg_class t ON t.oid = k.conrelid
UNION ALL
SELECT 'index ' || c.relname, concat_ws(' ', pg_get_indexdef(i.indexrelid, 0, true), i.indisvalid)
FROM here JOIN pg_class c ON c.relnamespace = here.id JOIN pg_index i ON i.indexrelid = c.oid
UNION ALL
SELECT 'trigger ' || g.tgname, pg_get_triggerdef(g.oid, true) || ' ' || g.tgenabled::text
FROM here JOIN pg_class t ON t.relnamespace = here.id
JOIN pg_trigger g ON g.tgrelid = t.oid AND NOT g.tgisinternal
UNION ALL
SELECT 'view ' || c.relname, pg_get_viewdef(c.oid, true)
FROM here JOIN pg_class c ON c.relnamespace = here.id AND c.relkind = 'v'
UNION ALL
SELECT 'function ' || p.proname, p.prosrc FROM here JOIN pg_proc p ON p.pronamespace = here.id
"""
"""Name and definition of everything in the schema, as the catalogue has it."""

_known: dict[tuple[int, tuple[str, ...]], dict[str, str]] = {}
_known_guard = Lock()


def expected_objects(connection: Connection, migrations: Sequence[Migration]) -> dict[str, str]:
    """What these scripts make, by name: tables, views, constraints, indexes, triggers, functions."""
    key = (connection.info.server_version, tuple(migration.sha256 for migration in migrations))
    with _known_guard:
        if key not in _known:
            _known[key] = _made(connection, migrations)
        return _known[key]


def expected_and_found(tx: Tx) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """What the schema should hold and what it holds, by name, in the snapshot of `tx`."""
    expected = tx.expected_objects if isinstance(tx, PostgresTx) else {"the schema": "cannot be compared"}
    return expected, dict(tx.execute(OBJECTS))


def _made(connection: Connection, migrations: Sequence[Migration]) -> dict[str, str]:
    schema = f"studio_expected_{connection.info.backend_pid}"
    connection.execute(
        f"BEGIN READ WRITE; CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}, pg_temp".encode(),
        prepare=False,
    )
    try:
        for migration in migrations:
            run_script(connection, migration)
        return dict(connection.execute(OBJECTS.encode()).fetchall())
    finally:
        connection.execute(b"ROLLBACK", prepare=False)
