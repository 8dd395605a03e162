"""Who this tool is; light to import."""

TOOL_ID = "data-studio-quality"
VERSION = "1.1.1"
TITLE = "Data Quality Monitor"
LIBRARIES = ("duckdb", "pyyaml")
