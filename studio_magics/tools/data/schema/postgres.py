"""Reads a PostgreSQL database in one read-only transaction with a limit on every statement."""
# The reflection of SQLAlchemy returns partly typed dictionaries.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from studio_magics.tools.base import InputRejected
from studio_magics.tools.data.schema.facts import (
    ColumnFacts,
    ForeignKey,
    IndexFacts,
    Kind,
    Opened,
    Schema,
    TableFacts,
    actions_of,
)
from studio_magics.tools.tabular.identifiers import quoted

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine, Inspector
    from sqlalchemy.engine import URL
    from sqlalchemy.engine.interfaces import ReflectedColumn

STATEMENT_TIMEOUT_MS = 30_000
CONNECT_TIMEOUT_SECONDS = 10
SHOWN_PARTITIONS = 10


class PostgresStore:
    """One connection in a read-only transaction."""

    def __init__(self, engine: Engine, connection: Connection, schema: str, secrets: tuple[str, ...]) -> None:
        self._engine = engine
        self._connection = connection
        self._schema = schema
        self._secrets = secrets

    def relation(self, table: str) -> str:
        """The quoted table in its schema."""
        return f"{quoted(self._schema)}.{quoted(table)}"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of one statement.

        Raises:
            InputRejected: The server refuses it, or it takes longer than the limit.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            return [
                tuple(row) for row in self._connection.exec_driver_sql(sql, execution_options=_NO_PARAMETERS)
            ]
        except SQLAlchemyError as error:
            raise _refused(error, self._secrets) from None

    def close(self) -> None:
        """End the transaction and the connection."""
        with suppress(Exception):
            self._connection.rollback()
        self._connection.close()
        self._engine.dispose()


_NO_PARAMETERS = {"no_parameters": True}


def open_postgres(url: URL, *, schema: str) -> Opened:
    """Connect and read the schema.

    Raises:
        InputRejected: No connection, no such schema, or no right to read; never repeats the password.
    """
    from sqlalchemy import create_engine, inspect
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.pool import NullPool

    secrets = (url.password,) if url.password else ()
    options = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    try:
        engine = create_engine(
            url.set(drivername="postgresql+psycopg"),
            poolclass=NullPool,
            hide_parameters=True,
            connect_args={"options": options, "connect_timeout": CONNECT_TIMEOUT_SECONDS},
        )
        connection = engine.connect().execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        _read_dates_as_text(connection)
        store = PostgresStore(engine, connection, schema, secrets)
    except SQLAlchemyError as error:
        raise _refused(error, secrets) from None
    try:
        return Opened(_read(inspect(connection), connection, url, schema), store)
    except SQLAlchemyError as error:
        store.close()
        raise _refused(error, secrets) from None
    except BaseException:
        store.close()
        raise


def _read_dates_as_text(connection: Connection) -> None:
    """'infinity' and years before Christ are dates there and none in Python; they are only compared here."""
    from psycopg.types.string import TextLoader

    adapters = connection.connection.driver_connection.adapters  # pyright: ignore[reportOptionalMemberAccess]  - just opened
    for name in ("date", "timestamp", "timestamptz", "interval"):
        adapters.register_loader(name, TextLoader)


def _refused(error: Exception, secrets: tuple[str, ...]) -> InputRejected:
    cause = str(getattr(error, "orig", None) or error).strip().splitlines()
    first = cause[0] if cause else type(error).__name__
    for secret in secrets:
        first = first.replace(secret, "***")
    timed_out = "statement timeout" in first
    return InputRejected(
        "url",
        found=f"PostgreSQL answered: {first[:300]}",
        allowed=f"a reachable database, statements within {STATEMENT_TIMEOUT_MS // 1000} s",
        action="Inspect a smaller schema with schema_name"
        if timed_out
        else "Check host, name, user and rights",
    )


def _read(inspector: Inspector, connection: Connection, url: URL, schema: str) -> Schema:
    known = [name for name in inspector.get_schema_names() if name != "information_schema"]
    if schema not in known:
        raise InputRejected("schema_name", found=f"'{schema}'", allowed=", ".join(sorted(known)))
    version = connection.exec_driver_sql("SHOW server_version").scalar_one()
    partitions = _partitions(connection, schema)
    names = sorted(set(inspector.get_table_names(schema)) - set(partitions))
    written = _written_types(connection, schema)
    return Schema(
        engine="postgresql",
        engine_version=str(version).split(" ", 1)[0],
        name=url.database or "",
        tables=tuple(_table(inspector, name, schema, written) for name in names),
        views=tuple(sorted(inspector.get_view_names(schema))),
        notes=(f"Partitions were looked at as part of their table: {_listed(partitions)}.",)
        if partitions
        else (),
    )


def _listed(names: list[str]) -> str:
    more = len(names) - SHOWN_PARTITIONS
    return ", ".join(names[:SHOWN_PARTITIONS]) + (f" and {more:,} more" if more > 0 else "")


def _partitions(connection: Connection, schema: str) -> list[str]:
    """Tables whose rows are rows of another one."""
    found = connection.exec_driver_sql(
        "SELECT relname FROM pg_class WHERE relispartition AND relkind IN ('r', 'p') "
        "AND relnamespace = %s::regnamespace ORDER BY 1",
        (quoted(schema),),
    )
    return [str(name) for (name,) in found]


def _written_types(connection: Connection, schema: str) -> dict[tuple[str, str], str]:
    """Table and column to the type as PostgreSQL itself writes it."""
    found = connection.exec_driver_sql(
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = %s::regnamespace "
        "AND a.attnum > 0 AND NOT a.attisdropped",
        (quoted(schema),),
    )
    return {(str(table), str(column)): str(written) for table, column, written in found}


def _columns(inspector: Inspector, name: str, schema: str) -> list[ReflectedColumn]:
    """The columns; a type SQLAlchemy does not know is no matter for a warning."""
    from sqlalchemy.exc import SAWarning

    with catch_warnings():
        simplefilter("ignore", SAWarning)
        return inspector.get_columns(name, schema)


def _table(inspector: Inspector, name: str, schema: str, written: dict[tuple[str, str], str]) -> TableFacts:
    key = inspector.get_pk_constraint(name, schema)
    return TableFacts(
        name=name,
        columns=tuple(
            ColumnFacts(
                name=column["name"],
                type=_type(written[name, column["name"]]),
                kind=_kind(column["type"]),
                nullable=column["nullable"],
                default=_default(column),
                is_generated=column.get("computed") is not None,
            )
            for column in _columns(inspector, name, schema)
        ),
        primary_key=tuple(key["constrained_columns"]),
        indexes=tuple(_index(dict(found)) for found in inspector.get_indexes(name, schema)),
        foreign_keys=tuple(
            ForeignKey(
                columns=tuple(found["constrained_columns"]),
                parent=_parent(found["referred_schema"], found["referred_table"], schema),
                parent_columns=tuple(found["referred_columns"]),
                actions=actions_of(
                    found.get("options", {}).get("onupdate", ""), found.get("options", {}).get("ondelete", "")
                ),
            )
            for found in sorted(inspector.get_foreign_keys(name, schema), key=lambda item: str(item["name"]))
        ),
    )


def _default(column: ReflectedColumn) -> str | None:
    """The default; of a computed column, what it is computed from."""
    computed = column.get("computed")
    return computed["sqltext"] if computed else column.get("default")


def _type(written: str) -> str:
    """PostgreSQL's name of a type, with the usual short forms, types of its own in capitals."""
    if '"' in written or "." in written:
        return written
    short = written.replace("character varying", "varchar").replace("bpchar", "char")
    if not short.startswith(("timestamp", "time")):
        return re.sub(r"^character\b", "char", short).upper()
    return short.upper().replace(" WITHOUT TIME ZONE", "")


def _parent(referred_schema: str | None, table: str, schema: str) -> str:
    return table if referred_schema in {None, schema} else f"{referred_schema}.{table}"


def _index(found: dict[str, Any]) -> IndexFacts:
    columns = [name for name in found["column_names"] if name is not None]
    options = found.get("dialect_options", {})
    partial = bool(options.get("postgresql_where")) or len(columns) != len(found["column_names"])
    other_method = options.get("postgresql_using", "btree") != "btree"
    return IndexFacts(
        name=str(found["name"]),
        columns=tuple(columns),
        is_unique=bool(found["unique"]),
        is_partial=partial or other_method,
        is_constraint="duplicates_constraint" in found,
    )


def _kind(type_: object) -> Kind:
    from sqlalchemy import types
    from sqlalchemy.dialects.postgresql import DOMAIN

    if isinstance(type_, DOMAIN):
        return _kind(type_.data_type)
    kinds: tuple[tuple[type[object], Kind], ...] = (
        (types.Boolean, "boolean"),
        (types.Integer, "integer"),
        (types.Numeric, "number"),
        (types.DateTime, "timestamp"),
        (types.Date, "date"),
        (types.LargeBinary, "binary"),
        (types.Enum, "other"),
        (types.String, "text"),
    )
    for sort, kind in kinds:
        if isinstance(type_, sort):
            return kind
    return "other"
