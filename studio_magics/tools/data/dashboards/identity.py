"""Who this tool is; light to import."""

TOOL_ID = "data-studio-dashboards"
VERSION = "1.1.1"
TITLE = "Data Dashboards"
LIBRARIES = ("duckdb",)
