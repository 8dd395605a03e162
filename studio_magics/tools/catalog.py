"""Finds the tools that have code: built-in modules and entry points of the group `studio.tools`.

Loading is lazy: names are cheap, a module is imported when its tool is asked for.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from studio_magics.tools.base import Tool

BUILT_IN: dict[str, str] = {
    "cyber-studio-compliance": "studio_magics.tools.cyber.compliance",
    "cyber-studio-ir-playbook": "studio_magics.tools.cyber.ir_playbook",
    "cyber-studio-metrics": "studio_magics.tools.cyber.metrics",
    "cyber-studio-policy-generator": "studio_magics.tools.cyber.policy_generator",
    "cyber-studio-risk-register": "studio_magics.tools.cyber.risk_register",
    "cyber-studio-security-architecture": "studio_magics.tools.cyber.security_architecture",
    "cyber-studio-threat-modeling": "studio_magics.tools.cyber.threat_modeling",
    "cyber-studio-vulnerability-scanner": "studio_magics.tools.cyber.vulnerability_scanner",
    "data-studio-catalog": "studio_magics.tools.data.catalog",
    "data-studio-dashboards": "studio_magics.tools.data.dashboards",
    "data-studio-governance": "studio_magics.tools.data.governance",
    "data-studio-lineage": "studio_magics.tools.data.lineage",
    "data-studio-pipelines": "studio_magics.tools.data.pipelines",
    "data-studio-privacy": "studio_magics.tools.data.privacy",
    "data-studio-quality": "studio_magics.tools.data.quality",
    "data-studio-schema": "studio_magics.tools.data.schema",
    "dev-studio-api-designer": "studio_magics.tools.dev.api_designer",
    "dev-studio-cicd": "studio_magics.tools.dev.cicd",
    "dev-studio-cost": "studio_magics.tools.dev.cost",
    "dev-studio-deployment": "studio_magics.tools.dev.deployment",
    "dev-studio-performance": "studio_magics.tools.dev.performance",
    "dev-studio-projects": "studio_magics.tools.dev.projects",
    "dev-studio-schema-designer": "studio_magics.tools.dev.schema_designer",
    "dev-studio-security": "studio_magics.tools.dev.security",
}
"""Identifier → module with the name `TOOL`."""


class ToolUnknown(LookupError):
    """No tool with this identifier has code here."""

    def __init__(self, tool_id: str) -> None:
        super().__init__(f"no tool '{tool_id}' is installed")
        self.tool_id = tool_id


class DuplicateTool(ValueError):
    """Two distributions offer a tool under one identifier; neither is loaded."""

    def __init__(self, tool_id: str, sources: tuple[str, ...]) -> None:
        super().__init__(f"tool '{tool_id}' is offered by {' and '.join(sources)}; remove one of them")
        self.tool_id = tool_id
        self.sources = sources


class ToolMisdeclared(TypeError):
    """The module does not hold a `Tool` under its own identifier."""

    def __init__(self, tool_id: str, source: str) -> None:
        super().__init__(f"'{source}' is not a Tool with the id '{tool_id}'")
        self.tool_id = tool_id
        self.source = source


@dataclass(frozen=True)
class ToolSource:
    """Where the code of a tool is."""

    tool_id: str
    reference: str
    """`package.module:NAME`: what another process needs to find the same tool."""


@cache
def sources() -> dict[str, ToolSource]:
    """All tools that have code, by identifier.

    Raises:
        DuplicateTool: An entry point repeats an identifier.
    """
    found = {tool_id: ToolSource(tool_id, f"{module}:TOOL") for tool_id, module in BUILT_IN.items()}
    for point in entry_points(group="studio.tools"):
        if point.name in found:
            raise DuplicateTool(point.name, (found[point.name].reference, point.value))
        found[point.name] = ToolSource(point.name, point.value)
    return found


@cache
def load(tool_id: str) -> Tool:
    """Import the tool.

    Raises:
        ToolUnknown: Nothing is installed under this identifier.
        ToolMisdeclared: What is installed is not that tool.
    """
    source = sources().get(tool_id)
    if source is None:
        raise ToolUnknown(tool_id)
    module, _, name = source.reference.partition(":")
    found = getattr(import_module(module), name, None)
    if not isinstance(found, Tool) or found.id != tool_id:
        raise ToolMisdeclared(tool_id, source.reference)
    return found


def short_name(tool_id: str) -> str:
    """The part after '<studio>-studio-': 'data-studio-quality' → 'quality'."""
    return tool_id.split("-studio-", 1)[-1]
