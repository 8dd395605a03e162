"""Who this tool is; light to import."""

TOOL_ID = "data-studio-catalog"
VERSION = "1.1.0"
TITLE = "Data Catalog Builder"
LIBRARIES = ("duckdb",)
