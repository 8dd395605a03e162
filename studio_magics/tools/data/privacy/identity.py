"""Who this tool is; light to import."""

TOOL_ID = "data-studio-privacy"
VERSION = "1.1.0"
TITLE = "Privacy Impact Assessment"
LIBRARIES = ("duckdb", "presidio-analyzer")
