"""Who this tool is; light to import."""

TOOL_ID = "data-studio-governance"
VERSION = "1.0.2"
TITLE = "Data Governance Framework"
LIBRARIES = ("cedarpy", "pyyaml")
