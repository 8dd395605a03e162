"""Who this tool is; light to import."""

TOOL_ID = "data-studio-catalog"
VERSION = "1.0.1"
TITLE = "Data Catalog Builder"
LIBRARIES = ("duckdb",)
