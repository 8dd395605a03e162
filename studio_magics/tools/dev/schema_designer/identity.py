"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-schema-designer"
VERSION = "1.2.0"
LIBRARIES = ("SQLAlchemy", "alembic", "sqlglot", "PyYAML")
