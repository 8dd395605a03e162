"""Reads a table (CSV, TSV, Parquet) once, exactly, in a DuckDB session that can reach nothing else."""

from studio_magics.tools.tabular.identifiers import quoted, text_literal, trimmed
from studio_magics.tools.tabular.opening import SUFFIXES, open_table
from studio_magics.tools.tabular.session import Session, locked_session
from studio_magics.tools.tabular.source import ColumnKind, TableColumn, TableSource

__all__ = [
    "SUFFIXES",
    "ColumnKind",
    "Session",
    "TableColumn",
    "TableSource",
    "locked_session",
    "open_table",
    "quoted",
    "text_literal",
    "trimmed",
]
