"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-api-designer"
VERSION = "1.0.1"
LIBRARIES = ("jsonschema-rs", "PyYAML")
