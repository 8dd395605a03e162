"""Schema Inspector: what a database or a folder of tables consists of, and what is wrong with its structure.

Owns reading SQLite, DuckDB, PostgreSQL and table files without changing them, inferring references, and the
diagram. It does not judge the values of single columns (the quality tool does) or change anything.
"""

from studio_magics.tools.data.schema.tool import TOOL

__all__ = ["TOOL"]
