"""Who this tool is; light to import."""

TOOL_ID = "data-studio-pipelines"
VERSION = "1.1.0"
TITLE = "Data Pipeline Designer"
LIBRARIES = ("duckdb", "sqlglot")
