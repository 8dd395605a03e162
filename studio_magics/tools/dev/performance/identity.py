"""Who this tool is; light to import."""

TOOL_ID = "dev-studio-performance"
VERSION = "1.0.3"
LIBRARIES = ("pyinstrument", "memray")
