"""What the tool is asked: SQL in files or in a cell, its dialect, and a change to follow."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from studio_magics.contracts.inputs import InputFile, InputFolder  # noqa: TC001  - pydantic resolves the annotation at run time
from studio_magics.tools.base import ToolInput

MAX_SQL_CHARACTERS = 400_000
Dialect = Literal[
    "ansi",
    "bigquery",
    "clickhouse",
    "databricks",
    "duckdb",
    "hive",
    "mysql",
    "oracle",
    "postgres",
    "presto",
    "redshift",
    "snowflake",
    "spark",
    "sqlite",
    "trino",
    "tsql",
]


class LineageInput(ToolInput):
    """Statements, and how to look at them."""

    source: InputFile | InputFolder | None = Field(
        default=None,
        description="A .sql file, a notebook (.ipynb), a .py file, dbt's manifest.json, or a folder of them "
        "(a dbt project too)",
    )
    sql: str = Field(
        default="",
        max_length=MAX_SQL_CHARACTERS,
        description="Statements as text, separated by ';' (the cell body); read after the files of source",
    )
    ddl: InputFile | None = Field(
        default=None,
        description="CREATE TABLE statements of the tables that are read; without them 'SELECT *' and "
        "unqualified columns of several tables cannot be placed",
    )
    dialect: Dialect | None = Field(
        default=None,
        description="How the SQL is written; empty: the adapter of dbt's manifest, else 'postgres'",
    )
    change: str = Field(
        default="",
        max_length=400,
        description="A column (table.column) or a table that would change: everything that depends on it is "
        "listed",
    )
    namespace: str = Field(
        default="studio",
        min_length=1,
        max_length=200,
        description="Namespace of datasets and jobs in the OpenLineage events",
    )
