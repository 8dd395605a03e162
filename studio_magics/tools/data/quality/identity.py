"""Who this tool is; light to import."""

TOOL_ID = "data-studio-quality"
VERSION = "1.0.1"
TITLE = "Data Quality Monitor"
LIBRARIES = ("duckdb", "pyyaml")
