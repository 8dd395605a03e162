"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-projects"
VERSION = "1.0.0"
LIBRARIES = ("Jinja2", "ruff", "PyYAML")
