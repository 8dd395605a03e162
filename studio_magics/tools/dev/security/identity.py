"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-security"
VERSION = "1.2.0"
LIBRARIES = ("ruff", "bandit", "zizmor")
