"""A design as SQLAlchemy tables, and those as the statements of one database."""

# SQLAlchemy's expression classes are generic over values that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# The same holds for its columns and types.
# pyright: reportUnknownParameterType=false, reportMissingTypeArgument=false

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from studio_magics.tools.dev.schema_designer.conditions import written_for
from studio_magics.tools.dev.schema_designer.design import NOW, TODAY, ColumnDesign, Design, Dialect
from studio_magics.tools.dev.schema_designer.rules import Rule, key_name, rules_of, storage_of

if TYPE_CHECKING:
    from sqlalchemy import Column, MetaData, Table
    from sqlalchemy.types import TypeEngine

ON_DELETE = {"cascade": "CASCADE", "set-null": "SET NULL", "restrict": "RESTRICT"}
NUMBERS = frozenset({"integer", "bigint", "smallint", "decimal", "float", "ref", "id"})


def metadata_of(design: Design, dialect: Dialect, *, references: bool = True) -> MetaData:
    """All tables with their rules."""
    from sqlalchemy import MetaData

    metadata = MetaData()
    for table in design.tables:
        made = _table(metadata, design, table.name, dialect)
        for rule in rules_of(table):
            if references or rule.kind != "reference":
                _add(made, rule, dialect)
    return metadata


def _table(metadata: MetaData, design: Design, name: str, dialect: Dialect) -> Table:
    from sqlalchemy import PrimaryKeyConstraint, Table

    table = design.by_name[name]
    columns = [column_of(one, design, dialect) for one in table.columns]
    keys = [PrimaryKeyConstraint(*table.key, name=key_name(name))] if table.key else []
    options: dict[str, Any] = {"comment": table.comment or None}
    if dialect == "mysql":
        options |= {"mysql_engine": "InnoDB", "mysql_default_charset": "utf8mb4"}
    return Table(name, metadata, *columns, *keys, **options)


def column_of(
    column: ColumnDesign, design: Design, dialect: Dialect, *, optional: bool = False
) -> Column[Any]:
    """The column; `optional` leaves out that it is required."""
    from sqlalchemy import Column, Identity

    extras: list[Any] = []
    is_id = column.kind == "id"
    if is_id and dialect == "postgresql":
        extras.append(Identity(always=False))
    return Column(
        column.name,
        type_of(column, design),
        *extras,
        nullable=optional or not column.required,
        autoincrement=is_id,
        server_default=default_of(column, dialect),
        comment=column.comment or None,
    )


def type_of(column: ColumnDesign, design: Design) -> TypeEngine[Any]:
    """How the column is stored."""
    import sqlalchemy as sa
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    kind, sizes = storage_of(column, design)
    if kind == "string":
        return sa.String(sizes[0] if sizes else 255)
    if kind == "decimal":
        return sa.Numeric(sizes[0], sizes[1])
    if kind == "binary":
        return (
            sa.LargeBinary().with_variant(mysql.VARBINARY(sizes[0]), "mysql") if sizes else sa.LargeBinary()
        )
    if kind == "timestamp":
        return sa.DateTime(timezone=True)
    plain: dict[str, TypeEngine[Any]] = {
        "id": sa.BigInteger().with_variant(sqlite.INTEGER(), "sqlite"),
        "bigint": sa.BigInteger(),
        "integer": sa.Integer(),
        "smallint": sa.SmallInteger(),
        "float": sa.Double(),
        "boolean": sa.Boolean(),
        "date": sa.Date(),
        "time": sa.Time(),
        "uuid": sa.Uuid(),
        "json": sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
        "text": sa.Text(),
    }
    return plain[kind]


def default_of(column: ColumnDesign, dialect: Dialect) -> Any:
    """The default as a fragment of SQL; None where there is none."""
    from sqlalchemy import text

    if column.default is None:
        return None
    written = literal(column.default, column.kind, dialect)
    wrapped = dialect == "mysql" and column.kind in {"text", "json", "binary"}
    return text(f"({written})" if wrapped else written)


def literal(value: str, kind: str, dialect: Dialect) -> str:
    """A value as it is written into a statement."""
    if kind == "boolean":
        if dialect == "postgresql":
            return "true" if value == "true" else "false"
        return "1" if value in {"true", "1"} else "0"
    if kind == "timestamp" and value == NOW:
        return "CURRENT_TIMESTAMP"
    if kind == "date" and value == TODAY:
        return "(CURRENT_DATE)" if dialect == "mysql" else "CURRENT_DATE"
    if kind in NUMBERS:
        return value
    escaped = value.replace("'", "''")
    return "'" + (escaped.replace("\\", "\\\\") if dialect == "mysql" else escaped).replace(":", "\\:") + "'"


def _add(table: Table, rule: Rule, dialect: Dialect) -> None:
    from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text

    if rule.kind == "unique":
        table.append_constraint(UniqueConstraint(*rule.columns, name=rule.name))
    elif rule.kind == "check":
        condition = text(written_for(rule.condition, dialect).replace(":", "\\:"))
        table.append_constraint(CheckConstraint(condition, name=rule.name))
    elif rule.kind == "index":
        Index(rule.name, *(table.c[name] for name in rule.columns))
    else:
        table.append_constraint(
            ForeignKeyConstraint(
                rule.columns,
                [f"{rule.parent}.{name}" for name in rule.parent_columns],
                name=rule.name,
                ondelete=ON_DELETE[rule.on_delete],
            )
        )


def dialect_of(name: Dialect) -> Any:
    """SQLAlchemy's dialect, without a driver."""
    from sqlalchemy.dialects import mysql, postgresql, sqlite

    return {"postgresql": postgresql, "sqlite": sqlite, "mysql": mysql}[name].dialect()


def create_statements(design: Design, dialect: Dialect) -> list[str]:
    """CREATE statements in an order that works, without semicolons."""
    from sqlalchemy import create_mock_engine

    found: list[str] = []
    made = dialect_of(dialect)

    def keep(statement: Any, *_: Any, **__: Any) -> None:
        found.append(str(statement.compile(dialect=made)).strip())

    address = {"postgresql": "postgresql+psycopg://", "sqlite": "sqlite://", "mysql": "mysql+pymysql://"}[
        dialect
    ]
    engine = create_mock_engine(address, keep)
    metadata_of(design, dialect).create_all(engine, checkfirst=False)
    return _indexes_sorted(found)


def _indexes_sorted(statements: list[str]) -> list[str]:
    """The indexes of a table come out of a set, in any order; here by name."""
    found: list[str] = []
    for is_index, group in groupby(statements, lambda one: one.startswith("CREATE INDEX")):
        several = list(group)
        found += sorted(several) if is_index else several
    return found
