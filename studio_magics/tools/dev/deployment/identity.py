"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-deployment"
VERSION = "1.0.0"
LIBRARIES = ("cfn-lint", "check-jsonschema", "jsonschema-rs", "PyYAML")
