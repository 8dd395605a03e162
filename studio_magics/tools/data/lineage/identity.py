"""Who this tool is; light to import."""

TOOL_ID = "data-studio-lineage"
VERSION = "1.2.0"
TITLE = "Data Lineage Mapper"
LIBRARIES = ("sqlglot",)
