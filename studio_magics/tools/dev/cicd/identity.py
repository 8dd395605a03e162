"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-cicd"
VERSION = "1.1.0"
LIBRARIES = ("zizmor", "check-jsonschema", "jsonschema-rs", "PyYAML")
